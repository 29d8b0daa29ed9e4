import pytest
from msgspec import Raw, json

from cds_service.domain.chart import Fact, Unknown
from cds_service.fhir.reading.clinical_resources import EncounterResource, ProcedureResource
from cds_service.fhir.reading.drafts import read_drafts
from cds_service.fhir.reading.elements import CodeableConcept
from cds_service.fhir.reading.prefetch import Slot, State
from cds_service.fhir.reading.prefetch_reader import read_prefetch
from cds_service.fhir.reading.quarantine import MOST_GAPS_PER_FACT
from cds_service.fhir.reading.request_resources import ServiceRequestResource
from cds_service.fhir.reading.resources import RECORD_OF
from tests.fhir.resources import bundle, care_plan, encounter, observation, prefetched, procedure, service_request

OUTCOME = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "forbidden", "diagnostics": "Pat Example may not be read"}],
}
WARNING = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "informational"}]}


def slot(value):
    return prefetched(procedures=value).slots["procedures"]


def ids(prefetch, kind=ProcedureResource):
    return list(prefetch.of(kind))


def test_a_bundle_with_resources_is_present():
    assert Slot("procedures", State.PRESENT) == slot(bundle(procedure()))


@pytest.mark.parametrize("value", [None, bundle(), {"resourceType": "Bundle"}], ids=["null", "empty", "no entries"])
def test_null_and_an_empty_bundle_are_known_to_be_empty(value):
    assert Slot("procedures", State.EMPTY) == slot(value)


@pytest.mark.parametrize("value", [OUTCOME, bundle(OUTCOME)], ids=["as value", "as entry"])
def test_an_operation_outcome_is_a_failure_and_its_free_text_stays_out(value):
    assert Slot("procedures", State.FAILED, "the EHR reported an error for procedures (forbidden)") == slot(value)


def test_a_warning_beside_no_results_is_an_empty_answer():
    assert Slot("procedures", State.EMPTY) == slot(bundle(WARNING))


def test_an_error_beside_results_keeps_them_and_leaves_a_gap():
    prefetch = prefetched(procedures=bundle(procedure(), OUTCOME))
    assert State.PRESENT == prefetch.slots["procedures"].state
    assert (Unknown(Fact.SESSIONS, "the EHR reported an error for procedures (forbidden)"),) == prefetch.gaps


def test_a_key_that_is_not_there_is_absent():
    prefetch = prefetched(["procedures"], patient=None)
    assert {"procedures": Slot("procedures", State.ABSENT, "procedures was not given")} == prefetch.slots


def test_a_request_without_prefetch_has_every_key_absent():
    assert State.ABSENT == read_prefetch(None, ["goals"]).slots["goals"].state


@pytest.mark.parametrize("value", ["123", 5, True, [], {}, care_plan(), bundle(care_plan()), {"a": 1}, ["x"]])
def test_a_value_without_anything_of_the_key_is_not_present(value):
    assert slot(value).state in {State.ABSENT, State.EMPTY, State.FAILED}
    assert not ids(prefetched(procedures=value))


def test_values_that_are_no_objects_do_not_disturb_other_keys():
    assert ids(prefetched(user="123", procedures=bundle(procedure()))) == ["a"]


def test_keys_not_asked_for_are_ignored():
    prefetch = prefetched(["patient"], patient=None, procedures=bundle(procedure()))
    assert ids(prefetch) == []


def test_a_single_resource_stands_for_a_bundle():
    assert ids(prefetched(procedures=procedure())) == ["a"]


def test_a_resource_given_twice_counts_once_and_the_first_wins():
    prefetch = prefetched(encounter=encounter(status="in-progress"), encounters=bundle(encounter(), encounter("f")))
    assert ["e", "f"] == list(prefetch.of(EncounterResource))
    assert prefetch.of(EncounterResource)["e"].status == "in-progress"


def test_resources_without_id_are_all_kept():
    nameless = {key: value for key, value in procedure().items() if key != "id"}
    assert len(prefetched(procedures=bundle(nameless, nameless)).of(ProcedureResource)) == 2


@pytest.mark.parametrize("kind", ["PractitionerRole", "Practitioner", "Organization", "Location"])
def test_any_bundle_may_carry_people_and_places(kind):
    prefetch = prefetched(procedures=bundle(procedure(), {"resourceType": kind, "id": "x"}))
    assert ids(prefetch, RECORD_OF[kind]) == ["x"]


@pytest.mark.parametrize("kind", ["MedicationRequest", "Unheard", "Transport"])
def test_other_resource_types_are_skipped_silently(kind):
    prefetch = prefetched(procedures=bundle({"resourceType": kind, "id": 5}, procedure()))
    assert ids(prefetch) == ["a"]
    assert prefetch.gaps == ()


