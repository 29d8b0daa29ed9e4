from datetime import date
from uuid import UUID

import pytest
from fhir.resources.R4B import get_fhir_model_class

from cds_service.stories import StoryError, build, read

TODAY = date(2026, 3, 10)
MORNING = {"from": "08:00", "to": "12:00"}


def story(**words):
    return build(words, TODAY)


def of_type(found, kind):
    return [resource for resource in found.resources if resource["resourceType"] == kind]


def codes(concept):
    return [coding["code"] for coding in concept.get("coding", ())]


def entries(bundle):
    return [entry["resource"] for entry in bundle.get("entry", ())]


def test_an_unknown_key_is_refused_with_file_and_key(tmp_path):
    file = tmp_path / "typo.yaml"
    file.write_text('visits:\n  - day: today\n    sessions:\n      - {form: "08:00"}\n')
    with pytest.raises(StoryError, match=r"typo\.yaml: visits\[0\]\.sessions\[0\]\.form: unknown key"):
        read(file, TODAY)


def test_a_key_said_twice_is_refused_with_file_and_line(tmp_path):
    file = tmp_path / "twice.yaml"
    file.write_text("title: one\ntitle: two\n")
    with pytest.raises(StoryError, match=r"twice\.yaml: line 2: .*duplicate key"):
        read(file, TODAY)


def test_a_file_that_is_not_yaml_is_refused(tmp_path):
    file = tmp_path / "broken.yaml"
    file.write_text("visits: [")
    with pytest.raises(StoryError, match=r"broken\.yaml"):
        read(file, TODAY)


def test_a_file_may_hold_several_stories(tmp_path):
    file = tmp_path / "many.yaml"
    file.write_text("today: 2026-01-05\n---\nname: second\ntoday: 2026-02-02\n")
    found = read(file, TODAY)
    assert ["many", "second"] == [built.name for built in found]
    assert [date(2026, 1, 5), date(2026, 2, 2)] == [built.today for built in found]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"visits": [{"day": "someday"}]}, r"visits\[0\]\.day: a day is"),
        ({"visits": [{"day": 0, "from": "8 am"}]}, r"visits\[0\]\.from: a time is written like 08:00"),
        ({"visits": [{"day": 0, "by": "BOB"}]}, "by: nobody is called 'BOB'"),
        ({"visits": [{"day": 0, "injury": "knee"}]}, "injury: no injury has the id 'knee'"),
        ({"visits": [{"day": -1}], "visit": "today"}, "visit: there is no visit"),
        ({"hook": "order-sing"}, "hook: no service answers 'order-sing'"),
        ({"prefetch": {"coverages": "null"}}, r"prefetch\.coverages: unknown key"),
        ({"zone": "America/Nowhere"}, "zone: no time zone"),
        ({"offset": "six"}, "offset: an offset is written like"),
        ({"charges": {"lines": ["97545 once"]}}, r"charges\[0\]\.lines\[0\]: a line is written like"),
        ({"visits": [{"day": 0, "from": "08:00", "to": "09:00", "minutes": 60}]}, r"visits\[0\]: 'to' and 'minutes'"),
    ],
)
def test_words_that_mean_nothing_are_refused_where_they_stand(words, said):
    with pytest.raises(StoryError, match=said):
        build(words, TODAY)


@pytest.mark.parametrize(
    ("day", "expected"),
    [("today", "2026-03-10"), (0, "2026-03-10"), (-21, "2026-02-17"), (3, "2026-03-13"), ("2025-12-31", "2025-12-31")],
)
def test_days_are_dates_or_relative_to_today(day, expected):
    found = story(visits=[{"day": day, **MORNING}])
    assert f"{expected}T08:00:00" in of_type(found, "Procedure")[0]["performedPeriod"]["start"]


def test_a_fixed_today_wins_over_the_day_of_the_call():
    found = build({"today": date(2026, 1, 5), "visits": [{"day": "today", **MORNING}]}, TODAY)
    assert date(2026, 1, 5) == found.today
    assert of_type(found, "Encounter")[0]["period"]["start"].startswith("2026-01-05")


def test_a_zone_follows_daylight_saving_time():
    found = story(zone="America/Chicago", visits=[{"day": "2026-03-06", **MORNING}, {"day": "2026-03-09", **MORNING}])
    assert ["2026-03-06T08:00:00-06:00", "2026-03-09T08:00:00-05:00"] == [
        procedure["performedPeriod"]["start"] for procedure in of_type(found, "Procedure")
    ]


def test_minutes_are_elapsed_time_through_the_change_of_clocks():
    found = story(zone="America/Chicago", visits=[{"day": "2026-03-08", "from": "01:00", "minutes": 120}])
    assert {"start": "2026-03-08T01:00:00-06:00", "end": "2026-03-08T04:00:00-05:00"} == of_type(found, "Procedure")[0][
        "performedPeriod"
    ]


