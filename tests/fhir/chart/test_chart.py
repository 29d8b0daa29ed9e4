from datetime import date

import pytest

from cds_service.domain.care import AssessmentKind, Service
from cds_service.domain.chart import Fact, Unknown
from cds_service.domain.codes import Discipline, Program
from cds_service.domain.coverage_and_claims import InjuryDate, InjuryEvidence
from cds_service.domain.intervals import minutes
from cds_service.fhir.chart.build import build_chart
from cds_service.fhir.chart.patients_own import UNKNOWN_SERVER
from tests.fhir.resources import (
    CPT,
    ICD_10,
    PATIENT,
    SNOMED,
    SOMEBODY_ELSE,
    bundle,
    care_plan,
    chart_of,
    chart_of_procedures,
    claim_response,
    coded,
    condition,
    coverage,
    encounter,
    observation,
    period,
    prefetched,
    procedure,
    service_request,
)

DAY = date(2026, 3, 2)


def test_a_completed_work_rehab_procedure_is_a_session():
    (session,) = chart_of_procedures(
        procedure(code=coded(CPT, "97545", "Work hardening"), encounter={"reference": "Encounter/e/_history/2"})
    ).sessions
    assert ("Procedure/a", DAY, Program.HARDENING, ("97545",), "Encounter/e") == (
        session.reference, session.date, session.program, session.codes, session.encounter,
    )  # fmt: skip
    assert session.period is not None
    assert minutes([session.period]) == 120


def test_the_notes_tell_the_program_when_the_code_does_not():
    (session,) = chart_of_procedures(procedure(note=[{"text": "Simulated work tasks on the ladder"}])).sessions
    assert (Program.HARDENING, True) == (session.program, session.described)


@pytest.mark.parametrize("status", ["not-done", "entered-in-error", "preparation", "on-hold", "unknown"])
def test_a_procedure_that_did_not_take_place_is_left_out_silently(status):
    chart = chart_of_procedures(procedure(status=status))
    assert ((), ()) == (chart.sessions, chart.gaps)


@pytest.mark.parametrize("change", [{"status": "done"}, {"status": None}])
def test_a_procedure_without_a_fhir_status_is_a_gap(change):
    chart = chart_of_procedures(procedure(**change))
    assert ((), (Unknown(Fact.SESSIONS, "has no FHIR status", "Procedure/a"),)) == (chart.sessions, chart.gaps)


def test_a_procedure_without_date_takes_that_of_its_encounter():
    record = procedure(performedPeriod=None, encounter={"reference": "Encounter/e"})
    (session,) = chart_of_procedures(record, encounters=bundle(encounter())).sessions
    assert (DAY, None, "no date is recorded") == (session.date, session.period, session.time_problem)


def test_a_procedure_without_any_date_is_a_gap():
    chart = chart_of_procedures(procedure(performedPeriod=None))
    assert chart.gaps == (Unknown(Fact.SESSIONS, "no date is recorded", "Procedure/a"),)


def test_another_coded_procedure_is_a_service():
    record = procedure(code=coded(CPT, "97110"), encounter={"reference": "Encounter/e"})
    (service,) = chart_of_procedures(record).services
    assert Service("Procedure/a", DAY, "97110", service.period, "Encounter/e") == service
    assert service.period is not None


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("97161", AssessmentKind.EVALUATION),
        ("97164", AssessmentKind.REEVALUATION),
        ("97750", AssessmentKind.PERFORMANCE_TEST),
    ],
)
def test_a_completed_evaluation_is_an_assessment_and_a_service(code, kind):
    chart = chart_of_procedures(procedure(code=coded(CPT, code)))
    assert [(assessment.kind, assessment.date) for assessment in chart.assessments] == [(kind, DAY)]
    assert [service.code for service in chart.services] == [code]


def test_an_uncoded_evaluation_is_an_assessment():
    chart = chart_of_procedures(procedure(code={"text": "Initial evaluation for work hardening"}))
    assert ([AssessmentKind.EVALUATION], (), ()) == (
        [assessment.kind for assessment in chart.assessments], chart.services, chart.sessions,
    )  # fmt: skip


