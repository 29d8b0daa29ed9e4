"""Which facts nobody could deliver, and which only in part, given what became of the prefetch keys."""

from collections.abc import Iterable, Mapping
from typing import Final

from cds_service.domain.chart import Fact, InPart, Unknown
from cds_service.fhir.reading.prefetch import Slot, State
from cds_service.fhir.reading.prefetch_keys import INJURY_SOURCES, Share, fact_of, sources_of

_WHOLE: Final[Mapping[Fact, tuple[str, ...]]] = {fact: keys for fact in Fact if (keys := sources_of(fact, Share.WHOLE))}
"""All of these keys must have been delivered, as far as they were asked for: a part would make the fact wrong."""
_ENOUGH: Final[Mapping[Fact, tuple[str, ...]]] = {
    fact: keys for fact in Fact if (keys := sources_of(fact, Share.ENOUGH))
}
"""Any one of these keys is enough."""
_SOURCES: Final[Mapping[Fact, tuple[str, ...]]] = {
    fact: keys for fact in Fact if (keys := sources_of(fact, Share.WHOLE, Share.PART))
}
"""Each of these keys tells a part of the fact by itself."""
_EVERY_SOURCE: Final[Mapping[Fact, tuple[str, ...]]] = {**_SOURCES, **_ENOUGH, Fact.INJURY: INJURY_SOURCES}
_LACKING: Final = (State.FAILED, State.ABSENT)
_NOT_WHOLE: Final = (*_LACKING, State.PARTIAL)


def unavailable(slots: Mapping[str, Slot], *, injury_shown: bool, drafts_given: bool) -> dict[Fact, str]:
    """Facts that nobody could deliver, with the reason.

    Args:
        slots: The prefetch keys that the service asked for.
        injury_shown: Whether evidence of a work-related injury was found; without, one lacking source leaves it open.
        drafts_given: Whether orders came as drafts of the hook's context, which need no prefetch.
    """
    if not any(slot.state in _NOT_WHOLE for slot in slots.values()):
        return {}
    lacking = {key: _reason(slot) for key, slot in slots.items() if slot.state in _LACKING}
    found: dict[Fact, str] = {}
    for fact, keys in _WHOLE.items():
        reasons = [lacking[key] for key in keys if key in lacking]
        if reasons:
            found[fact] = reasons[0]
    for fact, keys in _ENOUGH.items():
        asked = [key for key in keys if key in slots]
        if asked and all(key in lacking for key in asked):
            found[fact] = lacking[asked[0]]
    if not injury_shown and (reasons := [why for key in INJURY_SOURCES if (why := _not_whole(slots, key))]):
        found[Fact.INJURY] = reasons[0]
    if "orders" in lacking and not drafts_given:
        found[Fact.ORDERS] = lacking["orders"]
    return found


def kept_elsewhere(slots: Mapping[str, Slot], facts: Iterable[Fact]) -> dict[Fact, str]:
    """Of these unavailable facts those that lack only what the EHR never sends, with the place where it is kept."""
    found: dict[Fact, str] = {}
    for fact in facts:
        lacking = [slots[key] for key in _EVERY_SOURCE[fact] if key in slots and slots[key].state in _LACKING]
        places = [slot.kept for slot in lacking if slot.kept is not None]
        if places and len(places) == len(lacking):
            found[fact] = " and ".join(dict.fromkeys(places))
    return found


def in_part(slots: Mapping[str, Slot]) -> dict[Fact, InPart]:
    """Facts that were delivered only in part: a search was cut short, or one of several sources is lacking."""
    not_whole = {key: slot for key, slot in slots.items() if slot.state in _NOT_WHOLE}
    found: dict[Fact, InPart] = {}
    for fact, keys in _SOURCES.items() if not_whole else ():
        lacking = [not_whole[key] for key in keys if key in not_whole]
        if not lacking or (len(keys) == 1 and lacking[0].state in _LACKING):
            continue
        gaps = tuple(Unknown(_named(fact, slot), _reason(slot), kept=slot.kept) for slot in lacking)
        found[fact] = InPart(gaps, cut=any(slot.state is State.PARTIAL for slot in lacking))
    return found


def _named(fact: Fact, slot: Slot) -> Fact:
    """The fact by which a gap is named: of a search cut short that of its key, as where the search was read."""
    return fact_of(slot.key) if slot.state is State.PARTIAL else fact


def _reason(slot: Slot) -> str:
    return slot.reason or f"{slot.key} was not given"


def _not_whole(slots: Mapping[str, Slot], key: str) -> str | None:
    slot = slots.get(key)
    return _reason(slot) if slot is not None and slot.state in _NOT_WHOLE else None