def test_a_session_past_midnight_ends_on_the_next_day():
    found = story(visits=[{"day": 0, "from": "22:00", "to": "01:00"}])
    assert "2026-03-11T01:00:00-05:00" == of_type(found, "Procedure")[0]["performedPeriod"]["end"]


def test_a_session_may_be_known_by_its_date_alone_or_lack_its_end():
    found = story(visits=[{"day": -1, "date_only": True}, {"day": 0, "from": "08:00", "to": "none"}])
    dated, open_ended = of_type(found, "Procedure")
    assert "2026-03-09" == dated["performedDateTime"]
    assert {"start": "2026-03-10T08:00:00-05:00"} == open_ended["performedPeriod"]


def test_a_course_is_many_visits_on_the_weekdays_named():
    found = story(course={"first": "2026-03-02", "last": "2026-03-10", "weekdays": ["mon", "wed"], **MORNING})
    assert ["2026-03-02", "2026-03-04", "2026-03-09"] == [
        encounter["period"]["start"][:10] for encounter in of_type(found, "Encounter")
    ]


def test_a_course_leaves_days_out_and_grows_by_the_week():
    found = story(
        course={"first": -8, "last": 0, "days_per_week": 2, "from": "08:00", "minutes": 60, "grow": 15, "except": [-7]}
    )
    assert ["2026-03-02T09:00:00-06:00", "2026-03-09T09:15:00-05:00", "2026-03-10T09:15:00-05:00"] == [
        procedure["performedPeriod"]["end"] for procedure in of_type(found, "Procedure")
    ]


def test_the_encounter_spans_the_sessions_and_other_services_of_the_visit():
    found = story(
        visits=[
            {
                "day": 0,
                "sessions": [{"from": "09:00", "to": "11:00"}],
                "services": [{"code": 97110, "from": "08:30", "minutes": 15}],
            }
        ]
    )
    assert {"start": "2026-03-10T08:30:00-05:00", "end": "2026-03-10T11:00:00-05:00"} == of_type(found, "Encounter")[0][
        "period"
    ]


def test_a_visit_without_times_has_an_encounter_only():
    found = story(visits=[{"day": 0, "encounter": {"from": "08:00", "to": "none", "status": "in-progress"}}])
    assert [] == of_type(found, "Procedure")
    assert {"start": "2026-03-10T08:00:00-05:00"} == of_type(found, "Encounter")[0]["period"]


def test_who_treats_is_told_by_a_contained_role_with_taxonomy_code():
    found = story(visits=[{"day": 0, **MORNING, "by": ["PTA", "unknown"]}])
    procedure = of_type(found, "Procedure")[0]
    roles = {f"#{role['id']}": [codes(code) for code in role.get("code", ())] for role in procedure["contained"]}
    assert [[["225200000X"]], []] == [roles[performer["actor"]["reference"]] for performer in procedure["performer"]]


def test_roles_may_be_resources_sent_along_with_the_procedures():
    found = story(roles="included", visits=[{"day": 0, **MORNING, "by": "OTA"}], plan={"discipline": "OT"})
    sent = found.request("encounter-discharge")["prefetch"]["procedures"]["entry"]
    included = [entry["resource"] for entry in sent if entry["search"]["mode"] == "include"]
    assert "PractitionerRole/story-role-ota" in {
        f"{resource['resourceType']}/{resource['id']}" for resource in included
    }
    assert "PractitionerRole/story-role-ota" == entries({"entry": sent})[0]["performer"][0]["actor"]["reference"]


def test_what_a_story_leaves_out_is_ordinary():
    found = story()
    assert [["WCBPOL"]] == [codes(coverage["type"]) for coverage in of_type(found, "Coverage")]
    assert [["S39.012D"], ["Y99.0"]] == [codes(condition["code"]) for condition in of_type(found, "Condition")]
    assert [["91251008"]] == [codes(care_plan["category"][0]) for care_plan in of_type(found, "CarePlan")]
    assert 1 == len(of_type(found, "Goal"))


def test_none_says_there_is_nothing_of_the_kind():
    found = story(coverage="none", injury="none", plan="none")
    assert [] == [
        resource for kind in ("Coverage", "Condition", "CarePlan", "Goal") for resource in of_type(found, kind)
    ]
    assert [] == entries(found.request("patient-view")["prefetch"]["coverage"])


def test_a_session_is_recorded_with_the_code_the_story_gives():
    visits = [{"day": -3, **MORNING}, {"day": -2, **MORNING, "code": "none"}, {"day": -1, **MORNING, "code": 97110}]
    found = story(visits=visits)
    assert [["97545"], [], ["97110"]] == [codes(procedure["code"]) for procedure in of_type(found, "Procedure")]


