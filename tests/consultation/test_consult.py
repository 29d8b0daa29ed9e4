"""A question is answered alike whoever asks it, and without anything of the hooks."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from cds_service.consultation.consult import consult
from cds_service.consultation.question import Question
from cds_service.domain.case import Moment
from cds_service.domain.chart import Fact
from cds_service.errors import DataNeeded
from cds_service.fhir.reading.drafts import read_drafts
from cds_service.fhir.reading.prefetch_keys import PREFETCH_KEYS
from cds_service.fhir.reading.prefetch_reader import read_prefetch
from cds_service.stories import load
from tests.playing import bundled_policies, play

TODAY = date(2026, 3, 10)
NINE = datetime(2026, 3, 10, 15, tzinfo=UTC)
KEYS = tuple(PREFETCH_KEYS)


def of_visit(story, **changes):
    """The closing visit of a story as a question, the record changed by prefetch key."""
    request = story.request("encounter-discharge")
    record = {key: value for key, value in (request["prefetch"] | changes).items() if value is not ...}
    return Question(
        moment=Moment.VISIT_CLOSE,
        patient_id=request["context"]["patientId"],
        encounter_id=request["context"]["encounterId"],
        prefetch=read_prefetch(json.dumps(record).encode(), KEYS),
        server=request.get("fhirServer"),
    )


def answer(question):
    return consult(question, bundled_policies(), now=NINE)


def test_a_question_and_a_hook_call_about_the_same_visit_have_the_same_findings():
    story = load("texas-hardening-pt-pta", TODAY)
    consultation = answer(of_visit(story))
    assert play(story, "encounter-discharge").answered.evaluation.findings == consultation.evaluation.findings
    assert [] != [finding for finding in consultation.evaluation.findings if finding.proposals]


def test_the_case_of_an_answer_is_the_visit_of_the_encounter():
    consultation = answer(of_visit(load("clean-program", TODAY)))
    assert TODAY == consultation.case.date_of_service == consultation.evaluation.date_of_service
    assert consultation.policy.layers == consultation.evaluation.policies


@pytest.mark.parametrize("text", ["Ibuprofen 400 mg", "Chest x-ray"])
def test_orders_for_something_else_have_no_answer(text):
    draft = {
        "resourceType": "ServiceRequest",
        "id": "o",
        "status": "draft",
        "intent": "order",
        "code": {"text": text},
        "subject": {"reference": "Patient/p"},
    }
    drafts = read_drafts(json.dumps([draft]).encode())
    assert answer(Question(Moment.ORDER, "p", read_prefetch(None, KEYS), drafts)) is None


def test_drafts_that_are_not_meant_make_no_case():
    request = load("order-without-code", TODAY).request("order-sign")
    question = Question(
        moment=Moment.ORDER,
        patient_id=request["context"]["patientId"],
        prefetch=read_prefetch(json.dumps(request["prefetch"]).encode(), KEYS),
        drafts=read_drafts(json.dumps(request["context"]["draftOrders"]).encode()),
    )
    assert answer(question) is not None
    assert answer(replace(question, selections=frozenset({"ServiceRequest/another"}))) is None


@pytest.mark.parametrize(
    ("moment", "keys"),
    [
        (Moment.VISIT_CLOSE, ("procedures",)),
        (Moment.VISIT_START, ("procedures", "carePlans")),
        (Moment.OVERVIEW, ("procedures", "carePlans")),
    ],
)
def test_nothing_is_said_of_a_visit_or_program_without_any_record_of_treatment(moment, keys):
    with pytest.raises(DataNeeded) as refused:
        answer(Question(moment, "p", read_prefetch(None, KEYS), encounter_id="e"))
    assert keys == refused.value.keys


def test_what_an_ehr_never_sends_is_told_by_the_place_where_it_is_kept():
    question = of_visit(load("clean-program", TODAY), authorizations=...)
    kept = replace(question, not_available={"authorizations": "the payer portal"})
    assert {Fact.AUTHORIZATIONS: "the payer portal"} == kept.chart.kept
    assert {} == question.chart.kept


def test_nothing_of_the_web_or_of_a_database_is_loaded_for_an_answer():
    loaded = "import sys, cds_service.consultation.consult; print(sorted(sys.modules))"
    names = subprocess.run([sys.executable, "-c", loaded], capture_output=True, check=True, text=True).stdout
    assert [] == [name for name in ("flask", "requests", "sqlalchemy", "cds_service.hooks") if f"'{name}'" in names]
