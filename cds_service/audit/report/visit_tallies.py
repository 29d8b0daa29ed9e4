"""Visits counted and added up: in all, and by clinic, therapist, payer, week and rule."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from cards.numbers import quantity

SHOWN_VERDICTS: Final[Mapping[str, str]] = {
    "right": "Right",
    "under-coded": "Under-coded",
    "not billed": "Not billed",
    "over-coded": "Over-coded",
    "billed without support": "No support",
    "wrong code or modifier": "Wrong code or modifier",
    "not judged": "Not judged",
}
"""The verdicts as columns have them, in their order."""
GROUPS: Final[Mapping[str, str]] = {"clinic": "Clinic", "therapist": "Therapist", "payer": "Payer", "week": "Week of"}
"""Columns of ``visits`` that visits are grouped by."""
_BILLED: Final = "CASE WHEN billed_units = 0 THEN 0 ELSE billed_{0} END"
"""What was not billed has no lines, and so no dollars."""
_SHORT: Final = f"max(coalesce(expected_{{0}} - ({_BILLED}), 0), 0)"
_OVER: Final = f"max(coalesce(({_BILLED}) - expected_{{0}}, 0), 0)"
_AT_RISK: Final = f"CASE verdict WHEN 'billed without support' THEN {_BILLED} ELSE {_OVER} END"
_NO_FEE: Final = "expected_units > 0 AND expected_cents IS NULL OR billed_units > 0 AND billed_cents IS NULL"


class UnitsAndDollars(NamedTuple):
    """Units, and dollars in cents; None where a fee is missing for part of them."""

    units: float
    cents: int | None

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.units or self.cents)

    @property
    def words(self) -> str:
        """``12 units``."""
        return quantity(self.units, "units") if self.units else ""

    @property
    def dollars(self) -> str:
        """``$768``; "" where the dollars are not known."""
        return in_dollars(self.cents) if self.cents else ""


class VisitsCounted(NamedTuple):
    """Visits of one verdict.

    ``short`` is what the record supports beyond the bill, ``over`` what was billed beyond the record.
    """

    visits: int
    short: UnitsAndDollars
    over: UnitsAndDollars
    billed: UnitsAndDollars


class Tally(NamedTuple):
    """The visits of a clinic, a therapist, a payer, a week or of all: by verdict, with units and dollars."""

    name: str
    number: int
    by_verdict: Mapping[str, VisitsCounted]

    @property
    def visits(self) -> int:
        """All visits."""
        return sum(counted.visits for counted in self.by_verdict.values())

    def count(self, verdict: str) -> int:
        """Visits of a verdict."""
        return self.by_verdict[verdict].visits if verdict in self.by_verdict else 0

    @property
    def left_unbilled(self) -> UnitsAndDollars:
        """What the record supports and nobody billed: under-coded visits and those not billed."""
        return _sum(self.by_verdict[verdict].short for verdict in ("under-coded", "not billed") if self.count(verdict))

    @property
    def over_record(self) -> UnitsAndDollars:
        """What was billed beyond the record."""
        return self.by_verdict["over-coded"].over if self.count("over-coded") else UnitsAndDollars(0, 0)

    @property
    def unsupported(self) -> UnitsAndDollars:
        """What was billed although nothing supports it."""
        return (
            self.by_verdict["billed without support"].billed
            if self.count("billed without support")
            else UnitsAndDollars(0, 0)
        )

    @property
    def at_risk(self) -> UnitsAndDollars:
        """What a payer may ask back: billed beyond the record, or without support."""
        return _sum((self.over_record, self.unsupported))

    @property
    def share_right(self) -> str:
        """``88%`` of the visits that were judged; "" where none was."""
        judged = self.visits - self.count("not judged")
        return f"{100 * self.count('right') // judged}%" if judged else ""


def in_dollars(cents: int) -> str:
    """``$1,280``, or with cents where they are not whole dollars."""
    return f"${cents // 100:,}" if cents % 100 == 0 else f"${cents / 100:,.2f}"


def tally_of_all(database: sqlite3.Connection) -> Tally:
    """All visits."""
    return next(iter(_tallies(database, "''")), Tally("", 1, {}))


def by_group(database: sqlite3.Connection, column: str) -> tuple[Tally, ...]:
    """The visits by a column of ``GROUPS``: weeks in time, others by name."""
    return tuple(_tallies(database, column))


def _tallies(database: sqlite3.Connection, column: str) -> Iterator[Tally]:
    sums = ", ".join(
        f"sum({expression.format(of)})" for expression in (_SHORT, _OVER, _BILLED) for of in ("units", "cents")
    )
    query = (
        f"SELECT {column} AS name, verdict, count(*), {sums}, max(coalesce({_NO_FEE}, 0)) "  # noqa: S608 - our own columns
        "FROM visits GROUP BY name, verdict ORDER BY name, verdict"
    )
    by_name: dict[str, dict[str, VisitsCounted]] = {}
    for name, verdict, visits, *amounts, no_fee in database.execute(query):
        short, over, billed = (
            UnitsAndDollars(amounts[place] or 0, None if no_fee else amounts[place + 1]) for place in (0, 2, 4)
        )
        by_name.setdefault(name, {})[verdict] = VisitsCounted(visits, short, over, billed)
    for place, (name, counted) in enumerate(by_name.items(), start=1):
        yield Tally(name, place, counted)


class RuleTally(NamedTuple):
    """What a rule warned about, and what was billed too low (``short``) or too high (``over``) on those visits."""

    rule: str
    title: str
    number: int
    warnings: int
    visits: int
    programs: int
    short: UnitsAndDollars
    over: UnitsAndDollars


def by_rule(database: sqlite3.Connection) -> tuple[RuleTally, ...]:
    """The rules that warned, the most frequent first; a visit counts once for each rule."""
    query = f"""
        WITH warned AS (
            SELECT rule, title, visit, count(*) AS found FROM findings
            WHERE severity = 'warning' AND visit IS NOT NULL GROUP BY rule, title, visit
        )
        SELECT rule, title, sum(found), count(*), count(DISTINCT visits.program),
               sum({_SHORT.format("units")}), sum({_SHORT.format("cents")}),
               sum({_AT_RISK.format("units")}), sum({_AT_RISK.format("cents")}), max(coalesce({_NO_FEE}, 0))
        FROM warned JOIN visits USING (visit) GROUP BY rule, title ORDER BY count(*) DESC, title
    """  # noqa: S608 - our own columns
    found = enumerate(database.execute(query), start=1)
    return tuple(
        RuleTally(
            rule,
            title,
            place,
            warnings,
            visits,
            programs,
            UnitsAndDollars(short, None if no_fee else short_cents),
            UnitsAndDollars(over, None if no_fee else over_cents),
        )
        for place, (rule, title, warnings, visits, programs, short, short_cents, over, over_cents, no_fee) in found
    )


def has_dollars(database: sqlite3.Connection) -> bool:
    """Whether a fee table gave any visit its dollars."""
    known = database.execute("SELECT 1 FROM visits WHERE billed_cents > 0 OR expected_cents > 0 LIMIT 1").fetchone()
    return known is not None


def _sum(amounts: Iterable[UnitsAndDollars]) -> UnitsAndDollars:
    listed = list(amounts)
    cents = [amount.cents for amount in listed]
    known = [amount for amount in cents if amount is not None]
    return UnitsAndDollars(sum(amount.units for amount in listed), sum(known) if len(known) == len(cents) else None)
