"""Measurements and questionnaires as real systems write them: what is a result, what is none, and what is asked."""

import pytest

from cds_service.domain.care import Assessment, AssessmentKind
from cds_service.domain.chart import Fact, Unknown
from cds_service.fhir.chart.assessments import MEASURED_WITHOUT_STATUS, NO_ANSWERS, PRELIMINARY
from cds_service.fhir.chart.results import IN_WORDS
from tests.fhir.chart.test_visits import DAY
from tests.fhir.resources import PATIENT, bundle, chart_of, coded, condition, observation, procedure

ABSENT = coded("http://terminology.hl7.org/CodeSystem/data-absent-reason", "not-performed")
NULL_FLAVOR = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"


def measured(**elements) -> list[Assessment]:
    """What an Observation with these elements, and no value unless they have one, comes to."""
    return list(chart_of(observations=bundle(observation(**{"valueQuantity": None, **elements}))).assessments)


def answers(**elements):
    return {
        "resourceType": "QuestionnaireResponse", "id": "q", "status": "completed", "subject": PATIENT,
        "questionnaire": "https://example.org/Questionnaire/lifting|2", "authored": "2026-03-02T10:00:00Z",
    } | elements  # fmt: skip


def answered(**elements) -> Assessment:
    (assessment,) = chart_of(questionnaireResponses=bundle(answers(**elements))).assessments
    return assessment


@pytest.mark.parametrize(
    ("elements", "value", "unit"),
    [
        ({"valueQuantity": {"value": 40, "unit": "lbs"}}, 40, "lb"),
        ({"valueQuantity": {"value": 40, "code": "[lb_av]"}}, 40, "lb"),
        ({"valueQuantity": {"value": 38, "unit": "{score}"}}, 38, None),
        ({"valueInteger": 0}, 0, None),
        ({"valueRatio": {"numerator": {"value": 4}, "denominator": {"value": 5}}}, 4, "/5"),
        ({"valueString": "42 %"}, 42, "%"),
        ({"valueString": "42/100"}, 42, "/100"),
        ({"valueString": "42 out of 100"}, 42, "/100"),
        ({"valueString": "30lbs"}, 30, "lb"),
        ({"valueString": "35#"}, 35, "lb"),
        ({"valueString": "Min A"}, None, None),
        ({"valueCodeableConcept": {"text": "4/5"}}, 4, "/5"),
        ({"valueString": "4+/5"}, None, None),
        ({"valueString": "Good"}, None, None),
        ({"valueString": "Lifts 30 lb x 5 from the floor"}, None, None),
        ({"valueCodeableConcept": coded("http://loinc.org", "LA11111-1", "Independent")}, None, None),
        ({"valueRange": {"low": {"value": 30}}}, None, None),
        ({"valueSampledData": {"data": "40 41 39"}}, None, None),
        ({"valueTime": "00:00:12"}, None, None),
    ],
    ids=str,
)
def test_a_result_is_a_number_where_there_is_one_and_counts_without(elements, value, unit):
    (assessment,) = measured(**elements)
    assert (True, None, value, unit) == (assessment.result, assessment.doubt, assessment.value, assessment.unit)


@pytest.mark.parametrize(
    "elements",
    [
        {},
        {"valueQuantity": {"unit": "lb"}},
        {"valueCodeableConcept": {}},
        {"valueCodeableConcept": {"text": "Not attempted"}},
        {"valueCodeableConcept": coded("http://loinc.org", "LA26735-3")},
        {"valueCodeableConcept": coded(NULL_FLAVOR, "NASK")},
        {"valueCodeableConcept": coded("http://snomed.info/sct", "443390004")},
        {"valueCodeableConcept": coded("https://example.org/codes", "88", "Not attempted due to safety concerns")},
        {"valueString": "Unable to test, patient refused"},
        {"valueString": "N/A"},
        {"valueString": "n/a "},
        {"valueString": "not done"},
        {"valueString": "NT"},
        {"valueString": "--"},
        {"valueString": "Deferred to next visit"},
        {"valueString": "See report"},
        {"valueRange": {}},
        {"valueRatio": {"denominator": {"value": 5}}},
        {"valueSampledData": {"data": "E E"}},
        {"valueInteger": 0, "dataAbsentReason": ABSENT},
        {"dataAbsentReason": ABSENT},
        {"component": [{"code": {"text": "left"}, "dataAbsentReason": ABSENT}]},
        {"status": "entered-in-error", "valueInteger": 4},
        {"status": "cancelled", "valueInteger": 4},
        {"status": "registered", "valueInteger": 4},
    ],
    ids=str,
)
def test_what_was_not_measured_is_no_assessment(elements):
    assert measured(**elements) == []


