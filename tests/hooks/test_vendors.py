"""Servers as large vendors run them: they page, refuse queries, fail on later pages, and keep facts elsewhere.

Each is a real HTTP server; the call comes without prefetch and with the token of a registered client.
"""

import json
from datetime import UTC, date, datetime
from urllib.parse import parse_qsl

import pytest

from cards.explanation import EVALUATION_EXTENSION
from cds_service.hooks.answer import Answerer
from cds_service.hooks.call import read_call
from cds_service.hooks.fetching import Fetcher, pool_of_threads
from cds_service.hooks.shares import Shares
from cds_service.policies.stack import PolicyStack
from cds_service.security.addresses import Addresses
from cds_service.security.clients import Caller
from cds_service.security.outgoing import outgoing_session
from cds_service.security.servers import Servers
from cds_service.stories import load
from tests import hosts
from tests.fhir_host import TOKEN, FhirHost, searchset
from tests.hooks.hook_requests import SERVICE_OF
from tests.security.signing import client

TODAY = date(2026, 3, 16)
STORY = load("texas-hardening-pt-pta", TODAY)
PATIENT = STORY.patient_id
FAILED = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}


@pytest.fixture(scope="module")
def policies():
    return PolicyStack.load()


@pytest.fixture
def ehr():
    with FhirHost(json.loads(json.dumps(STORY.material.resources))) as running:
        yield running
        running.released.set()


@pytest.fixture
def ask(policies, ehr):
    with outgoing_session(Addresses()) as session, pool_of_threads() as pool:

        def answer(hook, *, seconds=5.0, prefetch=None, token=True):
            request = json.loads(json.dumps(STORY.request(hook)))
            del request["prefetch"]
            if prefetch is not None:
                request["prefetch"] = prefetch
            if token:
                request["fhirServer"] = ehr.url
                request["fhirAuthorization"] = {
                    "access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": "user/*.rs",
                    "subject": "cds-example",
                }  # fmt: skip
            answerer = Answerer(
                policies=policies,
                clock=lambda: datetime(2026, 3, 16, 22, tzinfo=UTC),
                public_url="https://cds.example.org",
                source_label="Example Rehab",
                max_cards=50,
                fetcher=Fetcher(
                    session, Shares(pool), lambda allowed: Servers(allowed, allow_http=True).permits, seconds
                ),
            )
            call = read_call(json.dumps(request).encode(), SERVICE_OF[hook])
            return answerer.answered(call, Caller(client(fhir_servers=[ehr.url]))).response

        yield answer
        ehr.released.set()


def gaps(answer):
    return [gap["why"] for gap in answer["extension"][EVALUATION_EXTENSION]["gaps"]]


def said(answer):
    return json.dumps(answer["cards"])


def cards(answer):
    return [card["summary"] for card in answer["cards"]]


def only_when(allowed):
    """Answers the searches that pass, refuses the others with 400."""

    def respond(handler):
        query = handler.path.removeprefix(f"{FhirHost.base}/")
        if allowed(dict(parse_qsl(query.partition("?")[2]))):
            handler.reply(200, handler.host.answer(query))
        else:
            hosts.status(400)(handler)

    return respond


# A query that the server refuses


def test_care_plans_that_are_served_by_category_only_are_asked_for_so(ask, ehr):
    plan = next(resource for resource in ehr.resources if resource["resourceType"] == "CarePlan")
    plan["category"].append({"coding": [{"code": "assess-plan"}]})
    ehr.faults["CarePlan"] = only_when(lambda filters: "category" in filters)
    answer = ask("encounter-discharge")
    assert f"CarePlan?patient={PATIENT}&category=assess-plan" in ehr.queries
    assert "97545-WH-GP" in said(answer)
    assert "only care plans of the category assess-plan could be asked for" in gaps(answer)


def test_no_plan_in_the_one_category_asked_for_is_not_no_plan(ask, ehr):
    ehr.faults["CarePlan"] = only_when(lambda filters: "category" in filters)
    answer = ask("patient-view")
    why = "carePlans was not given, and only care plans of the category assess-plan could be asked for"
    assert why in gaps(answer)
    assert "none on record" not in said(answer)


@pytest.mark.parametrize("refused", ["_sort", "_count", "use"])
def test_a_parameter_that_is_refused_is_left_out_and_nothing_is_lost(ask, ehr, refused):
    whole = ask("encounter-discharge")
    for kind in ("Encounter", "Procedure", "QuestionnaireResponse", "ClaimResponse", "ServiceRequest", "Claim"):
        ehr.faults[f"{kind}?"] = only_when(lambda filters: refused not in filters)
    assert whole == ask("encounter-discharge")