def test_a_time_without_offset_is_time_of_the_place_beside_others_that_have_one():
    zoneless = procedure("b", performedPeriod=period("2026-03-02T09:30:00", "2026-03-02T11:30:00"))
    sessions = chart_of_procedures(procedure(), zoneless).sessions
    assert minutes(session.period for session in sessions) == 150


def test_a_treatment_that_goes_on_after_midnight_belongs_to_the_day_its_visit_began():
    visit = {"encounter": {"reference": "Encounter/e"}}
    evening = procedure("a", performedPeriod=period("2026-03-02T22:00:00-06:00", "2026-03-03T00:00:00-06:00"), **visit)
    night = procedure("b", performedPeriod=period("2026-03-03T00:00:00-06:00", "2026-03-03T01:00:00-06:00"), **visit)
    late = procedure("c", performedPeriod=period("2026-03-03T01:30:00-06:00", "2026-03-03T02:30:00-06:00"), **visit)
    assert {date(2026, 3, 2)} == {session.date for session in chart_of_procedures(evening, night, late).sessions}


def test_a_treatment_of_the_next_day_is_not_taken_for_the_rest_of_a_night():
    visit = {"encounter": {"reference": "Encounter/e"}}
    evening = procedure("a", performedPeriod=period("2026-03-02T20:00:00-06:00", "2026-03-02T22:00:00-06:00"), **visit)
    morning = procedure("b", performedPeriod=period("2026-03-03T08:00:00-06:00", "2026-03-03T10:00:00-06:00"), **visit)
    assert len({session.date for session in chart_of_procedures(evening, morning).sessions}) == 2


def test_dates_on_which_no_time_has_an_offset_are_reckoned_with():
    zoneless = period("2026-03-02T09:00:00", "2026-03-02T11:00:00")
    (session,) = chart_of_procedures(procedure(performedPeriod=zoneless)).sessions
    assert session.period is not None
    assert (120, None) == (minutes([session.period]), session.time_problem)


def test_a_work_rehab_encounter_without_procedures_is_a_session_without_time():
    kind = [{"text": "Work conditioning"}]
    chart = chart_of(encounters=bundle(encounter(type=kind)), procedures=bundle())
    (session,) = chart.sessions
    assert ("Encounter/e", DAY, None, "no Procedure with start and stop", Program.CONDITIONING) == (
        session.reference, session.date, session.period, session.time_problem, session.program,
    )  # fmt: skip
    with_procedure = chart_of(encounters=bundle(encounter(type=kind)), procedures=bundle(procedure()))
    assert [session.reference for session in with_procedure.sessions] == ["Procedure/a"]


@pytest.mark.parametrize("status", ["planned", "cancelled", "entered-in-error"])
def test_an_encounter_that_did_not_take_place_is_left_out(status):
    assert chart_of(encounters=bundle(encounter(status=status))).encounters == ()


def test_an_encounter_knows_conditions_diagnoses_and_whether_it_ended():
    record = encounter(
        diagnosis=[{"condition": {"reference": "Condition/k"}}],
        status="in-progress",
        period={"start": "2026-03-02T09:00:00Z"},
    )
    (visit,) = chart_of(encounters=bundle(record), conditions=bundle(condition())).encounters
    assert (("Condition/k",), ("M54.50",), False, DAY, None) == (
        visit.conditions, visit.diagnoses, visit.ended, visit.date, visit.period,
    )  # fmt: skip


def test_conditions_of_a_session_come_from_reason_then_encounter_then_plan():
    seen = {"reference": "Encounter/e"}
    reason = procedure(
        "a", reasonReference=[{"reference": "Condition/r"}, {"reference": "Observation/x"}], encounter=seen
    )
    visit = encounter(diagnosis=[{"condition": {"reference": "Condition/d"}}])
    plan = care_plan(addresses=[{"reference": "Condition/p"}])
    chart = chart_of_procedures(
        reason, procedure("b", encounter=seen), procedure("c"), encounters=bundle(visit), carePlans=bundle(plan)
    )
    assert [("Condition/r",), ("Condition/d",), ("Condition/p",)] == [session.conditions for session in chart.sessions]


