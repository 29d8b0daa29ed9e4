"""What a page of the insights is asked for: the state of the form, which stands in the address."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Final, Self
from urllib.parse import urlencode

from cds_service.errors import NotADate
from cds_service.records.insight_lists import CARD_STATES, CallsWanted, CardsWanted
from cds_service.records.insights import Chosen

USUAL_DAYS: Final = 90
"""How far a page looks back that is not asked for other days."""
LONGEST: Final = 400
"""Characters of a value; more is cut."""
_MOST_DIGITS: Final = 7
_WORDS: Final = ("client", "hook", "rule", "state", "policy", "reason", "why", "week", "fact", "outcome")


@dataclass(frozen=True, slots=True)
class Asked:
    """The days (both included; None without a limit) and what else narrows the records; None does not matter."""

    since: date | None = None
    until: date | None = None
    client: str | None = None
    hook: str | None = None
    rule: str | None = None
    state: str | None = None
    policy: str | None = None
    reason: str | None = None
    why: str | None = None
    week: str | None = None
    fact: str | None = None
    outcome: str | None = None
    page: int = 1

    @classmethod
    def of(cls, arguments: Mapping[str, str], today: date) -> Self:
        """What the address says; without ``from`` the last 90 days are meant, an empty one is no limit.

        Raises:
            NotADate: ``from`` or ``to`` is none.
        """
        words = {name: arguments.get(name, "").strip()[:LONGEST] or None for name in _WORDS}
        page, state, week = arguments.get("page", ""), words["state"], words["week"]
        number = int(page) if page.isdecimal() and page.isascii() and len(page) < _MOST_DIGITS else 1
        return cls(
            since=_day(arguments, "from") if "from" in arguments else today - timedelta(days=USUAL_DAYS),
            until=_day(arguments, "to"),
            client=words["client"],
            hook=words["hook"],
            rule=words["rule"],
            state=state if state in CARD_STATES else None,
            policy=words["policy"],
            reason=words["reason"],
            why=words["why"],
            week=week if week is not None and _is_day(week) else None,
            fact=words["fact"],
            outcome=words["outcome"],
            page=max(number, 1),
        )

    def chosen(self, zone: tzinfo) -> Chosen:
        """The calls that count; days begin at midnight of ``zone``."""
        until = self.until + timedelta(days=1) if self.until is not None and self.until < date.max else None
        return Chosen(_midnight(self.since, zone), _midnight(until, zone), self.client, self.hook, self.rule)

    @property
    def cards(self) -> CardsWanted:
        """Which of the cards are listed."""
        return CardsWanted(self.state, self.policy, self.reason, self.why, self.week)

    @property
    def calls(self) -> CallsWanted:
        """Which of the calls are listed."""
        return CallsWanted(self.fact, self.outcome, self.week)

    def address(self, path: str, **changed: Any) -> str:  # noqa: ANN401 - fields of this class
        """The address of a page about the same, with what is changed; its first page, unless another is meant."""
        new = replace(self, **{"page": 1, **changed})
        values: dict[str, str | int | None] = {"from": new.since.isoformat() if new.since is not None else ""}
        values["to"] = new.until.isoformat() if new.until is not None else None
        values |= {name: getattr(new, name) for name in _WORDS}
        values["page"] = new.page if new.page > 1 else None
        return f"{path}?{urlencode({name: value for name, value in values.items() if value is not None})}"


def _day(arguments: Mapping[str, str], name: str) -> date | None:
    written = arguments.get(name, "").strip()
    if not written:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise NotADate(name) from None


def _is_day(written: str) -> bool:
    try:
        return date.fromisoformat(written).isoformat() == written
    except ValueError:
        return False


def _midnight(day: date | None, zone: tzinfo) -> datetime | None:
    if day is None:
        return None
    try:
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except OverflowError:
        return datetime.combine(day, time(), UTC)
