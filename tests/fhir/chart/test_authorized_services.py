"""What a payer's answer is about, however it is told."""

import pytest

from cds_service.domain.coverage_and_claims import AuthorizationState
from cds_service.fhir.chart.decisions import PAS
from tests.fhir.resources import CPT, PATIENT, bundle, care_plan, chart_of, claim_response, coded, service_request

X12_TYPES = "https://codesystem.x12.org/005010/1365"
APPROVED = {
    "url": f"{PAS}extension-reviewAction",
    "extension": [{"url": "code", "valueCodeableConcept": coded("https://codesystem.x12.org/005010/306", "A1")}],
}


def answer_for(service, **more):
    detail = {
        "url": f"{PAS}extension-itemAuthorizedDetail",
        "extension": [{"url": "productOrServiceCode", "valueCodeableConcept": service}],
    }
    return claim_response(item=[{"itemSequence": 1, "extension": [APPROVED, detail]}], **more)


def services(*records, **more):
    """Of each answer whether it names work rehabilitation, and its codes."""
    return [
        (authorization.names_service, authorization.codes)
        for authorization in chart_of(authorizations=bundle(*records), **more).authorizations
    ]


@pytest.mark.parametrize(
    ("service", "codes"),
    [
        (coded(CPT, "97545"), ("97545",)),
        ({"coding": [{"system": CPT, "code": "97546"}, {"system": CPT, "code": "97545"}]}, ("97545", "97546")),
        ({"text": "Work hardening, 20 visits"}, ()),
        (coded("http://snomed.info/sct", "228648008"), ()),
    ],
)
def test_a_code_or_name_of_work_rehabilitation_is_ours(service, codes):
    assert services(answer_for(service)) == [(True, codes)]


@pytest.mark.parametrize(
    "service",
    [
        coded(CPT, "72148"), coded(CPT, "97110"), {"text": "MRI lumbar spine w/o contrast"}, {"text": "CT scan"},
        {"text": "L4-L5 discectomy"}, {"text": "Rotator cuff repair"}, {"text": "Epidural steroid injection"},
        {"text": "Speech therapy"}, {"text": "Psychotherapy"}, coded(X12_TYPES, "3", None), coded(X12_TYPES, "62"),
        {"coding": [{"system": X12_TYPES, "code": "3", "display": "Consultation"}]}, {"text": "Lumbar brace (DME)"},
        {"text": "Cardiac rehabilitation"}, {"text": "Orthopedic specialist"},
    ],
)  # fmt: skip
def test_another_service_is_none_of_ours(service):
    assert services(answer_for(service)) == []


@pytest.mark.parametrize(
    "service",
    [
        {"text": "Physical therapy"}, {"text": "PT 3x/week for 4 weeks, low back"}, {"text": "Outpatient rehab"},
        coded(X12_TYPES, "PT"), coded(X12_TYPES, "AE"), {"text": "Therapy visits"}, {"text": "Medical services"},
        coded("http://payer.example.org/services", "T-100"),
    ],
)  # fmt: skip
def test_therapy_or_a_broad_type_names_no_service(service):
    assert services(answer_for(service)) == [(False, ())]


def request(name="q", **more):
    return {
        "resourceType": "Claim",
        "id": name,
        "status": "active",
        "use": "preauthorization",
        "patient": PATIENT,
    } | more


def item(sequence, service, **more):
    return {"sequence": sequence, "productOrService": service, **more}


MRI, HARDENING = {"text": "MRI of the knee"}, coded(CPT, "97545")


@pytest.mark.parametrize(("service", "found"), [(MRI, []), (HARDENING, [(True, ("97545",))])])
@pytest.mark.parametrize("link", ["reference", "urn", "contained", "identifier", "beside"])
def test_the_request_tells_the_service_however_it_is_given(service, found, link):
    asked, answer = request(item=[item(1, service)]), claim_response()
    entries = [{"resource": asked}]
    if link == "reference":
        answer["request"] = {"reference": "https://ehr.example.org/fhir/Claim/q"}
    elif link == "urn":
        entries = [{"fullUrl": "urn:uuid:9f0f", "resource": asked}]
        answer["request"] = {"reference": "urn:uuid:9f0f"}
    elif link == "contained":
        entries, answer = [], answer | {"contained": [asked], "request": {"reference": "#q"}}
    elif link == "identifier":
        asked["identifier"] = [{"value": "R-77"}]
        answer["request"] = {"identifier": {"value": "R-77"}}
    received = {"resourceType": "Bundle", "type": "searchset", "entry": [*entries, {"resource": answer}]}
    chart = chart_of(authorizations=received)
    assert [(authorization.names_service, authorization.codes) for authorization in chart.authorizations] == found


def test_each_item_is_about_the_item_it_answers():
    answer = claim_response(
        request={"reference": "Claim/q"}, item=[{"itemSequence": number, "extension": [APPROVED]} for number in (1, 2)]
    )
    asked = request(item=[item(1, MRI), item(2, HARDENING)])
    assert services(answer, asked) == [(True, ("97545",))]


