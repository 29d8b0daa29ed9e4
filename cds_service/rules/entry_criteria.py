"""What a payer wants before a program begins: a check-list of what is met, what is not and what to confirm (R-5)."""

import calendar
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Final

from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Fact
from cds_service.domain.coverage_and_claims import InjuryDate
from cds_service.domain.findings import Evidence, Severity
from cds_service.domain.frozen import dataclass
from cds_service.domain.terms import CRITERION_WORDS
from cds_service.domain.values import values
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.rules.rule import Answer

MONTHS_OF_A_YEAR: Final = 12


@dataclass(frozen=True, slots=True)
class _Criterion:
    """One line of the check-list; ``met`` is None where the record cannot tell."""

    text: str
    met: bool | None
    evidence: Evidence | None = None


def check_entry(case: Case, policy: PolicyView) -> Iterator[Answer]:
    """The payer's entry criteria, on an order and at the close of the first visit.

    A check-list, never a denial: a warning names what is known not to be met, a note what only people can confirm.
    Nothing is said when all is met.
    """
    first = case.episode.first if case.episode is not None else None
    begins = first is None if case.moment is Moment.ORDER else first == case.date_of_service
    if not begins:
        return
    criteria, months = policy.get(params.ENTRY_CRITERIA), policy.get(params.ENTRY_MONTHS)
    wanted = criteria.value.get(case.program, ()) if criteria is not None else ()
    lines = [_criterion(criterion, case, policy) for criterion in wanted]
    if months is not None:
        lines += _since_injury(case, months.value.minimum, months.value.maximum)
    questions = policy.questions(params.ENTRY_MONTHS) if months is None else ()
    asked = [
        criterion for value in questions for criterion in _since_injury(case, value.value.minimum, value.value.maximum)
    ]
    lines += [replace(criterion, met=None) for criterion in asked if criterion.met is not True]
    unmet = tuple(criterion.text for criterion in lines if criterion.met is False)
    confirm = tuple(criterion.text for criterion in lines if criterion.met is None)
    if unmet or confirm:
        yield Answer(
            kind="entry",
            severity=Severity.WARNING if unmet else Severity.INFO,
            subject=case.date_of_service.isoformat(),
            facts={"program": case.program, "unmet": unmet, "confirm": confirm},
            values=values(
                criteria if wanted else None,
                months,
                policy.get(params.PROVIDER_APPROVED) if "approved-provider" in wanted else None,
                policy.get(params.PROGRAM_ACCREDITED) if "accredited-program" in wanted else None,
            ),
            evidence=tuple(criterion.evidence for criterion in lines if criterion.evidence is not None),
            questions=questions,
        )


def _criterion(name: str, case: Case, policy: PolicyView) -> _Criterion:
    text = CRITERION_WORDS[name]
    match name:
        case "referral":
            orders = [*case.work_rehab_orders, *(order for order in case.chart.orders if order.work_rehab)]
            return _on_record(text, [order.reference for order in orders], Fact.ORDERS, case)
        case "job-goal":
            goals = [goal.reference for goal in case.chart.goals if goal.described]
            goals += [goal for plan in case.active_plans for goal in plan.goals]
            return _on_record(text, goals, Fact.GOALS, case)
        case "approved-provider" | "accredited-program":
            value = policy.get(params.PROVIDER_APPROVED if name == "approved-provider" else params.PROGRAM_ACCREDITED)
            met = value.value if value is not None else None
            return _Criterion(
                text, met, Evidence(text, {True: "yes", False: "no", None: "not recorded for this site"}[met])
            )
        case _:
            return _Criterion(text, None)


def _on_record(text: str, references: list[str], fact: Fact, case: Case) -> _Criterion:
    if references:
        return _Criterion(text, met=True, evidence=Evidence(text, "on record", references[0]))
    unread = next((gap.why for gap in case.chart.not_whole(fact)), None)
    if fact is Fact.GOALS and case.moment is Moment.ORDER:
        unread = "not checked for an order"
    return _Criterion(text, None if unread else False, Evidence(text, unread or "none on record"))


def _since_injury(case: Case, least: int | None, most: int | None) -> Iterator[_Criterion]:
    injured = injured_on(case)
    day = case.date_of_service
    for months, words, too in ((least, "at least", "early"), (most, "at most", "late")):
        if months is None:
            continue
        text = f"{words} {months} months since the injury"
        if injured is None:
            yield _Criterion(text, None, Evidence("date of the injury", "not on record, or several"))
            continue
        bound = months_after(injured.date, months)
        met = bound <= day if too == "early" else day <= bound
        yield _Criterion(text, met, Evidence("date of the injury", injured.date, injured.reference))


def injured_on(case: Case) -> InjuryDate | None:
    """The day of the injury that the order or visit is for; None when the record tells none, or several.

    The condition treated tells it first, then an accident on a claim.
    """
    dates = case.chart.injury_dates
    treated = [injury for injury in dates if injury.reference in case.conditions]
    known = treated or [injury for injury in dates if injury.reference.startswith("Claim/")]
    return known[0] if len({injury.date for injury in known}) == 1 else None


def months_after(day: date, months: int) -> date:
    """The same day some months later, or the last day of a month that is too short for it."""
    years, month = divmod(day.month - 1 + months, MONTHS_OF_A_YEAR)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
