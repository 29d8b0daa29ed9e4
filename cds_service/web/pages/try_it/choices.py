"""What a visitor can change about a story: each control with the values it offers, in words.

A value stands in the address of the page. None of them is a patient's: they vary invented stories.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cds_service.domain.jurisdictions import EVERY_TIME_ZONE, STATES
from cds_service.stories.words import NONE_WORD

MOST_MINUTES: Final = 720
MOST_DAYS_LATER: Final = 90
MOST_DAYS_SINCE: Final = 120

_ORDER: Final = ("order-select", "order-sign", "order-dispatch")
_VISIT: Final = ("encounter-start", "encounter-discharge", "patient-view")
_BOOKING: Final = ("appointment-book",)
_EVERY: Final = (*_ORDER, *_VISIT, *_BOOKING)

MOMENTS: Final[Mapping[str, str]] = {
    "order-select": "An order is picked",
    "order-sign": "The order is signed",
    "order-dispatch": "The order is sent out",
    "appointment-book": "Visits are booked",
    "encounter-start": "A visit begins",
    "encounter-discharge": "The visit ends and is charged",
    "patient-view": "The chart is opened",
}
"""What happens in the EHR when a hook is called."""

PAYERS: Final[Mapping[str, tuple[str, Mapping[str, Any] | None]]] = {
    "workers-compensation": (
        "Workers' compensation",
        {"class": "workers-compensation", "payer": "Prairie Mutual Compensation (invented)"},
    ),
    "federal-employees": (
        "Federal employees' compensation (OWCP)",
        {"class": "workers-compensation", "payer": "Office of Workers' Compensation Programs"},
    ),
    "medicare": ("Medicare", {"class": "medicare", "payer": "Medicare"}),
    "medicaid": ("Medicaid", {"class": "medicaid", "payer": "Medicaid"}),
    "aetna": ("Aetna, commercial plan", {"class": "commercial", "payer": "Aetna"}),
    "cigna": ("Cigna, commercial plan", {"class": "commercial", "payer": "Cigna"}),
    "blue-cross-illinois": (
        "Blue Cross and Blue Shield of Illinois",
        {"class": "commercial", "payer": "Blue Cross Blue Shield of Illinois"},
    ),
    "commercial": ("Another commercial plan", {"class": "commercial", "payer": "Meadow Health Plan (invented)"}),
    "auto": ("Auto insurance", {"class": "auto", "payer": "Harbor Auto Insurance (invented)"}),
    "self-pay": ("The patient pays", {"class": "self-pay", "payer": "Self-pay"}),
    "untyped": ("A coverage that does not say its kind", {"class": "none", "payer": "Example Benefits (invented)"}),
    NONE_WORD: ("No coverage on record", None),
}
"""Payers by their value: name, and what the story then says of the coverage."""

TREATED_BY: Final[Mapping[str, tuple[str, tuple[tuple[str, ...], ...]]]] = {
    "PT": ("The physical therapist", (("PT",),)),
    "PT-then-PTA": ("First half the PT, then the PT assistant alone", (("PT",), ("PTA",))),
    "PT-with-PTA": ("PT and PT assistant together", (("PT", "PTA"),)),
    "PTA": ("The PT assistant alone", (("PTA",),)),
    "OT": ("The occupational therapist", (("OT",),)),
    "OT-then-OTA": ("First half the OT, then the OT assistant alone", (("OT",), ("OTA",))),
    "OTA": ("The OT assistant alone", (("OTA",),)),
    "unknown": ("Somebody whose profession is not on record", (("unknown",),)),
}
"""Who treats, by the value: in words, and the people of each part of the visit, which are equally long."""

APPROVALS: Final[Mapping[str, str]] = {
    NONE_WORD: "No answer from the payer on record",
    "in-force": "Approved, 12 visits left",
    "last-visit": "Approved, this is the last visit",
    "used-up": "Approved, but used up before this visit",
    "ends-soon": "Approved, ends in 3 days",
    "ended": "Approved, ended 3 days ago",
    "pending": "Requested, not decided yet",
    "denied": "Denied",
    "not-sent": "The EHR does not send the payer's answers",
}

IN_UTC: Final = "UTC"
_ZONE_NAMES: Final = {
    "America/New_York": "Eastern time",
    "America/Chicago": "Central time",
    "America/Denver": "Mountain time",
    "America/Phoenix": "Arizona time",
    "America/Los_Angeles": "Pacific time",
    "America/Anchorage": "Alaska time",
    "Pacific/Honolulu": "Hawaii time",
    "America/Puerto_Rico": "Puerto Rico time",
}
ZONES: Final[Mapping[str, str]] = {
    **{zone: _ZONE_NAMES[zone] for zone in EVERY_TIME_ZONE},
    IN_UTC: "Clinic's own zone, but sent in UTC",
}


@dataclass(frozen=True, slots=True)
class Control:
    """One thing to change: ``options`` in words by value; without options a whole number from ``least`` to ``most``.

    ``also`` are single values beside the numbers. ``hooks`` are the moments at which it can matter.
    """

    name: str
    label: str
    options: Mapping[str, str] | None = None
    least: int = 0
    most: int = 0
    unit: str = ""
    also: Mapping[str, str] | None = None
    hooks: Sequence[str] = _EVERY

    def accepts(self, value: str) -> bool:
        """Whether the value is one of those offered."""
        if self.options is not None:
            return value in self.options
        if value in (self.also or {}):
            return True
        return re.fullmatch(r"[0-9]{1,4}", value) is not None and self.least <= int(value) <= self.most

    @property
    def offers(self) -> str:
        """What may be written there, as the end of a sentence."""
        if self.options is not None:
            return "one of those in the list"
        words = "".join(f", or {value}" for value in self.also or {})
        return f"a whole number from {self.least} to {self.most}{words}"


CONTROLS: Final = (
    Control("minutes", "Minutes", least=15, most=MOST_MINUTES, unit="min"),
    Control("later", "Days later", least=0, most=MOST_DAYS_LATER, unit="days later"),
    Control(
        "by",
        "Who treated",
        {value: label for value, (label, _) in TREATED_BY.items()},
        hooks=("encounter-start", "encounter-discharge", "patient-view"),
    ),
    Control("payer", "Payer", {value: label for value, (label, _) in PAYERS.items()}),
    Control("state", "State", {**STATES, NONE_WORD: "Not on record"}),
    Control("zone", "Time zone", ZONES),
    Control("approval", "Payer's approval", APPROVALS),
    Control(
        "measured",
        "Last measured",
        least=0,
        most=MOST_DAYS_SINCE,
        unit="days ago",
        also={"never": "never"},
    ),
)
CONTROL: Final = {control.name: control for control in CONTROLS}