def test_a_requested_item_may_be_told_by_the_order_behind_it():
    behind = {
        "url": "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-requestedService",
        "valueReference": {"reference": "ServiceRequest/s"},
    }
    asked = request(item=[{"sequence": 1, "extension": [behind]}])
    answer = claim_response(request={"reference": "Claim/q"})
    orders = bundle(service_request(status="active"))
    assert services(answer, asked, orders=orders) == [(True, ())]
    orders = bundle(service_request(status="active", code=coded(CPT, "72148")))
    assert services(answer, asked, orders=orders) == []


def test_the_disposition_can_name_the_service():
    assert services(claim_response(disposition="MRI approved")) == []
    assert services(claim_response(disposition="Work hardening approved, 12 visits")) == [(True, ())]


def claim_with(number, code):
    insurance = [{"sequence": 1, "focal": True, "coverage": {"display": "c"}, "preAuthRef": [number]}]
    return request("billed", use="claim", insurance=insurance, item=[item(1, coded(CPT, code))])


@pytest.mark.parametrize(
    ("code", "found"),
    [("97545", [(True, ())]), ("72148", []), ("97110", [(False, ())])],
    ids=["ours", "MRI", "exercise"],
)
def test_the_claim_that_carries_the_number_tells_the_service(code, found):
    assert services(claim_response(), charges=bundle(claim_with("PA-1", code))) == found


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"orders": bundle(service_request(status="active", note=[{"text": "approved under PA-1"}]))}, True),
        ({"orders": bundle(service_request(status="active", note=[{"text": "approved under PA-12"}]))}, False),
        ({"orders": bundle(service_request(status="active", insurance=[{"reference": "ClaimResponse/r"}]))}, True),
        ({"carePlans": bundle(care_plan(title="Work hardening", note=[{"text": "Auth # PA-1"}]))}, True),
        ({"carePlans": bundle(care_plan(title="Physical therapy", note=[{"text": "Auth # PA-1"}]))}, False),
    ],
)
def test_an_order_or_plan_that_carries_the_number_tells_the_service(more, found):
    assert [named for named, _ in services(claim_response(), **more)] == [found]


@pytest.mark.parametrize("value", [
    {"valueString": "A3"}, {"valueCode": "A3"}, {"valueCoding": {"code": "A3"}}, {"valueString": "Not Certified"},
    {"valueCodeableConcept": {"text": "Not certified"}}, {"valueCodeableConcept": coded(None, "A3")},
])  # fmt: skip
@pytest.mark.parametrize("where", ["root", "item", "adjudication", "bare"])
def test_a_review_action_is_read_in_any_form_and_place(value, where):
    action = {"url": f"{PAS}extension-reviewAction", "extension": [{"url": "code", **value}]}
    if where == "root":
        change = {"extension": [action]}
    elif where == "item":
        change = {"item": [{"itemSequence": 1, "extension": [action]}]}
    elif where == "adjudication":
        change = {"item": [{"itemSequence": 1, "adjudication": [{"extension": [action]}]}]}
    else:
        change = {"item": [{"itemSequence": 1, "extension": [{"url": f"{PAS}extension-reviewActionCode", **value}]}]}
    (authorization,) = chart_of(authorizations=bundle(claim_response(**change))).authorizations
    assert authorization.state is AuthorizationState.DENIED


@pytest.mark.parametrize(
    ("codes", "state"),
    [
        (["A1", "A3"], AuthorizationState.UNCLEAR), (["A3", "A1"], AuthorizationState.UNCLEAR),
        (["A1", "C"], AuthorizationState.UNCLEAR), (["A1", "A2"], AuthorizationState.APPROVED),
        (["A4", "A3"], AuthorizationState.DENIED), (["C"], AuthorizationState.WITHDRAWN),
        (["CT"], AuthorizationState.UNCLEAR), (["NA"], AuthorizationState.NOT_REQUIRED),
    ],
)  # fmt: skip
def test_adjudications_that_contradict_each_other_approve_nothing(codes, state):
    adjudications = [
        {"extension": [{"url": f"{PAS}extension-reviewAction", "extension": [{"url": "code", "valueCode": code}]}]}
        for code in codes
    ]
    (authorization,) = chart_of(
        authorizations=bundle(claim_response(item=[{"adjudication": adjudications}]))
    ).authorizations
    assert authorization.state is state


def test_words_or_an_error_against_a_certified_item_leave_it_unclear():
    certified = [{"itemSequence": 1, "extension": [APPROVED]}]
    for change in ({"disposition": "Void"}, {"disposition": "Denied on re-review"}, {"outcome": "error"}):
        (authorization,) = chart_of(authorizations=bundle(claim_response(item=certified, **change))).authorizations
        assert authorization.state is AuthorizationState.UNCLEAR
