"""The one pipeline: the case of a question, the policies of its payer, its bill, the rules, the evaluation."""

from collections.abc import Collection
from datetime import datetime

from cds_service.billing.bills import BILL_READS, as_paid, bill_of
from cds_service.consultation.missing import keys_needed, missing_of
from cds_service.consultation.question import Question
from cds_service.consultation.readings import disagreement
from cds_service.consultation.subject import bare_case, case_of
from cds_service.domain.bill import NOTHING_BILLED, Bill
from cds_service.domain.case import Case
from cds_service.domain.codes import PayerClass
from cds_service.domain.findings import Evaluation
from cds_service.domain.frozen import dataclass
from cds_service.errors import DataNeeded
from cds_service.policies.model import PolicyView
from cds_service.policies.recorded import recorded
from cds_service.policies.stack import PolicyStack
from cds_service.rules.catalog import RULES
from cds_service.rules.engine import apply_rules, doubted, unanswered
from cds_service.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Consultation:
    """The evaluation of a question with what led to it."""

    case: Case
    bill: Bill
    policy: PolicyView
    evaluation: Evaluation


def consult(
    question: Question, policies: PolicyStack, rules: Collection[Rule] = RULES, *, now: datetime
) -> Consultation | None:
    """Answer a question; None when it is not about work rehabilitation.

    Args:
        question: What is asked.
        policies: What to decide by.
        rules: The rules to ask; those of other moments stay silent.
        now: The present moment; the day of the question is its date at the place of treatment.

    Raises:
        DataNeeded: nothing can be said without data that was not given.
    """
    needed = keys_needed(question)
    if needed:
        raise DataNeeded(needed)
    consultation = _consulted(question, policies, rules, now)
    if consultation is None:
        return _without_subject(question, policies, rules, now)

    def evaluated(reading: Question) -> Evaluation | None:
        answer = _consulted(reading, policies, rules, now)
        return answer.evaluation if answer is not None else None

    doubt = disagreement(consultation.evaluation, question, evaluated)
    if doubt is None:
        return consultation
    evaluation = doubted(consultation.evaluation, doubt)
    return Consultation(consultation.case, consultation.bill, consultation.policy, evaluation)


def _consulted(
    question: Question, policies: PolicyStack, rules: Collection[Rule], now: datetime
) -> Consultation | None:
    case = case_of(question, question.day(now))
    return decide(case, policy_for(case, policies), rules) if case is not None else None


def decide(case: Case, policy: PolicyView, rules: Collection[Rule] = RULES) -> Consultation:
    """The answer to a case: counted as its payer counts, billed once, and every rule asked of it."""
    seen = recorded(policy, "the bill", BILL_READS)
    counted = as_paid(case, seen)
    bill = bill_of(counted, seen)
    evaluation = apply_rules(counted, bill, policy, rules, bill_read=frozenset(seen.read))
    return Consultation(counted, bill, policy, evaluation)


def _without_subject(
    question: Question, policies: PolicyStack, rules: Collection[Rule], now: datetime
) -> Consultation | None:
    """The answer where what was left out is, or may be, what the question is about."""
    today = question.day(now)
    missing = missing_of(question, today)
    if missing is None:
        return None
    case = bare_case(question, today, missing.unread)
    policy = policy_for(case, policies)
    return Consultation(case, NOTHING_BILLED, policy, unanswered(case, policy, missing.gap, rules))


def policy_for(case: Case, policies: PolicyStack) -> PolicyView:
    """The policies of the payer that is first in line, in the case's jurisdiction, on the date of service."""
    payer = case.payer
    known = payer is not None and payer.payer_class is not PayerClass.UNKNOWN
    return policies.select(
        payer.payer_class if payer is not None and known else None,
        payer.payers if payer is not None else (),
        case.chart.place.jurisdiction if case.chart.place is not None else None,
        case.date_of_service,
        case.program,
    )
