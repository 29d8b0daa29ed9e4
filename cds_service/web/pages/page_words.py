"""What the pages about rules and policies call things: moments, facts, how much is modeled, dates."""

from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Final, NamedTuple

from cards.numbers import capital, day, listed
from cds_service.domain.case import Moment
from cds_service.domain.chart import Fact
from cds_service.policies.owners.matrix import Modeled

WORDS_OF_MOMENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        Moment.ORDER: "a program is ordered",
        Moment.BOOKING: "visits are booked",
        Moment.VISIT_START: "a visit begins",
        Moment.VISIT_CLOSE: "a visit ends",
        Moment.OVERVIEW: "the chart is opened",
    }
)
WORDS_OF_FACTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        Fact.PATIENT: "the patient",
        Fact.COVERAGE: "the coverage",
        Fact.PLAN_OF_CARE: "the plan of care",
        Fact.ENCOUNTER: "the encounter of the visit",
        Fact.SESSIONS: "the treatments of all visits",
        Fact.SESSION_TIME: "the times of the visit",
        Fact.PERFORMERS: "who treated",
        Fact.DISCIPLINE: "the discipline",
        Fact.PROGRAM: "the kind of program",
        Fact.INJURY: "the injury",
        Fact.GOALS: "the goals",
        Fact.EVALUATIONS: "the evaluations",
        Fact.ASSESSMENTS: "the measurements",
        Fact.AUTHORIZATIONS: "the payer's answers to requests for approval",
        Fact.CHARGES: "charges already drafted",
        Fact.ORDERS: "the orders",
        Fact.APPOINTMENTS: "the appointments",
        Fact.POLICY: "the payer's policy",
        Fact.DOCUMENTS: "the documents",
        Fact.TIME_ZONE: "the time zone",
        Fact.REQUEST: "the request itself",
    }
)


class ShownStatus(NamedTuple):
    """How a cell of the coverage looks: its words, and the class of its badge; without a class it is no badge."""

    words: str
    look: str | None = None


SHOWN_STATUSES: Final[Mapping[Modeled, ShownStatus]] = MappingProxyType(
    {
        "verified": ShownStatus("Verified", "badge-good"),
        "partly": ShownStatus("Partly verified", "badge-info"),
        "default": ShownStatus("Default", "badge-plain"),
        "asked": ShownStatus("Ask the payer", "badge-warning"),
        "not-in-force": ShownStatus("Not in force"),
        "general": ShownStatus("General"),
        "none": ShownStatus("None"),
    }
)


def moments_in_words(moments: Iterable[str]) -> str:
    """``A visit begins and a visit ends``."""
    return capital(listed([WORDS_OF_MOMENTS[moment] for moment in moments]))


def facts_in_words(facts: Iterable[str]) -> str:
    """``The coverage and the plan of care``."""
    return capital(listed([WORDS_OF_FACTS[fact] for fact in facts]))


def date_in_words(value: str) -> str:
    """``2026-03-14`` as ``Mar 14, 2026``."""
    return day(date.fromisoformat(value))
