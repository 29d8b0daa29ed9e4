"""What no rule needs is not asked for, and nothing once the answer is out."""

from tests import hosts
from tests.hooks.fetching.fetching_calls import access, in_ehr, without_prefetch
from tests.hooks.hook_requests import request_for


def test_an_order_of_something_else_asks_nothing(ask, ehr):
    ibuprofen = {
        "resourceType": "MedicationRequest",
        "id": "m",
        "status": "draft",
        "subject": {"reference": "Patient/p1"},
    }
    knee = {
        "resourceType": "ServiceRequest", "id": "o1", "status": "draft", "intent": "order",
        "code": {"text": "MRI of the knee"}, "subject": {"reference": "Patient/p1"},
    }  # fmt: skip
    request = request_for("order-sign", **access(ehr.url))
    request["context"] = {
        **request["context"],
        "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": ibuprofen}, {"resource": knee}]},
    }
    assert {"cards": []} == ask(request)
    assert ehr.seen == []


def test_an_appointment_for_something_else_asks_nothing(ask, ehr):
    visit = {
        "resourceType": "Appointment", "id": "a", "status": "proposed", "start": "2026-03-18T09:00:00-06:00",
        "description": "Flu shot", "participant": [{"actor": {"reference": "Patient/p1"}, "status": "needs-action"}],
    }  # fmt: skip
    request = request_for("appointment-book", **access(ehr.url))
    request["context"] = {
        **request["context"],
        "appointments": {"resourceType": "Bundle", "entry": [{"resource": visit}]},
    }
    assert {"cards": []} == ask(request)
    assert ehr.seen == []


def test_an_appointment_on_an_order_asks_what_the_order_is(ask, ehr):
    request = in_ehr("booking-past-authorization", ehr)
    for entry in request["context"]["appointments"]["entry"]:
        for name in ("serviceType", "appointmentType", "reasonCode", "description"):
            entry["resource"].pop(name, None)
        entry["resource"]["basedOn"] = [{"reference": "ServiceRequest/of-the-program"}]
    ehr.resources.append(
        {
            "resourceType": "ServiceRequest", "id": "of-the-program", "status": "active", "intent": "order",
            "code": {"text": "Work hardening"}, "subject": {"reference": f"Patient/{request['context']['patientId']}"},
        }
    )  # fmt: skip
    assert ask(without_prefetch(request, ehr))["cards"]


def test_without_an_encounter_in_context_its_key_is_left_alone(ask, ehr):
    request = in_ehr("clean-program", ehr, "patient-view")
    request["context"].pop("encounterId", None)
    ask(without_prefetch(request, ehr))
    assert [] == [query for query in ehr.queries if query.startswith("Encounter/")]


def test_nothing_of_a_call_is_asked_after_its_answer(ask, ehr, discharge):
    ehr.faults["Coverage"] = hosts.hang
    ehr.faults["Organization"] = hosts.hang
    ask(without_prefetch(discharge, ehr), seconds=1.5)
    answered = len(ehr.seen)
    ehr.released.set()
    ask.pool.shutdown(wait=True)
    assert answered == len(ehr.seen)