def test_two_work_rehab_plans_do_not_decide_the_condition():
    plans = bundle(*(care_plan(name, addresses=[{"reference": f"Condition/{name}"}]) for name in "xy"))
    assert chart_of_procedures(procedure(), carePlans=plans).sessions[0].conditions == ()


@pytest.mark.parametrize(
    ("key", "record", "fact"),
    [
        ("procedures", procedure(subject=SOMEBODY_ELSE), Fact.SESSIONS),
        ("encounters", encounter(subject=SOMEBODY_ELSE), Fact.ENCOUNTER),
        ("coverage", coverage(beneficiary=SOMEBODY_ELSE), Fact.COVERAGE),
        ("carePlans", care_plan(subject=SOMEBODY_ELSE), Fact.PLAN_OF_CARE),
        ("conditions", condition(subject=SOMEBODY_ELSE), Fact.INJURY),
        ("observations", observation(subject=SOMEBODY_ELSE), Fact.ASSESSMENTS),
        ("authorizations", claim_response(patient=SOMEBODY_ELSE), Fact.AUTHORIZATIONS),
        ("orders", service_request(subject=SOMEBODY_ELSE), Fact.ORDERS),
        ("procedures", procedure(subject={"reference": "Group/p1"}), Fact.SESSIONS),
        ("procedures", procedure(subject={"reference": "urn:uuid:unknown"}), Fact.SESSIONS),
        ("procedures", procedure(subject={"reference": "#p1"}), Fact.SESSIONS),
    ],
)
def test_what_belongs_to_another_patient_is_never_used_and_is_a_gap(key, record, fact):
    chart = chart_of(**{key: bundle(record)})
    assert (Unknown(fact, "1 resource of another patient was left out"),) == chart.gaps
    used = (
        chart.sessions,
        chart.encounters,
        chart.coverages,
        chart.plans,
        chart.assessments,
        chart.authorizations,
        chart.orders,
    )
    assert not any((*used, chart.injury, chart.deficits))


@pytest.mark.parametrize(
    "reference", ["Patient/p1", "https://ehr.example.org/fhir/Patient/p1", "Patient/p1/_history/3", "urn:uuid:7"]
)
def test_the_patient_is_known_however_the_reference_is_written(reference):
    entry = {"fullUrl": "urn:uuid:7", "resource": {"resourceType": "Patient", "id": "p1"}}
    chart = chart_of_procedures(
        procedure(subject={"reference": reference}), patient={"resourceType": "Bundle", "entry": [entry]}
    )
    assert len(chart.sessions) == 1


def test_a_temporary_reference_that_stands_for_two_patients_stands_for_none():
    people = [{"fullUrl": "urn:uuid:7", "resource": {"resourceType": "Patient", "id": name}} for name in ("p1", "p2")]
    chart = chart_of_procedures(
        procedure(subject={"reference": "urn:uuid:7"}), patient={"resourceType": "Bundle", "entry": people}
    )
    assert chart.sessions == ()


def test_a_missing_subject_is_a_gap_but_for_encounters():
    chart = chart_of_procedures(procedure(subject=None), encounters=bundle(encounter(subject=None)))
    assert (Unknown(Fact.SESSIONS, "does not say which patient it belongs to", "Procedure/a"),) == chart.gaps
    assert ((), 1) == (chart.sessions, len(chart.encounters))


def test_another_patient_resource_is_not_used():
    stranger = {"resourceType": "Patient", "id": "p2", "address": [{"state": "TX"}]}
    chart = chart_of(patient=stranger)
    assert (None, (Unknown(Fact.PATIENT, "the Patient given is another one", "Patient/p2"),)) == (
        chart.place,
        chart.gaps,
    )


