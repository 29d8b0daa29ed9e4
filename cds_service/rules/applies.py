"""Whether a rule's question arises: there is the visit, the order, the program or the dates that it is about."""

from collections.abc import Callable, Mapping
from typing import Final

from cds_service.domain.case import Case, Moment
from cds_service.rules.answers import asked_dates
from cds_service.rules.rule import NO_ORDER, NO_VISIT, NotApplicable, Rule, Subject

NO_PROGRAM: Final = NotApplicable("no program under way")
NO_DATES: Final = NotApplicable("no work-rehab appointment among those booked")


def without_subject(rule: Rule, case: Case) -> NotApplicable | None:
    """Why the question of the rule does not arise; None where it does."""
    for subject in rule.about:
        found = _MISSING[subject](case)
        if found is not None:
            return found
    return None


def _no_visit(case: Case) -> NotApplicable | None:
    return NO_VISIT if case.moment is Moment.VISIT_CLOSE and case.visit is None else None


def _no_order(case: Case) -> NotApplicable | None:
    return NO_ORDER if case.moment is Moment.ORDER and not case.work_rehab_orders else None


def _no_program(case: Case) -> NotApplicable | None:
    return NO_PROGRAM if case.episode is None else None


def _no_dates(case: Case) -> NotApplicable | None:
    return NO_DATES if not asked_dates(case) else None


_MISSING: Final[Mapping[Subject, Callable[[Case], NotApplicable | None]]] = {
    "visit": _no_visit,
    "orders": _no_order,
    "program": _no_program,
    "dates": _no_dates,
}