def test_work_hardening_is_told_by_its_concept_and_conditioning_by_its_name():
    hardening, conditioning = (
        of_type(story(program=program, visits=[{"day": 0, **MORNING, "code": "none"}]), "Procedure")[0]["code"]
        for program in ("hardening", "conditioning")
    )
    assert ["228648008"] == codes(hardening)
    assert {"text": "Work conditioning"} == conditioning


def test_charges_are_written_as_billers_write_them():
    found = story(visits=[{"day": 0, **MORNING}], charges={"lines": ["97545 x1 GP", "97546 x2 GP, CQ"]})
    claim = of_type(found, "Claim")[0]
    assert [("97545", 1, ["GP"]), ("97546", 2, ["GP", "CQ"])] == [
        (
            codes(item["productOrService"])[0],
            item["quantity"]["value"],
            [code for concept in item["modifier"] for code in codes(concept)],
        )
        for item in claim["item"]
    ]
    assert [{"reference": "Encounter/story-visit-2026-03-10"}] == claim["item"][0]["encounter"]


def test_a_re_evaluation_that_is_not_objective_has_no_value():
    found = story(assessments=[{"day": -8, "tool": "oswestry", "value": 40}, {"day": -1, "objective": False}])
    assert [40] == [observation["valueQuantity"]["value"] for observation in of_type(found, "Observation")]
    assert [["97164"]] == [codes(procedure["code"]) for procedure in of_type(found, "Procedure")]


def test_an_authorization_tells_state_number_period_and_amount():
    words = {"number": "A-1", "from": -7, "to": 20, "quantity": 30, "unit": "hours"}
    answer = of_type(story(authorizations=words), "ClaimResponse")[0]
    assert ("preauthorization", "A-1") == (answer["use"], answer["preAuthRef"])
    assert {"start": "2026-03-03", "end": "2026-03-30"} == answer["preAuthPeriod"]
    review, detail = answer["item"][0]["extension"]
    assert "A1" == review["extension"][0]["valueCodeableConcept"]["coding"][0]["code"]
    service, amount = detail["extension"]
    assert "work hardening" in service["valueCodeableConcept"]["text"].lower()
    assert (30, "hours") == (amount["valueQuantity"]["value"], amount["valueQuantity"]["unit"])


def test_everything_the_language_can_say_is_valid_r4():
    found = story(
        patient={"name": "Every Example", "state": "TX"},
        site={"state": "TX"},
        coverage=[
            {"class": kind, "payer": "Somebody (invented)", "payer_id": "P1", "order": 1, "start": -90, "member": "M1"}
            for kind in ("workers-compensation", "medicare", "medicaid", "commercial", "auto", "self-pay", "none")
        ],
        deficits=["Cannot lift"],
        plan=[{"discipline": "PT", "end": "none"}, {"discipline": "none", "code": "none", "goals": "none"}],
        visits=[{"day": 0, **MORNING, "evaluation": 97161, "note": "Done."}],
        assessments=[{"day": 0, "tool": "lift", "value": 20.5, "category": "functional-status"}],
        questionnaires=[{"day": 0, "title": "Daily needs", "answers": {"Walks": "a mile", "Score": 3}}],
        authorizations=[{"state": state} for state in ("approved", "pending", "denied", "unclear")],
        orders=[{"quantity": 30, "times": {"frequency": 5, "minutes": 120, "weeks": 6}, "discipline": "PT"}],
        existing_orders=[{"code": "other", "times": {"count": 3, "start": 0, "end": 30}}],
        appointments=[{"day": 1, "from": "08:00", "minutes": 120}],
        charges=[{"lines": ["97545 x1"], "authorization": "A-1", "accident_state": "TX"}],
    )
    for resource in (*found.resources, *found.drafts, *found.appointments):
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)


def test_order_hooks_carry_the_drafts_and_the_chosen_ones():
    found = story(orders=[{"id": "one"}, {"id": "two", "selected": False}])
    context = found.request("order-select")["context"]
    assert ["ServiceRequest/one"] == context["selections"]
    assert ["one", "two"] == [resource["id"] for resource in entries(context["draftOrders"])]
    assert {"draft"} == {resource["status"] for resource in entries(context["draftOrders"])}


def test_a_dispatched_order_is_named_in_context_and_found_among_the_orders():
    request = story(orders={"id": "one"}).request("order-dispatch")
    assert ["ServiceRequest/one"] == request["context"]["dispatchedOrders"]
    order, who_ordered = entries(request["prefetch"]["orders"])
    assert "one" == order["id"]
    assert f"Practitioner/{who_ordered['id']}" == order["requester"]["reference"]


