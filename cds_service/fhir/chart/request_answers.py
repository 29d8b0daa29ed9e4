"""What completed questionnaires of requests for approval answer, by the part of the request that each item is for."""

from collections.abc import Iterator
from typing import Final

from cds_service.domain.care import RequestAnswer
from cds_service.domain.terms import REQUEST_ELEMENT_WORDS
from cds_service.fhir.chart.patients_own import Own
from cds_service.fhir.reading.clinical_resources import AnsweredItem, QuestionnaireResponseResource

QUESTIONNAIRES: Final = "/fhir/Questionnaire/"
COMPLETED: Final = frozenset({"completed", "amended"})
LONGEST_ANSWER: Final = 4000
"""Letters of an answer that are read."""


def policy_asking(record: QuestionnaireResponseResource) -> str | None:
    """The policy whose request the questionnaire is for; None for any other questionnaire."""
    if record.questionnaire is None or QUESTIONNAIRES not in record.questionnaire:
        return None
    address = record.questionnaire.partition("|")[0]
    return address.rpartition(QUESTIONNAIRES)[2] or None


def request_answers_of(own: Own) -> Iterator[RequestAnswer]:
    """The answers of the patient's completed questionnaires; items without words answer nothing."""
    for reference, record in own.of(QuestionnaireResponseResource):
        policy = policy_asking(record)
        if policy is None or record.status not in COMPLETED:
            continue
        for item in record.item:
            text = _text(item)
            if item.link_id is not None and item.link_id in REQUEST_ELEMENT_WORDS and text:
                yield RequestAnswer(item.link_id, text[:LONGEST_ANSWER], policy, reference)


def _text(item: AnsweredItem) -> str:
    return " ".join(answer.value_string.strip() for answer in item.answer if answer.value_string).strip()