@pytest.mark.parametrize(
    ("elements", "doubt"),
    [
        ({"valueString": "Tolerated well"}, IN_WORDS),
        ({"valueString": "Last done 11/11/2026"}, IN_WORDS),
        ({"valueString": "120/80"}, IN_WORDS),
        ({"valueBoolean": True}, IN_WORDS),
        ({"valueInteger": 4, "status": "preliminary"}, PRELIMINARY),
        ({"valueInteger": 4, "status": None}, MEASURED_WITHOUT_STATUS),
        ({"valueInteger": 4, "status": "completed"}, MEASURED_WITHOUT_STATUS),
    ],
    ids=str,
)
def test_what_may_be_a_result_and_may_not_is_kept_with_its_doubt(elements, doubt):
    assert [doubt] == [assessment.doubt for assessment in measured(**elements)]


def test_a_measurement_has_tool_label_value_and_all_it_is_called():
    chart = chart_of(observations=bundle(observation()), conditions=bundle(condition()))
    (assessment,) = chart.assessments
    assert ("lift", "Lift to waist", 40, DAY) == (assessment.tool, assessment.label, assessment.value, assessment.date)
    assert (("lift",), "Lift to waist") == (assessment.codes, assessment.words)
    assert chart.deficits == ("Condition/k",)


def test_each_component_with_a_result_is_measured_by_itself():
    parts = [
        {"code": {"text": "left"}, "valueQuantity": {"value": 31, "unit": "kg"}},
        {"code": {"text": "right"}, "dataAbsentReason": ABSENT},
        {"code": {"text": "both"}, "valueString": "4/5"},
    ]
    found = measured(code={"text": "Grip strength"}, component=parts)
    assert [("Grip strength, left", 31, "kg"), ("Grip strength, both", 4, "/5")] == [
        (assessment.label, assessment.value, assessment.unit) for assessment in found
    ]


def test_the_body_site_tells_left_from_right():
    (assessment,) = measured(bodySite={"text": "Left hand"}, valueInteger=31)
    assert ("Left hand, Lift to waist", "Lift to waist\nLeft hand") == (assessment.label, assessment.words)


@pytest.mark.parametrize("category", ["survey", "exam", "vital-signs", "therapy", "procedure", "social-history", None])
def test_no_category_leaves_a_measurement_out(category):
    (assessment,) = measured(category=[coded(None, category)] if category else [], valueInteger=4)
    assert not assessment.diagnostic


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (coded("http://www.ama-assn.org/go/cpt", "97164"), AssessmentKind.REEVALUATION),
        (coded("http://www.ama-assn.org/go/cpt", "97750"), AssessmentKind.PERFORMANCE_TEST),
        ({"text": "Plan of care evaluation"}, AssessmentKind.REEVALUATION),
        ({"text": "PT re-evaluation"}, AssessmentKind.REEVALUATION),
        ({"text": "FCE, interim"}, AssessmentKind.PERFORMANCE_TEST),
        ({"text": "Physical performance test"}, AssessmentKind.PERFORMANCE_TEST),
    ],
    ids=str,
)
@pytest.mark.parametrize("silence", [{}, {"valueString": "See attached report"}])
def test_a_test_or_re_evaluation_without_a_result_was_done(code, kind, silence):
    assert [(kind, False, DAY)] == [
        (assessment.kind, assessment.result, assessment.date) for assessment in measured(code=code, **silence)
    ]


