"""Edits setting by setting: from the values of a policy, back to them, and what differs between two of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any, Final

from cds_service.domain.codes import LABELS, WORK_REHAB
from cds_service.policies import parameters as params
from cds_service.policies.model import Policy
from cds_service.policies.ncci import NcciError
from cds_service.policies.ncci.tables import Ceiling, Pair
from cds_service.policies.shapes import BillingSetting, Indicator, Mue, PairEdit

SETTINGS: Final[tuple[BillingSetting, ...]] = ("practitioner", "hospital")
MOST_NAMED: Final = 12
"""Most lost pairs that a refusal names."""


@dataclass(frozen=True, slots=True)
class Edits:
    """Ceilings and pairs of each setting; a setting that is not there has no table."""

    ceilings: Mapping[BillingSetting, Mapping[str, Ceiling]] = field(default_factory=dict)
    pairs: Mapping[BillingSetting, Mapping[Pair, Indicator]] = field(default_factory=dict)

    def over(self, fallback: "Edits") -> "Edits":
        """These tables, and those of the other for settings that have none here."""
        return Edits({**fallback.ceilings, **self.ceilings}, {**fallback.pairs, **self.pairs})


def edits_of(policy: Policy, on: date) -> Edits:
    """The edits that a policy has in force on a day."""
    ceilings = policy.value_on(params.EDIT_MUE.name, on)
    pairs = policy.value_on(params.EDIT_PAIRS.name, on)
    return Edits(
        _ceilings(ceilings.value) if ceilings is not None else {}, _pairs(pairs.value) if pairs is not None else {}
    )


def codes_of_visits(national: Policy) -> frozenset[str]:
    """The codes that a work-rehab visit can meet: those our rules speak of and those the national layer has."""
    codes = {*WORK_REHAB, *LABELS}
    for ceilings in national.values.get(params.EDIT_MUE.name, ()):
        codes.update(ceilings.value)
    for pairs in national.values.get(params.EDIT_PAIRS.name, ()):
        codes.update(code for pair in pairs.value for code in (pair.column1, pair.column2))
    return frozenset(codes)


def _ceilings(value: Mapping[str, Mue]) -> dict[BillingSetting, dict[str, Ceiling]]:
    found: dict[BillingSetting, dict[str, Ceiling]] = {}
    for code, mue in value.items():
        for setting in SETTINGS:
            units = mue.hospital if setting == "hospital" else mue.practitioner
            if units is not None:
                found.setdefault(setting, {})[code] = Ceiling(units, mue.mai)
    return found


def _pairs(value: Sequence[PairEdit]) -> dict[BillingSetting, dict[Pair, Indicator]]:
    found: dict[BillingSetting, dict[Pair, Indicator]] = {}
    for pair in value:
        for setting in pair.settings:
            found.setdefault(setting, {})[pair.column1, pair.column2] = pair.indicator
    return found


def plain_ceilings(ceilings: Mapping[BillingSetting, Mapping[str, Ceiling]]) -> dict[str, dict[str, int]]:
    """Ceilings as a policy file writes them.

    Raises:
        NcciError: the tables differ in the adjudication indicator of a code; a policy has one for both settings.
    """
    plain: dict[str, dict[str, int]] = {}
    for code in sorted({code for of_setting in ceilings.values() for code in of_setting}):
        found = {setting: ceilings[setting][code] for setting in SETTINGS if code in ceilings.get(setting, {})}
        indicators = {ceiling.mai for ceiling in found.values()}
        if len(indicators) > 1:
            raise NcciError(
                f"{code}: its adjudication indicator is {found['practitioner'].mai} in the practitioner table and "
                f"{found['hospital'].mai} in the hospital table; a policy holds one for both. "
                "Import only the table of your setting, into a folder without the other one."
            )
        plain[code] = {**{setting: ceiling.units for setting, ceiling in found.items()}, "mai": indicators.pop()}
    return plain


def plain_pairs(pairs: Mapping[BillingSetting, Mapping[Pair, Indicator]]) -> list[dict[str, Any]]:
    """Pairs as a policy file writes them: columns 1 that share columns 2, indicator and settings stand together."""
    settings_of: dict[tuple[Pair, Indicator], tuple[BillingSetting, ...]] = {}
    for setting in SETTINGS:
        for edit in pairs.get(setting, {}).items():
            settings_of[edit] = (*settings_of.get(edit, ()), setting)
    columns2: dict[tuple[str, Indicator, tuple[BillingSetting, ...]], list[str]] = {}
    for ((first, second), indicator), settings in sorted(settings_of.items()):
        columns2.setdefault((first, indicator, settings), []).append(second)
    columns1: dict[tuple[tuple[str, ...], Indicator, tuple[BillingSetting, ...]], list[str]] = {}
    for (first, indicator, settings), seconds in columns2.items():
        columns1.setdefault((tuple(seconds), indicator, settings), []).append(first)
    return [
        {"column1": firsts, "column2": list(seconds), "indicator": indicator, "settings": list(settings)}
        for (seconds, indicator, settings), firsts in sorted(columns1.items(), key=lambda row: row[1])
    ]


def changes(before: Edits, after: Edits) -> Iterator[str]:
    """What differs, a line each: ceilings, then pairs; only settings that ``after`` has.

    Like ``97546 practitioner: 2 -> 3`` and ``97545 with 97110, 97112 practitioner: new, indicator 1``.
    """
    for setting, now in after.ceilings.items():
        was = before.ceilings.get(setting, {})
        for code in sorted({*was, *now}):
            if was.get(code) != now.get(code):
                yield f"{code} {setting}: {_units(was.get(code), now.get(code))}"
    for setting, pairs_now in after.pairs.items():
        pairs_before = before.pairs.get(setting, {})
        differing = [
            (first, _indicator(pairs_before.get((first, second)), pairs_now.get((first, second))), second)
            for first, second in sorted({*pairs_before, *pairs_now})
            if pairs_before.get((first, second)) != pairs_now.get((first, second))
        ]
        for (first, change), group in groupby(sorted(differing), key=lambda row: row[:2]):
            yield f"{first} with {', '.join(second for _, _, second in group)} {setting}: {change}"


def check_complete(before: Edits, after: Edits) -> None:
    """Refuse tables in which most of the edits that are in force are gone: they are likely part of a table.

    Raises:
        NcciError: of a setting, more than half of the codes would lose their ceiling, or of the pairs their edit.
    """
    for setting, now in after.ceilings.items():
        was = before.ceilings.get(setting, {})
        gone = sorted(was.keys() - now.keys())
        if len(gone) * 2 > len(was):
            raise NcciError(
                f"The {setting} MUE table has no ceiling for {len(gone)} of the {len(was)} codes that have one now: "
                f"{', '.join(gone)}. Nothing was written. Give the whole table of CMS, "
                "or add --yes if these codes are to have none."
            )
    for setting, pairs_now in after.pairs.items():
        pairs_before = before.pairs.get(setting, {})
        lost = sorted(pairs_before.keys() - pairs_now.keys())
        if len(lost) * 2 > len(pairs_before):
            named = ", ".join(f"{first} with {second}" for first, second in lost[:MOST_NAMED])
            more = f" and {len(lost) - MOST_NAMED} more" if len(lost) > MOST_NAMED else ""
            raise NcciError(
                f"The {setting} PTP table lacks {len(lost)} of the {len(pairs_before)} code pairs that are edits now: "
                f"{named}{more}. Nothing was written. Give all parts of the table of CMS (f1, f2, ...) at once, "
                "or add --yes if these pairs are no edits any more."
            )


def _units(was: Ceiling | None, now: Ceiling | None) -> str:
    if was is None or now is None or was.mai == now.mai:
        return f"{was.units if was else 'none'} -> {now.units if now else 'none'}"
    return f"{was.units} (MAI {was.mai}) -> {now.units} (MAI {now.mai})"


def _indicator(was: Indicator | None, now: Indicator | None) -> str:
    if was is None:
        return f"new, indicator {now}"
    return "no longer an edit" if now is None else f"indicator {was} -> {now}"