def test_gaps_of_one_kind_are_counted_after_the_first_twenty():
    chart = chart_of_procedures(*(procedure(f"x{number}", status="done") for number in range(30)))
    assert (21, "10 more resources were left out") == (len(chart.gaps), chart.gaps[-1].why)


def test_resources_of_other_patients_are_counted_together_and_not_named():
    chart = chart_of(
        procedures=bundle(*(procedure(f"x{number}", subject=SOMEBODY_ELSE) for number in range(30))),
        encounters=bundle(encounter(subject=SOMEBODY_ELSE)),
    )
    counted = "31 resources of other patients were left out"
    assert {Unknown(Fact.SESSIONS, counted), Unknown(Fact.ENCOUNTER, counted)} == set(chart.gaps)


@pytest.mark.parametrize(
    ("change", "discipline", "origin"),
    [
        ({"category": [coded(SNOMED, "91251008")]}, Discipline.PT, "category"),
        ({"category": [coded(SNOMED, "91251008"), coded(SNOMED, "84478008")]}, None, None),
        ({"author": {"reference": "PractitionerRole/r"}}, Discipline.OT, "author"),
        ({"contributor": [{"reference": "PractitionerRole/r"}]}, Discipline.OT, "contributor"),
        ({}, None, None),
    ],
)
def test_the_discipline_of_a_plan_comes_from_category_then_author_then_contributor(change, discipline, origin):
    role = {"resourceType": "PractitionerRole", "id": "r", "code": [coded(None, "225X00000X")]}
    (plan,) = chart_of(carePlans=bundle(care_plan(**change), role)).plans
    assert (discipline, origin) == (plan.discipline, plan.discipline_from)


def test_a_plan_tells_program_codes_goals_and_frequency():
    detail = {"code": coded(CPT, "97545", "Work hardening"), "status": "in-progress", "scheduledString": "daily"}
    (plan,) = chart_of(
        carePlans=bundle(care_plan(title="Plan", activity=[{"detail": detail}], goal=[{"reference": "Goal/g"}]))
    ).plans
    assert (True, Program.HARDENING, ("97545",), ("Goal/g",), True) == (
        plan.work_rehab, plan.program, plan.codes, plan.goals, plan.scheduled,
    )  # fmt: skip


def test_a_plan_is_one_of_work_rehabilitation_when_its_activity_refers_to_such_an_order():
    plan = care_plan(title="Plan of care", activity=[{"reference": {"reference": "ServiceRequest/s"}}])
    assert chart_of(carePlans=bundle(plan), orders=bundle(service_request())).plans[0].work_rehab


def test_a_plan_about_something_else_is_no_therapy_plan():
    assert chart_of(carePlans=bundle(care_plan(title="Diabetes diet"))).plans == ()


def test_a_goal_measures_with_the_same_tool_as_an_observation():
    goal = {
        "resourceType": "Goal", "id": "g", "lifecycleStatus": "active", "subject": PATIENT,
        "description": {"text": "Lift 50 lb"},
        "target": [
            {"measure": coded(None, "lift"), "detailQuantity": {"value": 50}, "dueDate": "2026-04-01"}
        ],
    }  # fmt: skip
    (goal_on_chart,) = chart_of(goals=bundle(goal)).goals
    assert ("lift", 50, date(2026, 4, 1), True) == (
        goal_on_chart.measure,
        goal_on_chart.target,
        goal_on_chart.due,
        goal_on_chart.described,
    )


WORKERS = coverage(type=coded("http://terminology.hl7.org/CodeSystem/v3-ActCode", "WCBPOL"))
ACCIDENT = {"resourceType": "Claim", "id": "cl", "status": "draft", "use": "claim", "patient": PATIENT}
HURT = ACCIDENT | {"accident": {"date": "2026-01-02"}}
WORK_ACTIVITY = coded(ICD_10, "Y99.0")


