"""Orders about something else are answered by their drafts alone: the record that came with them is not read."""

from datetime import UTC, date, datetime

import orjson
import pytest

from cds_service.app.assembly import answerer_for
from cds_service.app.settings import Settings
from cds_service.hooks import answer as answering
from cds_service.hooks.call import read_call
from cds_service.stories import load
from tests.playing import bundled_policies

NOW = datetime(2026, 3, 16, 15, tzinfo=UTC)
ORDER = {"id": "o", "status": "draft", "intent": "order"}
DRUG = ORDER | {"resourceType": "MedicationRequest", "medicationCodeableConcept": {"text": "Ibuprofen 400 mg"}}
X_RAY = ORDER | {"resourceType": "ServiceRequest", "code": {"text": "X-ray of the hand"}}
ANOTHERS = ORDER | {
    "resourceType": "ServiceRequest",
    "code": {"text": "Work hardening"},
    "subject": {"reference": "Patient/another"},
}
UNREAD = ORDER | {"resourceType": "ServiceRequest", "code": {"coding": 97545}}


@pytest.fixture
def records_read(monkeypatch):
    """How many records were read."""
    read = []

    def counted(call):
        read.append(call)
        return record_of(call)

    record_of = answering.record_of
    monkeypatch.setattr(answering, "record_of", counted)
    return read


def answer_to(*drafts):
    request = load("clean-program", date(2026, 3, 16)).request("encounter-discharge")
    request |= {"hook": "order-sign"}
    request["context"] = {
        "userId": "Practitioner/p",
        "patientId": request["context"]["patientId"],
        "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": draft} for draft in drafts]},
    }
    answerer = answerer_for(Settings(), bundled_policies(), clock=lambda: NOW)
    return answerer.answered(read_call(orjson.dumps(request), "work-rehab-order-sign"))


@pytest.mark.parametrize("drafts", [(), (DRUG,), (X_RAY,), (DRUG, X_RAY)])
def test_an_order_about_something_else_reads_no_record(records_read, drafts):
    answered = answer_to(*drafts)
    assert (b'{"cards":[]}', None, []) == (answered.body, answered.consultation, records_read)


@pytest.mark.parametrize("draft", [ANOTHERS, UNREAD])
def test_a_draft_that_may_be_about_work_rehabilitation_reads_it(records_read, draft):
    answered = answer_to(DRUG, draft)
    assert answered.evaluation.gaps
    assert len(records_read) == 1