@pytest.mark.parametrize(
    "elements", [{"valueString": "refused"}, {"dataAbsentReason": ABSENT}, {"status": "preliminary"}], ids=str
)
def test_a_test_that_was_refused_or_is_not_final_was_not_done(elements):
    assert measured(code={"text": "FCE"}, **elements) == []


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Functional capacity evaluation", [AssessmentKind.PERFORMANCE_TEST]),
        ("Re-evaluation", [AssessmentKind.REEVALUATION]),
        ("Pain reassessment", []),
        ("Fall risk reassessment", []),
        ("No functional capacity evaluation needed", []),
    ],
)
def test_a_procedure_in_words_is_a_test_or_a_re_evaluation_of_therapy(text, kinds):
    chart = chart_of(procedures=bundle(procedure(code={"text": text})))
    assert kinds == [assessment.kind for assessment in chart.assessments]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"effectiveDateTime": "2026-03"}, "date is not complete"),
        ({"effectiveDateTime": "03/02/2026"}, "date is not a FHIR date"),
        ({"effectiveDateTime": None}, "date is missing"),
    ],
    ids=str,
)
def test_a_measurement_without_readable_date_is_a_gap(change, why):
    treatments = bundle(procedure())
    chart = chart_of(observations=bundle(observation(**change)), procedures=treatments)
    assert chart.gaps == (Unknown(Fact.ASSESSMENTS, why, "Observation/o"),)


def test_what_was_measured_more_than_a_year_before_the_first_treatment_is_passed_over():
    records = bundle(
        observation("old", effectiveDateTime="2024-12-01"), observation("new", effectiveDateTime="2025-12-01")
    )
    chart = chart_of(observations=records, procedures=bundle(procedure()))
    assert ["Observation/new"] == [assessment.reference for assessment in chart.assessments]


def test_a_questionnaire_is_named_by_its_address():
    assessment = answered(item=[{"linkId": "1", "text": "Lifting", "answer": [{"valueInteger": 3}]}])
    assert (AssessmentKind.QUESTIONNAIRE, "https://example.org/Questionnaire/lifting", "lifting", None) == (
        assessment.kind, assessment.tool, assessment.label, assessment.doubt,
    )  # fmt: skip


def test_a_questionnaire_is_named_by_its_title_too():
    titled = {
        "extension": [
            {"url": "http://hl7.org/fhir/StructureDefinition/display", "valueString": "Neck Disability Index"}
        ]
    }
    assessment = answered(questionnaire="https://example.org/Questionnaire/77", _questionnaire=titled)
    assert ("Neck Disability Index", "Neck Disability Index\n77") == (assessment.label, assessment.words)


@pytest.mark.parametrize(
    ("address", "words", "codes"),
    [
        ("http://loinc.org/q/97908-8", "97908-8", ("97908-8",)),
        (
            "https://example.org/Questionnaire/NeckDisabilityIndexQuestionnaire",
            "Neck Disability Index Questionnaire",
            (),
        ),
        ("https://example.org/Questionnaire/QuickDASHExample", "Quick DASH Example", ()),
        ("#phq-9", "phq-9", ()),
        (None, "", ()),
    ],
)
def test_the_words_of_an_address_are_told_apart(address, words, codes):
    assessment = answered(questionnaire=address)
    assert (words, codes) == (assessment.words, assessment.codes)


