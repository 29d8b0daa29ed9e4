import pytest

from cds_service.errors import (
    InvalidRequest,
    MissingField,
    NotAnObject,
    NotJson,
    RequestError,
    TooDeep,
    UnknownService,
    WrongHook,
)
from cds_service.hooks.call import HookCall, read_call
from tests.hooks.hook_requests import (
    CONTEXTS,
    DRAFTS,
    HOOK_INSTANCE,
    REQUIRED,
    SERVICE_OF,
    body_of,
    nested,
    request_for,
    with_context,
    without,
)

every_hook = pytest.mark.parametrize("hook", CONTEXTS)
every_required_field = pytest.mark.parametrize(
    ("hook", "field"), [(hook, field) for hook, fields in REQUIRED.items() for field in sorted(fields)]
)
AUTHORIZATION = {
    "access_token": "secret-token",
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "user/*.rs",
    "subject": "cds",
}


def read(request) -> HookCall:
    return read_call(body_of(request), SERVICE_OF.get(request.get("hook"), "work-rehab-order"))


def refusal(request) -> RequestError:
    with pytest.raises(RequestError) as refused:
        read(request)
    return refused.value


@every_hook
def test_a_valid_request_of_every_hook_is_read(hook):
    call = read(request_for(hook))
    assert (hook, SERVICE_OF[hook], HOOK_INSTANCE, "p1") == (
        call.hook,
        call.service.id,
        call.hook_instance,
        call.patient_id,
    )
    assert call.tolerated == ()


def test_order_select_tells_what_is_selected_among_which_drafts():
    call = read(request_for("order-select"))
    assert call.selections == ("ServiceRequest/o1",)
    assert body_of(DRAFTS) == bytes(call.drafts)


def test_a_draft_bundle_without_type_is_read():
    assert bytes(read(with_context("order-sign", draftOrders={"entry": []})).drafts) == b'{"entry":[]}'


def test_order_select_before_anything_is_chosen_is_read():
    assert read(with_context("order-select", selections=[])).selections == ()


def test_a_selection_given_as_a_url_is_cut_to_type_and_id():
    call = read(with_context("order-select", selections=["https://ehr.example/fhir/ServiceRequest/o1/_history/2"]))
    assert call.selections == ("ServiceRequest/o1",)


def test_a_selection_by_urn_stays_as_it_is():
    assert read(with_context("order-select", selections=[f"urn:uuid:{HOOK_INSTANCE}"])).selections == (
        f"urn:uuid:{HOOK_INSTANCE}",
    )


@pytest.mark.parametrize(
    "orders",
    [
        {"dispatchedOrders": ["ServiceRequest/o1"]},
        {"dispatched-orders": ["ServiceRequest/o1"]},
        {"order": "ServiceRequest/o1"},
    ],
)
@pytest.mark.parametrize("task", [{"task": {"id": "t1"}}, {"fulfillmentTasks": [{"id": "t1"}]}])
def test_every_spelling_of_order_dispatch_reads_the_same(orders, task):
    context = {"patientId": "p1", "performer": "Organization/clinic", **orders, **task}
    call = read(request_for("order-dispatch", context=context))
    assert call.dispatched == ("ServiceRequest/o1",)


@pytest.mark.parametrize("appointments", [DRAFTS, [{"resourceType": "Appointment"}]])
def test_appointments_may_be_a_bundle_or_a_list(appointments):
    call = read(with_context("appointment-book", appointments=appointments))
    assert body_of(appointments) == bytes(call.appointments)


@every_required_field
def test_a_missing_context_field_is_named(hook, field):
    refused = refusal(request_for(hook, context=without(CONTEXTS[hook], field)))
    assert isinstance(refused, MissingField)
    assert refused.field == f"context.{field}"


@every_required_field
def test_null_for_a_required_context_field_is_as_good_as_missing(hook, field):
    assert refusal(with_context(hook, **{field: None})).field == f"context.{field}"