def test_a_link_to_the_next_page_is_kept_and_is_a_gap():
    link = [
        {"relation": "self", "url": "https://ehr.example.org/1"},
        {"relation": "next", "url": "https://ehr.example.org/2"},
    ]
    prefetch = prefetched(procedures=bundle(procedure(), link=link))
    why = "only the first page of procedures was given"
    assert Slot("procedures", State.PARTIAL, why, "https://ehr.example.org/2") == prefetch.slots["procedures"]
    assert (Unknown(Fact.SESSIONS, why),) == prefetch.gaps


@pytest.mark.parametrize(
    ("elements", "why"),
    [
        ({"total": 57}, "only a part of procedures was given: 1 of 57"),
        ({"total": "57"}, "only a part of procedures was given: 1 of 57"),
        ({"total": 57.0}, "only a part of procedures was given: 1 of 57"),
        (
            {"link": [{"relation": "previous", "url": "https://ehr.example.org/1"}]},
            "only the last page of procedures was given",
        ),
        ({"link": [{"relation": "next", "url": "x"}], "total": 3}, "only a part of procedures was given: 1 of 3"),
    ],
)
def test_a_search_that_was_cut_short_is_only_a_part(elements, why):
    prefetch = prefetched(procedures=bundle(procedure(), **elements))
    assert (State.PARTIAL, why) == (prefetch.slots["procedures"].state, prefetch.slots["procedures"].reason)
    assert (Unknown(Fact.SESSIONS, why),) == prefetch.gaps


@pytest.mark.parametrize("total", [0, 1, -1, None, "many", "1e9999"])
def test_a_total_that_is_no_more_than_what_was_given_leaves_nothing_open(total):
    assert Slot("procedures", State.PRESENT) == slot(bundle(procedure(), total=total))


def test_what_a_search_includes_is_no_result_of_its_own():
    location = {"resourceType": "Location", "id": "l"}
    assert State.PRESENT == slot(bundle(procedure(), location, total=2)).state
    assert State.PARTIAL == slot(bundle(procedure(), location, total=5)).state


def test_a_count_without_results_is_not_known_to_be_empty():
    why = "none of 57 procedures was given"
    assert Slot("procedures", State.ABSENT, why) == slot(bundle(total=57))


def test_one_unreadable_entry_does_not_hide_that_the_rest_was_not_sent():
    broken = {"resourceType": "Procedure", "id": "b", "performedPeriod": "8 to 12"}
    assert "only a part of procedures was given: 2 of 9" == slot(bundle(procedure(), broken, total=9)).reason


@pytest.mark.parametrize(
    "change",
    [
        {"code": {"coding": {"code": "97545"}}},
        {"code": {"coding": [{}, None, {"code": "97545"}]}},
        {"code": {"coding": [{"code": "97545", "system": None}], "text": None}},
        {"code": [{"coding": [{"code": "97545"}]}]},
        {"note": {"text": "lifting"}, "performer": None, "reasonReference": {}},
    ],
    ids=["object for list", "empty and null codings", "nulls", "list for object", "several"],
)
def test_a_resource_that_is_almost_r4_is_read_tolerantly(change):
    prefetch = prefetched(procedures=bundle(procedure(**change), procedure("b")))
    code = prefetch.of(ProcedureResource)["a"].code
    assert code is not None
    assert [coding.code for coding in code.coding] == ["97545"]
    assert prefetch.gaps == ()


def test_a_lone_text_stands_for_the_text_of_a_concept():
    code = prefetched(procedures=bundle(procedure(code="Work hardening"))).of(ProcedureResource)["a"].code
    assert code == CodeableConcept(text="Work hardening")


@pytest.mark.parametrize(
    "value",
    [
        {"entry": [{"resource": procedure()}]},
        {"resourceType": "Bundle", "entry": {"resource": procedure()}},
        {"resourceType": "Bundle", "entry": [None, {"resource": procedure()}, {"fullUrl": 5}]},
        [procedure()],
        [{"resource": procedure()}],
    ],
    ids=["no resourceType", "entry is an object", "odd entries", "bare list", "list of entries"],
)
def test_a_bundle_that_is_almost_one_is_read(value):
    assert ids(prefetched(procedures=value)) == ["a"]


def test_what_cannot_be_read_is_a_gap_with_the_error_of_the_r4_models_and_the_rest_counts():
    prefetch = prefetched(procedures=bundle(procedure("bad", status={"secret": "Pat"}), procedure()))
    assert ids(prefetch) == ["a"]
    why = "could not be read: status: Input should be a valid string"
    assert (Unknown(Fact.SESSIONS, why, "Procedure/bad"),) == prefetch.gaps


