"""The page of all numbers: what became of cards, what calls did not tell, how long they took, and dollars."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from cds_service.domain.fees import FeeTable
from cds_service.policies.stack import PolicyStack
from cds_service.records.database import Database
from cds_service.records.insights import CardCount, Chosen, Insight, card_counts, in_all, insights_by
from cds_service.records.insights_of_calls import CallCount, FactMissing, Latency, call_counts, facts_missing, latencies
from cds_service.records.insights_of_charges import ChargesSum, charges_in_dollars
from cds_service.web.pages.insights.asked import Asked
from cds_service.web.pages.insights.names import (
    STATE_NAMES,
    day_name,
    fact_name,
    hook_name,
    milliseconds,
    policy_name,
    reason_name,
    rule_name,
    why_name,
)
from cds_service.web.pages.insights.number_tables import NumberCell, NumberTable, count_cell, number_cell
from cds_service.web.pages.insights.pictures import became_picture, counts_picture, weeks_picture

CARDS_PATH: Final = "/insights/cards"
CALLS_PATH: Final = "/insights/calls"
BY: Final = {
    "rule": ("Rule", "Cards by rule", "What the cards were about."),
    "policy": ("Policy", "Cards by policy", "Whose value decided."),
    "hook": ("Moment", "Cards by moment of work", "When the EHR asked."),
    "client": ("Client", "Cards by client", "Which EHR asked."),
    "week": ("Week of", "Cards by week", "Weeks begin on Monday, by UTC."),
}
"""Tables of cards: the head of the first column, title and explanation."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Everything that a page counts; ``charges`` is empty without fees."""

    cards: tuple[CardCount, ...]
    calls: tuple[CallCount, ...]
    missing: tuple[FactMissing, ...]
    latencies: tuple[Latency, ...]
    charges: tuple[ChargesSum, ...]


def all_numbers(database: Database, chosen: Chosen, fees: FeeTable) -> Numbers:
    """Count.

    Raises:
        StoreError: the database cannot be used.
    """
    return Numbers(
        card_counts(database, chosen),
        call_counts(database, chosen),
        facts_missing(database, chosen),
        latencies(database, chosen),
        charges_in_dollars(database, chosen, fees) if fees else (),
    )


