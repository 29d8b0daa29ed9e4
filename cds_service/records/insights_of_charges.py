"""What became of recommended charges, visit by visit, in dollars of the site's fees."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import select

from cds_service.domain.fees import FeeTable, amount
from cds_service.records.database import Database
from cds_service.records.insights import Chosen, cards_chosen, with_feedback
from cds_service.records.record_tables import CardRow, DecisionRow, FeedbackRow, SuggestionRow

_NEARNESS = {"accepted": 2, "overridden": 1}


class DraftedLine(NamedTuple):
    """A claim line as it is kept of a suggestion."""

    code: str
    modifiers: tuple[str, ...]
    units: int


class _Proposed(NamedTuple):
    client: str
    subject: str
    at: datetime
    uuid: str
    recommended: bool
    lines: str
    outcome: str | None
    accepted: list[str] | None


@dataclass(frozen=True, slots=True)
class ChargesSum:
    """Visits whose recommended charges came to the same end, dollars, and visits with a line that has no fee."""

    became: str
    visits: int
    dollars: Decimal
    without_fee: int


def charges_in_dollars(database: Database, chosen: Chosen, fees: FeeTable) -> tuple[ChargesSum, ...]:
    """Dollars of charges that were accepted, overridden and ignored; a visit counts once, however often it was asked.

    What a visit's cards came to together is what was accepted, else overridden, else ignored. Accepted charges are
    those of the accepted suggestion, others those that were recommended last; without a recommendation a visit does not
    count. The day of the call, by UTC, stands for the date of service, which is not kept.

    Raises:
        StoreError: the database cannot be used.
    """
    ends: dict[tuple[str, str], tuple[int, datetime, str, str]] = {}
    for proposed in _proposed(database, chosen):
        was_accepted = proposed.outcome == "accepted" and proposed.uuid in (proposed.accepted or ())
        if not (was_accepted or (proposed.recommended and proposed.outcome != "accepted")):
            continue
        became = proposed.outcome or "ignored"
        end = (_NEARNESS.get(became, 0), proposed.at, became, proposed.lines)
        visit = (proposed.client, proposed.subject)
        ends[visit] = max(end, ends.get(visit, end))
    return tuple(_summed(name, ends.values(), fees) for name in ("accepted", "overridden", "ignored"))


def drafted_lines(kept: str) -> tuple[DraftedLine, ...]:
    """Lines as they are kept, like ``97545-WH-GP:1 97546-WH-GP:2``."""
    found = []
    for line in kept.split():
        codes, _, units = line.partition(":")
        code, *modifiers = codes.split("-")
        found.append(DraftedLine(code, tuple(modifiers), int(units)))
    return tuple(found)


def _proposed(database: Database, chosen: Chosen) -> list[_Proposed]:
    """Suggestions of shown cards that draft charges."""
    columns = (
        CardRow.client,
        CardRow.subject,
        DecisionRow.at,
        SuggestionRow.uuid,
        SuggestionRow.recommended,
        SuggestionRow.lines,
        FeedbackRow.outcome,
        FeedbackRow.suggestions,
    )
    suggested = (SuggestionRow.client == CardRow.client) & (SuggestionRow.card == CardRow.uuid)
    query = cards_chosen(with_feedback(select(*columns)).join(SuggestionRow, suggested), chosen)
    with database.single() as connection:
        rows = connection.execute(query.where(CardRow.state == "shown", SuggestionRow.lines.is_not(None)))
        return [_Proposed(*row) for row in rows]


def _summed(became: str, ends: Iterable[tuple[int, datetime, str, str]], fees: FeeTable) -> ChargesSum:
    amounts = [_dollars(lines, at.date(), fees) for _, at, name, lines in ends if name == became]
    known = [dollars for dollars in amounts if dollars is not None]
    return ChargesSum(became, len(amounts), sum(known, Decimal()), len(amounts) - len(known))


def _dollars(lines: str, day: date, fees: FeeTable) -> Decimal | None:
    return amount(drafted_lines(lines), day, fees)