def test_a_bundle_of_which_nothing_can_be_read_has_failed():
    prefetch = prefetched(procedures=bundle(procedure(status={"x": 1})))
    assert (
        Slot("procedures", State.FAILED, "nothing given under procedures could be read") == prefetch.slots["procedures"]
    )


def test_an_entry_without_resource_type_is_a_gap():
    prefetch = prefetched(procedures=bundle({"id": "x"}, procedure()))
    assert (Unknown(Fact.SESSIONS, "a resource under procedures has no resourceType"),) == prefetch.gaps


def test_very_many_unreadable_resources_are_counted():
    many = [procedure(f"b{number}", status=7.5) for number in range(MOST_GAPS_PER_FACT + 5)]
    broken = [record | {"status": {"x": 1}} for record in many]
    gaps = prefetched(procedures=bundle(*broken)).gaps
    assert MOST_GAPS_PER_FACT + 1 == len(gaps)
    assert gaps[-1] == Unknown(Fact.SESSIONS, "5 more resources were left out")


def test_an_odd_id_is_not_repeated_in_a_gap():
    gaps = prefetched(procedures=bundle(procedure("<b>Pat Example</b>", status={"x": 1}))).gaps
    assert gaps[0].reference == "Procedure (unusual id)"


def test_nesting_without_end_is_a_failed_key():
    raw = b'{"procedures":' + b'{"entry":[' * 50_000 + b"]}" * 50_000 + b',"encounters":null}'
    prefetch = read_prefetch(raw, ["procedures"])
    assert prefetch.slots["procedures"].state in {State.FAILED, State.ABSENT}


@pytest.mark.parametrize("raw", [b"", b"[]", b"5", b"{", b'{"procedures": nonsense}', b"\xff\xfe"])
def test_bytes_that_are_no_prefetch_make_every_key_absent(raw):
    assert State.ABSENT == read_prefetch(raw, ["procedures"]).slots["procedures"].state


def test_a_resource_is_returned_exactly_as_received():
    record = procedure(extension=[{"url": "https://example.org/x", "valueDecimal": 1.5}], unknown={"kept": None})
    prefetch = prefetched(observations=bundle(observation()), procedures=bundle(procedure("b"), record))
    assert record == prefetch.as_received("Procedure/a")
    assert prefetch.as_received("Procedure/c") is None


def test_raw_parts_of_a_request_are_read_in_place():
    raw = Raw(json.encode({"procedures": bundle(procedure())}))
    assert ids(read_prefetch(raw, ["procedures"])) == ["a"]


@pytest.mark.parametrize(
    "received",
    [
        bundle(service_request(), {"resourceType": "MedicationRequest", "id": "m"}),
        {"entry": [{"resource": service_request()}]},
        [service_request()],
        service_request(),
        {"resourceType": "Bundle", "entry": {"fullUrl": "https://ehr.example.org/1", "resource": service_request()}},
    ],
    ids=["bundle", "bundle without type", "list", "single", "entry is an object"],
)
def test_drafts_are_read_from_every_shape_clients_send(received):
    (draft,) = read_drafts(json.encode(received))
    assert isinstance(draft.record, ServiceRequestResource)
    assert ("ServiceRequest/s", service_request()) == (draft.reference, draft.received)


def test_drafts_as_objects_where_lists_belong_are_read():
    odd = service_request(
        category={"text": "Therapy"}, reasonCode={"coding": [{}]}, code={"coding": [{}], "text": "Work hardening"}
    )
    (draft,) = read_drafts(json.encode(odd))
    assert isinstance(draft.record, ServiceRequestResource)
    assert (CodeableConcept(text="Therapy"),) == draft.record.category


def test_a_draft_that_cannot_be_read_is_a_gap():
    (draft,) = read_drafts(json.encode(bundle(service_request(code={"text": {"a": 1}}))))
    assert draft.record is None
    assert draft.gap is not None
    assert (Fact.ORDERS, "ServiceRequest/s") == (draft.gap.fact, draft.gap.reference)


def test_a_draft_without_id_is_named_by_its_place():
    drafts = read_drafts(json.encode([service_request(None), service_request(None)]))
    assert ["ServiceRequest (no id 1)", "ServiceRequest (no id 2)"] == [draft.reference for draft in drafts]


@pytest.mark.parametrize("raw", [b"", b"null", b"5", b"{", b"[[1]]", b"[" * 100_000, None])
def test_drafts_that_are_none_give_no_record(raw):
    assert all(draft.record is None for draft in read_drafts(raw))