@pytest.mark.parametrize(
    ("values", "evidence"),
    [
        ({"coverage": WORKERS}, ("workers' compensation coverage", "Coverage/c", "workers' compensation")),
        ({"conditions": condition(code=WORK_ACTIVITY)}, ("external cause code", "Condition/k", "Y99.0")),
        ({"encounters": encounter(reasonCode=[WORK_ACTIVITY])}, ("external cause code", "Encounter/e", "Y99.0")),
        ({"charges": HURT}, ("accident on a claim", "Claim/cl", date(2026, 1, 2))),
        ({"conditions": condition(code=coded(ICD_10 + "/", "Y99.0"))}, ("external cause code", "Condition/k", "Y99.0")),
        ({"conditions": condition(code=coded("ICD-10-CM", "Y990"))}, ("external cause code", "Condition/k", "Y99.0")),
        ({"conditions": condition(code=coded(None, " y99.0"))}, ("external cause code", "Condition/k", "Y99.0")),
        (
            {"conditions": condition(code={"text": "Civilian activity done for income or pay"})},
            ("documented statement", "Condition/k", "Civilian activity done for income or pay"),
        ),
        (
            {"charges": ACCIDENT | {"accident": {"date": "2026-01-02", "type": {"text": "Auto accident at work"}}}},
            ("accident on a claim", "Claim/cl", date(2026, 1, 2)),
        ),
        (
            {"conditions": condition(note=[{"text": "Work-related, on 2 January."}])},
            ("documented statement", "Condition/k", "Work-related"),
        ),
        (
            {"carePlans": care_plan(description="Injured at work.")},
            ("documented statement", "CarePlan/cp", "Injured at work"),
        ),
    ],
)
def test_each_kind_of_evidence_shows_a_work_related_injury(values, evidence):
    assert chart_of(**values).injury == (InjuryEvidence(*evidence),)


@pytest.mark.parametrize(
    "values",
    [
        {"coverage": bundle(coverage())},
        {"conditions": bundle(condition(code=coded(ICD_10, "Y99.0"), verificationStatus=coded(None, "refuted")))},
        {"conditions": bundle(condition(note=[{"text": "Not work-related."}]))},
        {"charges": bundle(ACCIDENT | {"accident": {"date": "2026-01-02", "type": coded(None, "SPT")}})},
        {"charges": bundle(ACCIDENT | {"accident": {"date": "2026-01-02", "type": coded(None, "MVA")}})},
        {"charges": bundle(ACCIDENT | {"accident": {"date": "2026-01-02", "type": {"text": "Auto"}}})},
        {"charges": bundle(ACCIDENT | {"accident": {}})},
        {"conditions": bundle(condition(note=[{"text": "Work-related: no"}]))},
        {"conditions": bundle(condition(note=[{"text": "Work injury? No."}]))},
        {"conditions": bundle(condition(note=[{"text": "Denies that it happened at work; work injury ruled out"}]))},
        {"charges": bundle(ACCIDENT | {"status": "cancelled", "accident": {"date": "2026-01-02"}})},
    ],
)
def test_other_records_show_no_work_related_injury(values):
    assert chart_of(**values).injury == ()


@pytest.mark.parametrize(
    ("values", "dates"),
    [
        ({"conditions": condition(onsetDateTime="2026-01-02")}, [("Condition/k", date(2026, 1, 2))]),
        ({"conditions": condition(onsetDateTime="2026-01-02T23:30:00-06:00")}, [("Condition/k", date(2026, 1, 2))]),
        ({"conditions": condition(onsetDateTime="2026-01")}, []),
        ({"conditions": condition(onsetString="last winter")}, []),
        ({"charges": HURT}, [("Claim/cl", date(2026, 1, 2))]),
        ({"charges": ACCIDENT | {"accident": {"date": "2026-01-02", "type": coded(None, "SPT")}}}, []),
    ],
)
def test_the_date_of_an_injury_is_told_by_its_condition_or_an_accident_to_the_day(values, dates):
    assert [InjuryDate(*fields) for fields in dates] == list(chart_of(**values).injury_dates)