@dataclass(frozen=True, slots=True)
class Overview:
    """The numbers as tables, in the words of ``stack``, with links into the records below ``root``."""

    numbers: Numbers
    asked: Asked
    stack: PolicyStack
    today: date
    root: str

    def figures(self) -> Iterator[tuple[str, NumberCell, str]]:
        """The numbers at the head of the page, each with its name and a remark."""
        calls = sum(count.calls for count in self.numbers.calls)
        yield "Calls", count_cell(calls, self._calls()), ""
        whole = in_all(self.numbers.cards)
        for state, name in STATE_NAMES.items():
            count = getattr(whole, state)
            if state == "shadow" and not count:
                continue
            is_share = state in {"accepted", "overridden", "ignored"} and whole.shown
            remark = f"{count / whole.shown:.0%} of shown" if is_share else ""
            yield f"{name}" if state != "shown" else "Cards shown", count_cell(count, self._cards(state=state)), remark

    def tables(self) -> Iterator[NumberTable]:
        """All tables, in their order on the page."""
        for by in ("week", "rule"):
            yield self._by(by)
        yield self._reasons()
        yield self._held_back()
        yield self._missing()
        if self.numbers.charges:
            yield self._charges()
        for by in ("policy", "hook", "client"):
            yield self._by(by)
        yield self._latencies()

    def _by(self, by: str) -> NumberTable:
        head, title, note = BY[by]
        found = insights_by(self.numbers.cards, by)
        shadow = any(row.shadow for row in found)
        states = [state for state in STATE_NAMES if state != "shadow" or shadow]
        named = [(self._named(by, row.key), row) for row in found]
        picture = {"week": lambda: weeks_picture(found, self.today), "rule": lambda: became_picture(title, named)}
        return NumberTable(
            f"by-{by}",
            title,
            f"{note} “No answer” means that nothing came back from the EHR.",
            (head, *(STATE_NAMES[state] for state in states), "Accepted of shown"),
            tuple((NumberCell(name), *self._states(by, row, states), _share(row)) for name, row in named),
            "No card belongs to the chosen records.",
            picture[by]() if by in picture else None,
        )

    def _states(self, by: str, row: Insight, states: list[str]) -> Iterator[NumberCell]:
        for state in states:
            yield count_cell(getattr(row, state), self._cards(**{"state": state, by: row.key}))

    def _named(self, by: str, key: str) -> str:
        names: dict[str, Callable[[str], str]] = {
            "rule": rule_name,
            "policy": lambda policy: policy_name(policy, self.stack),
            "hook": hook_name,
            "week": lambda week: day_name(week, self.today),
        }
        return names[by](key) if by in names else key

    def _reasons(self) -> NumberTable:
        found = [(reason_name(row.key), row) for row in insights_by(self.numbers.cards, "reason")]
        whole = sum(row.overridden for _, row in found)
        return NumberTable(
            "reasons",
            "Why cards were overridden",
            "The reason that the user picked. Comments may hold patient data and are shown nowhere.",
            ("Reason", "Cards", "Of overridden"),
            tuple(
                (
                    NumberCell(name),
                    count_cell(row.overridden, self._cards(state="overridden", reason=row.key)),
                    number_cell(f"{row.overridden / whole:.0%}" if whole else ""),
                )
                for name, row in found
            ),
            "No card was overridden.",
            counts_picture("Why cards were overridden", "Cards", [(name, row.overridden) for name, row in found]),
        )

    def _held_back(self) -> NumberTable:
        whys: Counter[str] = Counter()
        for count in self.numbers.cards:
            if count.state == "withheld":
                whys[count.why or ""] += count.cards
        return NumberTable(
            "held-back",
            "Why cards were held back",
            "Found, and not shown.",
            ("Why", "Cards"),
            tuple(
                (NumberCell(why_name(why)), count_cell(cards, self._cards(state="withheld", why=why)))
                for why, cards in whys.most_common()
            ),
            "No card was held back.",
        )

    def _missing(self) -> NumberTable:
        found = self.numbers.missing
        return NumberTable(
            "missing",
            "What the EHR did not send",
            "Facts that a rule needed and a call did not have, or not in a form that could be read. "
            "Each costs an answer or its certainty.",
            ("Fact", "Calls", "Of all calls"),
            tuple(
                (
                    NumberCell(fact_name(row.fact)),
                    count_cell(row.calls, self._calls(fact=row.fact)),
                    number_cell(f"{row.calls / row.of:.0%}"),
                )
                for row in found
            ),
            "No call lacked a fact.",
            counts_picture("What the EHR did not send", "Calls", [(fact_name(row.fact), row.calls) for row in found]),
        )

    def _charges(self) -> NumberTable:
        return NumberTable(
            "charges",
            "Recommended charges in dollars",
            "By your fee table, on the day of the call. Each visit counts once, by the best that became of its cards. "
            "A visit with a line that has no fee adds no dollars.",
            ("Charges", "Visits", "Dollars", "Visits without a fee"),
            tuple(
                (
                    NumberCell(STATE_NAMES[row.became]),
                    count_cell(row.visits),
                    number_cell(f"${row.dollars:,.2f}"),
                    count_cell(row.without_fee),
                )
                for row in self.numbers.charges
            ),
        )

    def _latencies(self) -> NumberTable:
        return NumberTable(
            "latency",
            "How long answers took",
            "Half of the calls took no longer than the median, 95 of 100 no longer than the second number.",
            ("Moment", "Calls", "Median", "95 percent"),
            tuple(
                (
                    NumberCell(hook_name(row.hook)),
                    count_cell(row.calls, self._calls(hook=row.hook)),
                    number_cell(milliseconds(row.median)),
                    number_cell(milliseconds(row.p95)),
                )
                for row in self.numbers.latencies
            ),
            "There was no call.",
        )

    def _cards(self, **changed: str | None) -> str:
        return self.asked.address(f"{self.root}{CARDS_PATH}", **changed)

    def _calls(self, **changed: str | None) -> str:
        return self.asked.address(f"{self.root}{CALLS_PATH}", rule=None, **changed)


def _share(row: Insight) -> NumberCell:
    return number_cell(f"{row.accepted / row.shown:.0%}" if row.shown else "")
