"""What a visitor has chosen, as it stands in the address of the page."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias
from urllib.parse import urlencode

from cds_service.stories.story_files import bundled
from cds_service.web.pages.try_it.choices import CONTROL, CONTROLS, MOMENTS

FIRST_STORY: Final = "texas-hardening-pt-pta"
STORY_NAME: Final = "story"
MOMENT_NAME: Final = "moment"
DEED_NAME: Final = "did"
REASON_NAME: Final = "reason"
MOST_SHOWN: Final = 40

_DEED: Final = re.compile(r"(accept|override):([a-z.-]{1,80})(?:~([1-9][0-9]?))?(?::([1-9][0-9]?))?", re.ASCII)
_REASON: Final = re.compile(r"[a-z-]{1,60}", re.ASCII)

DeedOutcome: TypeAlias = Literal["accept", "override"]


class Deed(NamedTuple):
    """What was done with a card: that of the finding ``kind``, the ``place``-th of that kind.

    ``suggestion`` is the number of the one accepted, ``reason`` the code of the reason to override.
    """

    outcome: DeedOutcome
    kind: str
    place: int = 1
    suggestion: int = 1
    reason: str | None = None

    @property
    def in_address(self) -> str:
        """As it stands in the address, without the reason."""
        place = f"~{self.place}" if self.place > 1 else ""
        suggestion = f":{self.suggestion}" if self.outcome == "accept" else ""
        return f"{self.outcome}:{self.kind}{place}{suggestion}"


@dataclass(frozen=True)
class TrialState:
    """A story, a moment, what is changed about the story, and what was done with a card.

    ``moment`` is the hook; None is that of the story. ``problems`` are sentences on what could not be read, and what
    stands in its place.
    """

    story: str = FIRST_STORY
    moment: str | None = None
    choices: Mapping[str, str] = field(default_factory=dict)
    deed: Deed | None = None
    problems: tuple[str, ...] = ()

    @property
    def query(self) -> str:
        """The address of this state, after the question mark."""
        return urlencode(self.fields())

    def fields(self, *, deed: bool = True) -> list[tuple[str, str]]:
        """Names and values as they stand in the address; without what was done where ``deed`` says so."""
        named = [(STORY_NAME, self.story)]
        if self.moment is not None:
            named.append((MOMENT_NAME, self.moment))
        named += [(control.name, self.choices[control.name]) for control in CONTROLS if control.name in self.choices]
        if deed and self.deed is not None:
            named.append((DEED_NAME, self.deed.in_address))
            if self.deed.reason is not None:
                named.append((REASON_NAME, self.deed.reason))
        return named


def read_state(arguments: Mapping[str, str]) -> TrialState:
    """The state that an address says; what cannot be read is left as it is in the story, and said."""
    problems = []
    story = arguments.get(STORY_NAME) or FIRST_STORY
    if story not in bundled():
        problems.append(f"There is no story “{_short(story)}”. This is another one; choose from the list.")
        story = FIRST_STORY
    moment = arguments.get(MOMENT_NAME) or None
    if moment is not None and moment not in MOMENTS:
        problems.append(f"There is no moment “{_short(moment)}”. The story's own moment is shown.")
        moment = None
    choices = {}
    for name, value in _chosen(arguments):
        if CONTROL[name].accepts(value):
            choices[name] = value
        else:
            control = CONTROL[name]
            problems.append(
                f"{control.label}: “{_short(value)}” is not {control.offers}. It is left as it is in the story."
            )
    deed = None
    if arguments.get(DEED_NAME):
        deed = _deed(arguments[DEED_NAME], arguments.get(REASON_NAME, ""))
        if deed is None:
            problems.append(f"“{_short(arguments[DEED_NAME])}” is nothing that can be done with a card here.")
    return TrialState(story, moment, choices, deed, tuple(problems))


def _chosen(arguments: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for control in CONTROLS:
        value = arguments.get(control.name, "").strip()
        if value:
            yield control.name, value


def _deed(written: str, reason: str) -> Deed | None:
    found = _DEED.fullmatch(written)
    if found is None:
        return None
    outcome, kind, place, suggestion = found.groups()
    named = reason if outcome == "override" and _REASON.fullmatch(reason) else None
    return Deed(outcome, kind, int(place or 1), int(suggestion or 1), named)  # type: ignore[arg-type]


def _short(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"