def test_a_claim_tells_its_lines_encounters_and_numbers():
    item = {
        "sequence": 4, "productOrService": coded(CPT, "97545"), "modifier": [coded(CPT, "GP"), coded(None, "WH")],
        "servicedDate": "2026-03-02", "quantity": {"value": 1}, "encounter": [{"reference": "Encounter/e"}],
    }  # fmt: skip
    (claim,) = chart_of(
        charges=bundle(ACCIDENT | {"item": [item, {"sequence": 5}], "insurance": [{"preAuthRef": ["PA-1"]}]})
    ).claims
    (line,) = claim.lines
    assert (4, "97545", ("GP", "WH"), 1, DAY) == (line.sequence, line.code, line.modifiers, line.units, line.date)
    assert (("Encounter/e",), ("PA-1",)) == (claim.encounters, claim.authorization_numbers)


def test_facts_whose_keys_failed_or_are_absent_are_unavailable_and_say_why():
    prefetch = prefetched(["procedures", "coverage", "goals"], coverage=None, goals=bundle())
    unavailable = build_chart("p1", prefetch).unavailable
    assert unavailable[Fact.SESSIONS] == "procedures was not given"
    assert {Fact.COVERAGE, Fact.GOALS, Fact.ENCOUNTER} & set(unavailable) == set()


def test_either_encounter_key_delivers_the_encounters():
    prefetch = prefetched(["encounter", "encounters"], encounter=encounter())
    assert Fact.ENCOUNTER not in build_chart("p1", prefetch).unavailable


def test_no_evidence_of_an_injury_is_unknown_while_a_source_is_missing():
    keys = ["coverage", "conditions"]
    assert Fact.INJURY in build_chart("p1", prefetched(keys, coverage=bundle(coverage()))).unavailable
    assert Fact.INJURY not in build_chart("p1", prefetched(keys, coverage=bundle(WORKERS))).unavailable


def test_sessions_are_sorted_by_time():
    later = period("2026-03-03T09:00:00Z", "2026-03-03T10:00:00Z")
    chart = chart_of_procedures(procedure("z", performedPeriod=later), procedure("a"))
    assert [session.reference for session in chart.sessions] == ["Procedure/a", "Procedure/z"]


def test_a_treatment_without_a_date_in_an_encounter_of_several_days_is_left_out():
    series = encounter(period=period("2026-03-02T09:00:00-06:00", "2026-03-20T11:00:00-06:00"))
    undated = procedure(performedPeriod=None, encounter={"reference": "Encounter/e"})
    chart = chart_of_procedures(undated, encounters=bundle(series))
    assert ((), ["no date is recorded"]) == (chart.sessions, [gap.why for gap in chart.gaps])


def test_an_encounter_without_offset_does_not_disturb_the_sessions():
    visit = encounter(period=period("2026-03-02T09:00:00", "2026-03-02T11:00:00"))
    chart = chart_of_procedures(procedure(), encounters=bundle(visit))
    assert [session.time_problem for session in chart.sessions] == [None]


@pytest.mark.parametrize(
    ("server", "reference", "sessions", "gaps"),
    [
        ("https://ehr.example.org/fhir", "https://ehr.example.org/fhir/Patient/p1", 1, []),
        ("https://ehr.example.org/fhir/", "http://EHR.example.org/fhir/Patient/p1/_history/3", 1, []),
        (
            "https://ehr.example.org/fhir",
            "https://other.example.org/fhir/Patient/p1",
            0,
            ["1 resource of a patient of another server was left out"],
        ),
        (
            "https://ehr.example.org/fhir",
            "https://ehr.example.org/tenant-2/fhir/Patient/p1",
            0,
            ["1 resource of a patient of another server was left out"],
        ),
        ("https://ehr.example.org/fhir", "Patient/p1", 1, []),
        ("https://ehr.example.org/fhir", "urn:uuid:9", 0, ["1 resource of another patient was left out"]),
        (None, "https://ehr.example.org/fhir/Patient/p1", 1, [UNKNOWN_SERVER]),
        (None, "https://ehr.example.org/fhir/Patient/p2", 0, ["1 resource of another patient was left out"]),
    ],
)
def test_a_patient_of_another_server_is_another_patient(server, reference, sessions, gaps):
    prefetch = prefetched(procedures=bundle(procedure(subject={"reference": reference})))
    chart = build_chart("p1", prefetch, server=server)
    assert (sessions, gaps) == (len(chart.sessions), [gap.why for gap in chart.gaps])


