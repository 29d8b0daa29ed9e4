"""Whether a rule's question arises: there is the visit, the order, the program or the dates that it is about."""

from collections.abc import Callable, Mapping
from typing import Final

from cds_service.domain.case import Case, Moment
from cds_service.domain.episodes import Episode
from cds_service.domain.visit import Visit
from cds_service.rules.answers import asked_dates
from cds_service.rules.rule import NotApplicable, Subject

NO_VISIT: Final = NotApplicable("no work-rehab service on this date of service")
NO_ORDER: Final = NotApplicable("no work-rehab order among the drafts")
NO_PROGRAM: Final = NotApplicable("no program under way")
NO_DATES: Final = NotApplicable("no work-rehab appointment among those booked")


def absent_subjects(case: Case) -> Mapping[Subject, NotApplicable]:
    """What a question can be about and the case does not have, each with why the question does not arise."""
    return {subject: why for subject, find in _MISSING.items() if (why := find(case)) is not None}


def the_visit(case: Case) -> Visit:
    """The visit that closes; the engine asks a rule about a visit only where there is one.

    Raises:
        LookupError: the rule does not declare that it is about a visit.
    """
    if case.visit is None:
        raise LookupError(f"a rule without a visit: {NO_VISIT.why}")
    return case.visit


def the_program(case: Case) -> Episode:
    """The program under way; as of a visit.

    Raises:
        LookupError: the rule does not declare that it is about a program.
    """
    if case.episode is None:
        raise LookupError(f"a rule without a program: {NO_PROGRAM.why}")
    return case.episode


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
