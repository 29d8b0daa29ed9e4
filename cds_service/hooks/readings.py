"""Where dates can be read in more than one way, all readings have to give the same answer, else it is asked about.

Two things stay open: the time zone of a place that the record does not settle, and midnight in a field that is a date.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from cds_service.billing.bills import as_paid, bill_of
from cds_service.domain.case import Case
from cds_service.domain.chart import Fact, Gap
from cds_service.domain.codes import PayerClass
from cds_service.domain.findings import Evaluation, Finding, Severity
from cds_service.fhir.reading.calendar import Calendar
from cds_service.hooks.gathering import Gathered
from cds_service.policies.model import PolicyView
from cds_service.policies.stack import PolicyStack
from cds_service.rules.catalogue import RULES
from cds_service.rules.engine import doubted, evaluate
from cds_service.rules.rule import Rule

TIME_ZONE: Final = (
    "the time zone of the place of treatment is not known, and the answer depends on it: the times may be those of "
)
MIDNIGHT: Final = Gap(
    Fact.TIME_ZONE,
    "a date is stored as midnight in another time zone: read as that date; a day earlier, the answer changes",
)


def agreed(
    evaluation: Evaluation,
    gathered: Gathered,
    now: datetime,
    policies: PolicyStack,
    rules: Iterable[Rule] = RULES,
) -> Evaluation:
    """The evaluation, in doubt where another reading of the dates gives another answer."""
    calendar = gathered.calendar
    if calendar.moved:
        for zone in calendar.alternatives:
            other = _evaluated(gathered.read_by(Calendar(zone, settled=False)), now, policies, rules)
            if other is None or _answer(other) != _answer(evaluation):
                return doubted(evaluation, Gap(Fact.TIME_ZONE, TIME_ZONE + _names(calendar)))
    if calendar.disputed:
        other = _evaluated(gathered.read_by(Calendar(calendar.zone, midnight_is_a_date=False)), now, policies, rules)
        if other is None or _matters(other) != _matters(evaluation):
            return doubted(evaluation, MIDNIGHT)
    return evaluation


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


def evaluation_of(case: Case, policy: PolicyView, rules: Iterable[Rule] = RULES) -> Evaluation:
    """The answer to a case: counted as its payer counts, billed once, and every rule asked of it."""
    counted = as_paid(case, policy)
    return evaluate(counted, bill_of(counted, policy), policy, rules)


def _evaluated(gathered: Gathered, now: datetime, policies: PolicyStack, rules: Iterable[Rule]) -> Evaluation | None:
    case = gathered.case(gathered.calendar.local_date(now))
    return evaluation_of(case, policy_for(case, policies), rules) if case is not None else None


def _answer(evaluation: Evaluation) -> set[object]:
    """What is told and proposed, whatever the clock shows."""
    return {(found.key, found.severity, found.proposals_as_text) for found in evaluation.findings}


def _matters(evaluation: Evaluation) -> set[object]:
    """Warnings and proposals: a note a day earlier or later is no other answer."""
    return {(found.rule, found.kind, found.proposals_as_text) for found in evaluation.findings if _is_weighty(found)}


def _is_weighty(found: Finding) -> bool:
    return found.severity is Severity.WARNING or bool(found.proposals)


def _names(calendar: Calendar) -> str:
    return " or ".join(str(zone) for zone in (calendar.zone, *calendar.alternatives))