def test_a_subject_by_identifier_alone_is_set_aside_with_a_gap():
    chart = chart_of_procedures(procedure(subject={"identifier": {"system": "urn:mrn", "value": "1"}}))
    assert chart.sessions == ()
    assert [gap.reference for gap in chart.gaps] == ["Procedure/a"]


def test_a_code_written_as_a_number_is_its_digits():
    (session,) = chart_of_procedures(procedure(code={"coding": [{"system": CPT, "code": 97545}]})).sessions
    assert session.codes == ("97545",)


@pytest.mark.parametrize(
    ("status", "doubt"),
    [
        ("cancelled", "cancelled"),
        ("planned", "planned"),
        ("entered-in-error", "entered in error"),
        ("noshow", "noshow"),
    ],
)
def test_a_treatment_in_an_encounter_that_did_not_take_place_is_doubted(status, doubt):
    treated = procedure(encounter={"reference": "Encounter/e"})
    (session,) = chart_of_procedures(treated, encounters=bundle(encounter(status=status))).sessions
    assert any(doubt in why for why in session.doubts)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"status": "No Show"}, "its encounter is no show"),
        ({"type": [{"text": "Cancelled visit"}]}, "called off by its type"),
        (
            {"period": {"start": "2026-03-02T13:00:00-06:00", "end": "2026-03-02T15:00:00-06:00"}},
            "other times of the day",
        ),
    ],
)
def test_an_encounter_that_contradicts_its_treatment_is_a_doubt(change, words):
    treated = procedure(encounter={"reference": "Encounter/e"})
    (session,) = chart_of(encounters=bundle(encounter(**change)), procedures=bundle(treated)).sessions
    assert words in " ".join(session.doubts)


def test_an_encounter_that_ends_a_little_before_its_treatment_is_no_doubt():
    checked_in = encounter(period={"start": "2026-03-02T08:55:00-06:00", "end": "2026-03-02T09:05:00-06:00"})
    treated = procedure(encounter={"reference": "Encounter/e"})
    (session,) = chart_of(encounters=bundle(checked_in), procedures=bundle(treated)).sessions
    assert session.doubts == ()


@pytest.mark.parametrize(
    ("use", "said"), [(None, True), ("Claim", True), ("preauthorization", False), ("claim", False)]
)
def test_a_claim_that_does_not_say_what_it_is_for_is_said(use, said):
    claim = {"resourceType": "Claim", "id": "c", "status": "active", "use": use, "patient": PATIENT}
    gaps = chart_of(charges=bundle({key: value for key, value in claim.items() if value is not None})).gaps
    assert said == any(gap.fact is Fact.CHARGES and gap.why == "does not say that it is a claim" for gap in gaps)


@pytest.mark.parametrize("unreadable", [{"status": "finished"}, {"code": None}])
def test_a_treatment_beside_a_procedure_that_cannot_be_read_is_in_doubt(unreadable):
    unread = {key: value for key, value in (procedure("b") | unreadable).items() if value is not None}
    (session,) = chart_of_procedures(procedure(), unread).sessions
    assert session.doubts == ("what else was done in the visit: Procedure/b could not be read",)


def test_a_procedure_that_was_not_done_casts_no_doubt():
    (session,) = chart_of_procedures(procedure(), procedure("b", status="not-done")).sessions
    assert session.doubts == ()


@pytest.mark.parametrize("change", [{"use": None}, {"status": "final"}])
def test_an_answer_of_a_payer_that_cannot_be_read_as_one_is_said(change):
    answer = {key: value for key, value in claim_response(**change).items() if value is not None}
    assert any(gap.fact is Fact.AUTHORIZATIONS for gap in chart_of(authorizations=bundle(answer)).gaps)
