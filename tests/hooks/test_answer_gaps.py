"""What could not be known is told in the answer, whatever the rules made of it."""

import json
from datetime import UTC, date, datetime

import pytest

from cds_service.ehr.judging import problems
from cds_service.hooks.answer import Answerer
from cds_service.hooks.call import read_call
from cds_service.hooks.services import SERVICES
from cds_service.policies.stack import PolicyStack
from cds_service.stories import bundled, load

TODAY = date(2026, 3, 10)
ANOTHER = "Patient/somebody-else"
OF_ANOTHER = "belongs to another patient"
ANSWERER = Answerer(
    policies=PolicyStack.load(),
    clock=lambda: datetime(2026, 3, 10, 12, tzinfo=UTC),
    public_url="https://cds.example.org",
    source_label="Work Rehab CDS",
    max_cards=50,
)


def told(answer):
    """(fact, why, reference) of every gap, each with rules."""
    gaps = answer["extension"]["work-rehab-cds.evaluation"]["gaps"]
    assert all(gap["rules"] for gap in gaps)
    return [(gap["fact"], gap["why"], gap.get("reference")) for gap in gaps]


def played(name, hook, change):
    """The answer to a story's request with something changed in it."""
    request = json.loads(json.dumps(load(name, TODAY).request(hook)))
    change(request)
    service = next(service.id for service in SERVICES if service.hook == hook)
    answer = ANSWERER.answer(read_call(json.dumps(request).encode(), service))
    assert [] == problems(answer)
    return answer


def given_to_another(value, patient):
    """The JSON with every reference to the patient leading to somebody else."""
    return json.loads(json.dumps(value).replace(f"Patient/{patient}", ANOTHER))


def dispatching(reference):
    def change(request):
        request["context"]["dispatchedOrders"] = [reference]

    return change


def test_a_dispatched_order_that_is_not_among_the_orders_is_named():
    answer = played("order-without-code", "order-dispatch", dispatching("ServiceRequest/elsewhere"))
    assert [] == answer["cards"]
    expected = ("orders", "the dispatched order is not among the orders given", "ServiceRequest/elsewhere")
    assert expected == told(answer)[0]


def test_a_dispatched_order_of_another_patient_is_named():
    def change(request):
        patient = request["context"]["patientId"]
        request["prefetch"]["orders"] = given_to_another(request["prefetch"]["orders"], patient)

    answer = played("order-without-code", "order-dispatch", change)
    assert [] == answer["cards"]
    assert ("orders", OF_ANOTHER) == told(answer)[0][:2]


def test_a_missing_order_beside_a_dispatched_one_is_named_and_the_other_answered():
    def change(request):
        request["context"]["dispatchedOrders"].append("ServiceRequest/elsewhere")

    answer = played("order-without-code", "order-dispatch", change)
    assert ["program-code"] == [card["extension"]["work-rehab-cds.finding"]["rule"] for card in answer["cards"]]
    assert ("orders", "the dispatched order is not among the orders given", "ServiceRequest/elsewhere") in told(answer)


def test_a_dispatched_order_for_a_drug_is_none_of_ours():
    assert {"cards": []} == played("order-without-code", "order-dispatch", dispatching("MedicationRequest/m1"))


def test_a_dispatched_order_for_something_else_is_none_of_ours():
    def change(request):
        for entry in request["prefetch"]["orders"]["entry"]:
            entry["resource"]["code"] = {"text": "Complete blood count"}

    assert {"cards": []} == played("order-without-code", "order-dispatch", change)


@pytest.mark.parametrize(
    ("name", "hook", "field", "fact"),
    [
        ("colles-fracture", "order-sign", "draftOrders", "orders"),
        ("order-without-code", "order-select", "draftOrders", "orders"),
        ("booking-past-authorization", "appointment-book", "appointments", "appointments"),
    ],
)
def test_drafts_of_another_patient_are_named(name, hook, field, fact):
    def change(request):
        context = request["context"]
        context[field] = given_to_another(context[field], context["patientId"])

    answer = played(name, hook, change)
    assert [] == answer["cards"]
    assert (fact, OF_ANOTHER) == told(answer)[0][:2]


@pytest.mark.parametrize("hook", ["encounter-discharge", "encounter-start", "patient-view"])
def test_a_visit_with_a_chart_of_another_patient_is_named(hook):
    def change(request):
        request["prefetch"] = given_to_another(request["prefetch"], request["context"]["patientId"])

    answer = played("clean-program", hook, change)
    assert [] == answer["cards"]
    assert ("sessions", OF_ANOTHER) == told(answer)[0][:2]


def test_a_plan_of_another_patient_alone_is_named():
    def change(request):
        prefetch = request["prefetch"]
        prefetch["carePlans"] = given_to_another(prefetch["carePlans"], request["context"]["patientId"])
        for key in ("procedures", "encounters", "encounter"):
            prefetch[key] = None

    assert ("plan-of-care", OF_ANOTHER) == told(played("clean-program", "patient-view", change))[0][:2]


def test_a_patient_of_another_id_is_named():
    def change(request):
        request["prefetch"]["patient"]["id"] = "somebody-else"

    answer = played("clean-program", "encounter-discharge", change)
    assert ("patient", "the Patient given is another one", ANOTHER) in told(answer)


@pytest.mark.parametrize("name", bundled())
def test_every_key_that_was_not_given_is_named(name):
    for hook in load(name, TODAY).hooks:
        needed = {"procedures"} if hook == "encounter-discharge" else {"procedures", "carePlans"}
        needed |= {"orders"} if hook == "order-dispatch" else set()

        def change(request, needed=needed):
            request["prefetch"] = {key: value for key, value in request["prefetch"].items() if key in needed}

        whys = {why for _, why, _ in told(played(name, hook, change))}
        assert {"charges was not given", "coverage was not given", "patient was not given"} <= whys


def test_charges_that_were_not_given_at_discharge_are_named_with_the_rules_that_need_them():
    def change(request):
        del request["prefetch"]["charges"]

    answer = played("colles-fracture", "encounter-discharge", change)
    gaps = answer["extension"]["work-rehab-cds.evaluation"]["gaps"]
    (charges,) = (gap for gap in gaps if "charges" == gap["fact"])
    assert "visit-charges" in charges["rules"]


def test_a_whole_chart_leaves_only_the_missing_policy_of_its_state_to_name():
    answer = played("past-six-weeks-without-approval", "encounter-discharge", lambda _: None)
    gaps = answer["extension"]["work-rehab-cds.evaluation"]["gaps"]
    assert ["no policy for Kansas: our defaults are used"] == [gap["why"] for gap in gaps]


def test_a_key_that_failed_is_named_though_no_rule_ended_in_it():
    refusal = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "forbidden"}]}

    def change(request):
        request["prefetch"]["patient"] = refusal

    answer = played("clean-program", "encounter-discharge", change)
    assert ("patient", "the EHR reported an error for patient (forbidden)", None) in told(answer)


def test_a_draft_that_cannot_be_read_is_named_when_it_is_all_there_is():
    def change(request):
        for entry in request["context"]["draftOrders"]["entry"]:
            entry["resource"]["code"] = 97545

    answer = played("colles-fracture", "order-sign", change)
    assert [] == answer["cards"]
    fact, why, _ = told(answer)[0]
    assert ("orders", True) == (fact, why.startswith("could not be read"))