def test_booked_visits_are_in_the_context_of_the_booking_hook():
    request = story(appointments={"day": 1, **MORNING}).request("appointment-book")
    assert ["2026-03-11T08:00:00-05:00"] == [
        resource["start"] for resource in entries(request["context"]["appointments"])
    ]


def test_an_encounter_hook_is_about_the_last_visit_or_the_one_named():
    visits = [{"day": -2, **MORNING}, {"day": -1, **MORNING}]
    assert "story-visit-2026-03-09" == story(visits=visits).request()["context"]["encounterId"]
    named = story(visits=visits, visit=-2).request()
    assert "story-visit-2026-03-08" == named["context"]["encounterId"]
    assert "story-visit-2026-03-08" == named["prefetch"]["encounter"]["id"]


def test_an_encounter_hook_needs_a_visit():
    with pytest.raises(StoryError, match="the story has none"):
        story().request("encounter-discharge")


def test_the_visit_in_question_may_be_named_by_date():
    found = story(visits=[{"day": -1, **MORNING}, {"day": 0, **MORNING}], visit="2026-03-09")
    assert "story-visit-2026-03-09" == found.request()["context"]["encounterId"]


def test_an_unknown_hook_is_refused():
    with pytest.raises(StoryError, match="no service answers 'order-sing'"):
        story().request("order-sing")


def test_what_went_wrong_with_prefetch_is_told_key_by_key():
    words = {"coverage": "failed", "carePlans": None, "conditions": "empty", "orders": "absent"}
    prefetch = story(prefetch=words).request("patient-view")["prefetch"]
    assert "OperationOutcome" == prefetch["coverage"]["resourceType"]
    assert prefetch["carePlans"] is None
    assert [] == entries(prefetch["conditions"])
    assert "orders" not in prefetch


def test_prefetch_may_be_missing_as_a_whole():
    assert "prefetch" not in story(prefetch="absent").request("patient-view")


def test_prefetch_holds_what_the_query_of_its_key_lets_through():
    vital_sign = {"day": 0, "tool": "heart rate", "value": 70, "category": "vital-signs"}
    found = story(assessments=[vital_sign, {"day": 0, "tool": "lift", "value": 20}])
    assert 2 == len(of_type(found, "Observation"))
    assert ["Floor-to-waist lift"] == [
        resource["code"]["text"] for resource in entries(found.request("patient-view")["prefetch"]["observations"])
    ]


def test_raw_resources_and_drafts_are_taken_as_they_are():
    odd = {"resourceType": "Observation", "id": "odd", "category": [{"coding": [{"code": "exam"}]}]}
    draft = {"resourceType": "ServiceRequest", "id": "odd-draft", "category": {"text": "an object"}}
    found = story(resources=odd, drafts=draft)
    assert odd in entries(found.request("patient-view")["prefetch"]["observations"])
    assert [draft] == entries(found.request("order-sign")["context"]["draftOrders"])


def test_dates_of_raw_resources_stay_text_and_times_need_quotes(tmp_path):
    file = tmp_path / "raw.yaml"
    file.write_text("resources: {resourceType: Procedure, performedDateTime: 2026-03-01}")
    assert "2026-03-01" == of_type(read(file, TODAY)[0], "Procedure")[-1]["performedDateTime"]
    file.write_text("resources: {resourceType: Procedure, performedDateTime: 2026-03-01T08:00:00-06:00}")
    with pytest.raises(StoryError, match=r"raw\.yaml: resources: write times in quotes"):
        read(file, TODAY)


def test_the_hook_instance_is_a_uuid_that_follows_from_the_story():
    first, same, second = (story(deficits=deficit).request("patient-view") for deficit in ("one", "one", "two"))
    assert first["hookInstance"] == same["hookInstance"]
    assert first["hookInstance"] != second["hookInstance"]
    assert 5 == UUID(first["hookInstance"]).version


def test_two_injuries_and_their_visits_are_kept_apart():
    found = story(
        injury=[{"id": "back"}, {"id": "knee", "text": "Knee sprain", "code": "S83.91XD"}],
        visits=[
            {"day": -1, **MORNING},
            {"day": 0, **MORNING, "injury": "knee"},
            {"day": 0, **MORNING, "injury": "none"},
        ],
    )
    assert [["Condition/story-back"], ["Condition/story-knee"], []] == [
        [reference["reference"] for reference in procedure.get("reasonReference", ())]
        for procedure in of_type(found, "Procedure")
    ]


def test_what_the_test_harness_needs_is_handed_through_untouched():
    found = story(
        client={"jurisdiction": "US-TX"},
        policies={"program.max_weeks": {"hardening": 8}},
        expect={"fires": ["reassessment"]},
    )
    assert "US-TX" == found.client.jurisdiction
    assert {"program.max_weeks": {"hardening": 8}} == found.policies
    assert ["reassessment"] == found.expect.fires