@every_required_field
def test_a_context_field_of_the_wrong_type_is_named(hook, field):
    refused = refusal(with_context(hook, **{field: 5}))
    assert isinstance(refused, InvalidRequest)
    assert refused.field == f"context.{field}"


def test_an_entry_of_the_wrong_type_is_named_with_its_place():
    assert refusal(with_context("order-select", selections=["ServiceRequest/1", 5])).text == (
        "context.selections[1] must be a string."
    )


def test_a_selection_that_is_no_reference_is_named_with_its_place():
    assert refusal(with_context("order-select", selections=["o1"])).field == "context.selections[0]"


def test_more_selections_than_anyone_makes_are_refused():
    assert refusal(with_context("order-select", selections=["ServiceRequest/1"] * 10_001)).field == "context.selections"


@pytest.mark.parametrize("hook", ["order-select", "order-sign", "appointment-book", "patient-view"])
def test_an_optional_encounter_may_be_null(hook):
    assert read(with_context(hook, encounterId=None)).encounter_id is None


@pytest.mark.parametrize("patient", ["Patient/p1", "https://ehr.example/fhir/Patient/p1", "Patient/p1/_history/3"])
def test_a_patient_id_with_slashes_is_read_by_its_last_part_and_noted(patient):
    call = read(with_context("order-sign", patientId=patient))
    assert call.patient_id == "p1"
    assert call.tolerated == ("context.patientId",)


def test_an_encounter_id_with_slashes_is_read_by_its_last_part_and_noted():
    call = read(with_context("encounter-start", encounterId="Encounter/e1"))
    assert call.encounter_id == "e1"
    assert call.tolerated == ("context.encounterId",)


@pytest.mark.parametrize(
    "patient", ["Practitioner/1", "Patient/", "a b", "<b>", "../secret", "1" * 129, "p1?x=1", "p1\n"]
)
def test_a_patient_id_that_is_none_is_refused_without_repeating_it(patient):
    refused = refusal(with_context("order-sign", patientId=patient))
    assert refused.field == "context.patientId"
    assert patient not in refused.text + refused.hint


def test_a_user_without_type_is_unknown():
    assert read(with_context("order-sign", userId="123")).tolerated == ("context.userId",)


@pytest.mark.parametrize("field", ["hook", "hookInstance", "context"])
@pytest.mark.parametrize("absent", ["left out", None, ""])
def test_a_missing_root_field_is_named(field, absent):
    request = request_for("order-sign", **{field: absent})
    refused = refusal(without(request, field) if absent == "left out" else request)
    assert refused.field == field


@pytest.mark.parametrize("field", ["hook", "hookInstance", "context", "prefetch", "fhirServer"])
def test_a_root_field_of_the_wrong_type_is_named(field):
    assert refusal(request_for("order-sign", **{field: 5})).field == field


def test_a_hook_that_the_service_is_not_listed_with_is_refused():
    with pytest.raises(WrongHook, match="work-rehab-order does not answer the hook 'patient-view'"):
        read_call(body_of(request_for("patient-view")), "work-rehab-order")


def test_a_hook_name_is_repeated_only_bounded_and_without_markup():
    refused = refusal(request_for("order-sign", hook="<script>" + "x" * 500))
    assert "?script?" in refused.text
    assert len(refused.text) < 200


def test_an_unknown_service_is_told_before_the_body_is_read():
    with pytest.raises(UnknownService):
        read_call(b"not JSON", "other")


def test_a_hook_instance_that_is_no_uuid_is_read_and_noted():
    call = read(request_for("order-sign", hookInstance="abc"))
    assert call.hook_instance == "abc"
    assert call.tolerated == ("hookInstance",)


def test_a_hook_instance_of_unreasonable_length_is_refused():
    assert refusal(request_for("order-sign", hookInstance="a" * 257)).field == "hookInstance"


def test_null_for_optional_fields_is_as_good_as_absent():
    call = read(request_for("order-sign", prefetch=None, fhirServer=None, fhirAuthorization=None, extension=None))
    assert (call.prefetch, call.fhir_server, call.fhir_authorization) == (None, None, None)