@pytest.mark.parametrize(
    ("items", "value", "doubt"),
    [
        ([], None, NO_ANSWERS),
        ([{"linkId": "1", "text": "Lifting"}], None, NO_ANSWERS),
        ([{"linkId": "1", "answer": [{"valueString": "It hurts when I lift."}]}], None, IN_WORDS),
        ([{"linkId": "1", "answer": [{"valueCoding": {"code": "3", "display": "Unable to do"}}]}], None, None),
        ([{"linkId": "total", "answer": [{"valueDecimal": 38}]}], 38, None),
        (
            [{"linkId": "g", "item": [{"linkId": "1", "text": "Total score", "answer": [{"valueInteger": 38}]}]}],
            38,
            None,
        ),
        (
            [
                {"linkId": "1", "text": "Total score", "answer": [{"valueInteger": 38}]},
                {"linkId": "2", "text": "Previous total score", "answer": [{"valueInteger": 44}]},
            ],
            38,
            None,
        ),
        (
            [
                {"linkId": "1", "text": "Score of the left", "answer": [{"valueInteger": 38}]},
                {"linkId": "2", "text": "Score of the right", "answer": [{"valueInteger": 44}]},
            ],
            None,
            None,
        ),
    ],
    ids=str,
)
def test_the_one_total_score_is_the_value_of_a_questionnaire(items, value, doubt):
    assessment = answered(item=items)
    assert (value, doubt) == (assessment.value, assessment.doubt)


def test_a_questionnaire_under_way_is_no_assessment():
    assert chart_of(questionnaireResponses=bundle(answers(status="in-progress"))).assessments == ()


LIFT = {
    "resourceType": "Observation",
    "id": "lift",
    "code": {"text": "Lifting capacity"},
    "valueQuantity": {"value": 35},
}


def report(**changes):
    return {
        "resourceType": "DiagnosticReport", "id": "r", "status": "final", "subject": PATIENT,
        "code": {"text": "Functional capacity evaluation"}, "effectiveDateTime": DAY.isoformat(),
    } | changes  # fmt: skip


def reported(*beside, **changes):
    chart = chart_of(observations=bundle(report(**changes), *beside))
    return [(assessment.reference, assessment.kind, assessment.value) for assessment in chart.assessments]


def test_a_report_of_a_test_without_results_says_that_it_was_done():
    assert [("DiagnosticReport/r", AssessmentKind.PERFORMANCE_TEST, None)] == reported()


def test_what_a_report_contains_is_measured_once_and_stands_for_the_test():
    assert [("DiagnosticReport/r", AssessmentKind.MEASUREMENT, 35)] == reported(contained=[LIFT])


def test_a_report_whose_results_were_sent_says_nothing_more():
    lift = observation("lift", code={"text": "Lifting capacity"}, valueQuantity={"value": 35})
    assert [("Observation/lift", AssessmentKind.MEASUREMENT, 35)] == reported(
        lift, result=[{"reference": "Observation/lift"}]
    )


@pytest.mark.parametrize(
    "change",
    [
        {"status": "cancelled"},
        {"status": "entered-in-error", "contained": [LIFT]},
        {"status": "preliminary"},
        {"category": [{"coding": [{"code": "LAB"}]}], "contained": [LIFT]},
        {"code": {"text": "Chest x-ray"}},
        {"contained": [{"resourceType": "Practitioner", "id": "p"}], "code": {"text": "Chest x-ray"}},
    ],
    ids=str,
)
def test_other_reports_and_those_that_are_not_true_measure_nothing(change):
    assert [] == reported(**change)


def test_a_report_of_a_test_without_a_readable_date_is_a_gap():
    chart = chart_of(observations=bundle(report(effectiveDateTime="03/02/2026")))
    assert Unknown(Fact.ASSESSMENTS, "date is not a FHIR date", "DiagnosticReport/r") in chart.gaps


def test_a_member_that_a_panel_contains_is_measured_at_its_own_time_or_that_of_the_panel():
    later = LIFT | {"id": "later", "effectiveDateTime": "2026-03-05", "status": "preliminary"}
    panel = observation("panel", code={"text": "Functional tests"}, contained=[LIFT, later])
    panel.pop("valueQuantity", None)
    found = chart_of(observations=bundle(panel)).assessments
    assert [("2026-03-05", PRELIMINARY)] == [
        (f"{measure.date}", measure.doubt) for measure in found if measure.date != DAY
    ]
    assert [(35, None)] == [(measure.value, measure.doubt) for measure in found if measure.date == DAY]