def test_observations_that_are_served_by_one_category_are_asked_for_one_by_one(ask, ehr):
    whole = ask("patient-view")
    ehr.faults["Observation"] = only_when(lambda filters: "," not in filters.get("category", ","))
    assert whole == ask("patient-view")


def test_a_refused_query_is_tried_once_and_the_first_refusal_is_told(ask, ehr):
    ehr.faults["Procedure"] = hosts.status(400)
    answer = ask("patient-view")
    assert ["Procedure"] * 2 == [query.partition("?")[0] for query in ehr.queries if query.startswith("Procedure")]
    assert "procedures was not given, and the EHR's FHIR server refused the query (400)" in gaps(answer)


@pytest.mark.parametrize("code", [401, 429, 500, 503])
def test_what_is_no_refusal_is_not_asked_in_another_shape(ask, ehr, code):
    ehr.faults["Claim?"] = hosts.status(code)
    ask("patient-view")
    assert {"Claim"} == {
        query.partition("?")[0] for query in ehr.queries if query.startswith(("Claim?", "Charge", "Expl"))
    }


# A server without Claim and ClaimResponse


def charge_item(code, units, **changes):
    return {
        "resourceType": "ChargeItem", "id": f"c-{code}", "status": "billable", "quantity": {"value": units},
        "code": {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": code}]},
        "subject": {"reference": f"Patient/{PATIENT}"}, "occurrenceDateTime": TODAY.isoformat(),
    } | changes  # fmt: skip


def settled(*lines, **changes):
    items = [
        {
            "sequence": place, "productOrService": {"coding": [{"code": code}]}, "quantity": {"value": units},
            "modifier": [{"coding": [{"code": modifier}]} for modifier in modifiers], "servicedDate": TODAY.isoformat(),
        }
        for place, (code, units, modifiers) in enumerate(lines, start=1)
    ]  # fmt: skip
    return {
        "resourceType": "ExplanationOfBenefit", "id": "eob", "status": "active", "use": "claim", "item": items,
        "patient": {"reference": f"Patient/{PATIENT}"}, "outcome": "complete",
    } | changes  # fmt: skip


def letter(words, day="2026-03-02", **changes):
    return {
        "resourceType": "DocumentReference", "id": "letter", "status": "current", "type": {"text": words},
        "subject": {"reference": f"Patient/{PATIENT}"}, "date": f"{day}T12:00:00-06:00",
    } | changes  # fmt: skip


@pytest.fixture
def without_claims(ehr):
    ehr.resources = [
        resource for resource in ehr.resources if resource["resourceType"] not in {"Claim", "ClaimResponse"}
    ]
    for kind in ("Claim?", "ClaimResponse"):
        ehr.faults[kind] = hosts.status(404)
    return ehr


RIGHT = (("97545", 1, ("WH", "GP")), ("97546", 2, ("WH", "GP", "CQ")))


def test_charges_that_the_ehr_keeps_as_charge_items_are_not_charged_again(ask, without_claims):
    assert "Charge 97545" in said(ask("encounter-discharge"))
    without_claims.resources += [charge_item(code, units) for code, units, _ in RIGHT]
    answer = ask("encounter-discharge")
    assert "Charge 97545" not in said(answer)
    assert "whether 97545 is charged with its modifiers: this record has none" in gaps(answer)


def test_modifiers_behind_the_number_of_a_charge_item_count(ask, without_claims):
    without_claims.resources += [
        charge_item(code, units) | {"code": {"coding": [{"code": code}], "text": " ".join((code, *modifiers))}}
        for code, units, modifiers in RIGHT
    ]
    answer = ask("encounter-discharge")
    assert "visit-charges" not in json.dumps(answer["cards"])
    assert not any("modifiers" in why for why in gaps(answer))


@pytest.mark.parametrize("status", ["not-billable", "aborted", "entered-in-error"])
def test_charge_items_that_are_no_charges_do_not_count(ask, without_claims, status):
    without_claims.resources += [charge_item(code, units, status=status) for code, units, _ in RIGHT]
    assert "Charge 97545" in said(ask("encounter-discharge"))


def test_too_many_units_on_a_charge_item_are_told_and_never_changed(ask, without_claims):
    without_claims.resources += [charge_item("97545", 1), charge_item("97546", 5)]
    answer = ask("encounter-discharge")
    assert any(card.startswith("Review the submitted claim") for card in cards(answer))
    assert not any("ChargeItem" in json.dumps(card.get("suggestions", [])) for card in answer["cards"])


def test_what_a_payer_settled_is_charged_and_the_rest_is_asked(ask, without_claims):
    without_claims.resources.append(settled(*RIGHT))
    answer = ask("encounter-discharge")
    assert "Charge 97545" not in said(answer)
    assert any(why.startswith("charges are known only as far as payers have settled them") for why in gaps(answer))


def test_nothing_in_other_sources_is_not_nothing_charged(ask, without_claims):
    answer = ask("encounter-discharge")
    assert {"ChargeItem", "ExplanationOfBenefit"} <= {query.partition("?")[0] for query in without_claims.queries}
    assert "charges was not given, and the EHR's FHIR server does not have it (404)" in gaps(answer)
    assert '"isRecommended": true' not in said(answer)


def test_a_letter_is_a_hint_and_no_approval(ask, without_claims):
    without_claims.resources.append(letter("Authorization letter"))
    answer = ask("patient-view")
    found = answer["extension"][EVALUATION_EXTENSION]["gaps"]
    (hint,) = [hint for hint in found if hint.get("reference") == "DocumentReference/letter"]
    assert hint["why"] == "a document dated Mar 2, 2026 is called an approval; its content is not read"
    assert "authorizations" == hint["fact"]
    assert "authorizations was not given, and the EHR's FHIR server does not have it (404)" in gaps(answer)


# Later pages that fail


def only_a_knee(ehr):
    """No program on the first page of treatments, and none known from elsewhere."""
    ehr.resources = [resource for resource in ehr.resources if resource["resourceType"] in {"Patient", "Coverage"}]
    return {
        "resourceType": "Procedure", "id": "knee", "status": "completed", "code": {"text": "Knee injection"},
        "subject": {"reference": f"Patient/{PATIENT}"}, "performedDateTime": "2026-03-01",
    }  # fmt: skip


ENDS = {
    "failing": (hosts.status(500), "failed (500)"),
    "slow": (hosts.hang, "did not answer in time"),
    "broken": (hosts.half, "broke off"),
    "no JSON": (hosts.body(b"<html>"), "not FHIR JSON"),
    "cyclic": (None, "links its pages without end"),
    "elsewhere": (None, "on another server"),
}


@pytest.mark.parametrize("hook", ["patient-view", "encounter-start"])
@pytest.mark.parametrize("end", ENDS)
def test_a_later_page_that_fails_is_never_silence(ask, ehr, hook, end):
    knee = only_a_knee(ehr)
    fault, words = ENDS[end]
    following = {
        "cyclic": f"{ehr.url}/Procedure?patient={PATIENT}&_sort=-date&_count=100",
        "elsewhere": "https://other.example.org/r4/Procedure?page=2",
    }.get(end, "Procedure?page=2")
    if fault is not None:
        ehr.faults["Procedure?page"] = fault
    ehr.faults["Procedure"] = hosts.body(searchset([knee], following))
    answer = ask(hook, seconds=1.0 if end == "slow" else 5.0)
    assert answer["cards"] == []
    assert any(words in why for why in gaps(answer))


@pytest.mark.parametrize("hook", ["patient-view", "encounter-start"])
def test_failed_treatments_beside_no_plans_are_never_silence(ask, hook):
    answer = ask(hook, prefetch={"procedures": FAILED, "carePlans": searchset([]), "encounters": None}, token=False)
    assert "the EHR reported an error for procedures (exception)" in gaps(answer)


@pytest.mark.parametrize("hook", ["patient-view", "encounter-start"])
def test_an_encoding_that_the_body_does_not_have_is_never_silence(ask, ehr, hook):
    only_a_knee(ehr)
    ehr.faults["Procedure"] = lambda handler: handler.reply(200, searchset([]), Content_Encoding="gzip")
    answer = ask(hook)
    why = "procedures was not given, and the EHR's FHIR server answered in another encoding than it says"
    assert why in gaps(answer)


def test_a_patient_of_whom_all_was_read_and_nothing_is_ours_is_no_case(ask):
    whole = dict.fromkeys(("procedures", "carePlans", "encounters"))
    assert {"cards": []} == ask("patient-view", prefetch=whole, token=False)


# Unknown keys


def test_an_unknown_key_is_named_and_changes_nothing(ask):
    prefetch = json.loads(json.dumps(STORY.request("encounter-discharge")["prefetch"]))
    known = ask("encounter-discharge", prefetch=prefetch, token=False)
    more = {"procedure": None, "Robert'); DROP": 7, **prefetch}
    answer = ask("encounter-discharge", prefetch=more, token=False)
    assert known["cards"] == answer["cards"]
    assert [
        "prefetch key procedure is not one this service knows",
        "prefetch key with an unusual name is not one this service knows",
    ] == [why for why in gaps(answer) if "prefetch key" in why]


def test_a_key_of_another_service_is_no_unknown_one(ask):
    prefetch = json.loads(json.dumps(STORY.request("encounter-discharge")["prefetch"]))
    answer = ask("order-sign", prefetch={**prefetch, "goals": None}, token=False)
    assert "prefetch key" not in json.dumps(answer)