def test_unknown_fields_are_ignored():
    request = with_context("order-sign", surprise={"a": [1]}) | {"other": 1, "extension": {"com.example": {}}}
    assert read(request).patient_id == "p1"


def test_prefetch_is_handed_on_byte_for_byte():
    body = body_of(request_for("order-sign"))[:-1] + b', "prefetch" : {"patient" :null,\n"x":[1.50]} }'
    assert bytes(read_call(body, "work-rehab-order").prefetch) == b'{"patient" :null,\n"x":[1.50]}'


def test_an_authorization_is_read():
    call = read(request_for("order-sign", fhirServer="https://ehr.example/fhir", fhirAuthorization=AUTHORIZATION))
    assert call.fhir_server == "https://ehr.example/fhir"
    assert call.fhir_authorization.access_token == "secret-token"  # noqa: S105


def test_an_authorization_without_server_is_refused():
    assert refusal(request_for("order-sign", fhirAuthorization=AUTHORIZATION)).field == "fhirServer"


@pytest.mark.parametrize(
    "authorization",
    [
        {},
        "secret-token",
        without(AUTHORIZATION, "access_token"),
        {**AUTHORIZATION, "token_type": "mac"},
        {**AUTHORIZATION, "expires_in": "soon"},
        {**AUTHORIZATION, "access_token": ""},
        {**AUTHORIZATION, "access_token": "t\u00f6ken"},
        {**AUTHORIZATION, "access_token": "\u0442\u043e\u043a\u0435\u043d"},
        {**AUTHORIZATION, "access_token": "token\r\nX-Other: 1"},
    ],
)
def test_an_odd_authorization_is_not_used_and_the_call_goes_on(authorization):
    call = read(request_for("order-sign", fhirServer="https://ehr.example", fhirAuthorization=authorization))
    assert call.fhir_authorization is None


def test_a_call_shows_neither_patient_nor_token_when_printed():
    call = read(request_for("order-sign", fhirServer="https://ehr.example/fhir", fhirAuthorization=AUTHORIZATION))
    shown = f"{call!r} {call.context!r} {call.fhir_authorization!r}"
    assert "secret-token" not in shown
    assert "p1" not in shown


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \n",
        b"patient",
        b'{"hook":',
        b'{"hook": "order-sign"} trailing',
        b'{"a": NaN}',
        b'{"a": 01}',
        b"\xef\xbb\xbf",
        b" \xef\xbb\xbf{}",
        b'{"context": {"a": "\xff"}}',
        b'{"hook": "\xff"}',
        b'{"hook": "\\ud800"}',
    ],
)
def test_a_body_that_is_not_json_is_refused(body):
    with pytest.raises(NotJson):
        read_call(body, "work-rehab-order")


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"5", b"null", b"true"])
def test_json_that_is_no_object_is_refused(body):
    with pytest.raises(NotAnObject):
        read_call(body, "work-rehab-order")


@pytest.mark.parametrize("levels", [10_000, 1_000_000])
@pytest.mark.parametrize("where", ["other", "prefetch", "context"])
def test_deep_nesting_is_refused_wherever_it_is(levels, where):
    valid = body_of(without(request_for("order-sign"), where))
    with pytest.raises(TooDeep):
        read_call(b'%s,"%s":{"a":%s}}' % (valid[:-1], where.encode(), nested(levels)), "work-rehab-order")


def test_deep_nesting_in_an_authorization_is_refused():
    valid = body_of(request_for("order-sign", fhirServer="https://ehr.example"))
    with pytest.raises(TooDeep):
        read_call(b'%s,"fhirAuthorization":%s}' % (valid[:-1], nested(10_000)), "work-rehab-order")


def test_the_depth_of_real_resources_is_read():
    valid = body_of(request_for("order-sign"))
    assert read_call(b'%s,"prefetch":{"a":%s}}' % (valid[:-1], nested(200)), "work-rehab-order").prefetch is not None


def test_the_same_hook_instance_twice_is_read_twice():
    assert read(request_for("order-sign")).hook_instance == read(request_for("order-sign")).hook_instance
