"""Which facts nobody could deliver, given what became of the prefetch keys."""

from collections.abc import Iterable, Mapping
from typing import Final

from cds_service.domain.chart import Fact
from cds_service.fhir.reading import Slot, State

# All of these keys must have been delivered, as far as they were asked for: a part would make the fact wrong.
_ALL_OF: Final[Mapping[Fact, tuple[str, ...]]] = {
    Fact.PATIENT: ("patient",),
    Fact.COVERAGE: ("coverage",),
    Fact.PLAN_OF_CARE: ("carePlans",),
    Fact.SESSIONS: ("procedures",),
    Fact.SESSION_TIME: ("procedures",),
    Fact.PERFORMERS: ("procedures",),
    Fact.GOALS: ("goals",),
    Fact.ASSESSMENTS: ("observations", "questionnaireResponses", "procedures"),
    Fact.AUTHORIZATIONS: ("authorizations",),
    Fact.CHARGES: ("charges",),
}
# Any one of these keys is enough.
_ANY_OF: Final[Mapping[Fact, tuple[str, ...]]] = {
    Fact.ENCOUNTER: ("encounter", "encounters"),
    Fact.DISCIPLINE: ("carePlans", "procedures"),
    Fact.PROGRAM: ("carePlans", "procedures", "orders"),
}
_INJURY_SOURCES: Final = ("coverage", "conditions", "carePlans", "encounters", "encounter", "charges")
_SOURCES: Final[Mapping[Fact, tuple[str, ...]]] = {
    **_ALL_OF,
    **_ANY_OF,
    Fact.INJURY: _INJURY_SOURCES,
    Fact.ORDERS: ("orders",),
}
_LACKING: Final = (State.FAILED, State.ABSENT)


def unavailable(slots: Mapping[str, Slot], *, injury_shown: bool, drafts_given: bool) -> dict[Fact, str]:
    """Facts that nobody could deliver, with the reason.

    Args:
        slots: The prefetch keys that the service asked for.
        injury_shown: Whether evidence of a work-related injury was found; without, one lacking source leaves it open.
        drafts_given: Whether orders came as drafts of the hook's context, which need no prefetch.
    """
    lacking = {key: slot.reason or f"{key} was not given" for key, slot in slots.items() if slot.state in _LACKING}
    if not lacking:
        return {}
    found: dict[Fact, str] = {}
    for fact, keys in _ALL_OF.items():
        reasons = [lacking[key] for key in keys if key in lacking]
        if reasons:
            found[fact] = reasons[0]
    for fact, keys in _ANY_OF.items():
        asked = [key for key in keys if key in slots]
        if asked and all(key in lacking for key in asked):
            found[fact] = lacking[asked[0]]
    if not injury_shown:
        reasons = [lacking[key] for key in _INJURY_SOURCES if key in lacking]
        if reasons:
            found[Fact.INJURY] = reasons[0]
    if "orders" in lacking and not drafts_given:
        found[Fact.ORDERS] = lacking["orders"]
    return found


def kept_elsewhere(slots: Mapping[str, Slot], facts: Iterable[Fact]) -> dict[Fact, str]:
    """Of these unavailable facts those that lack only what the EHR never sends, with the place where it is kept."""
    found: dict[Fact, str] = {}
    for fact in facts:
        lacking = [slots[key] for key in _SOURCES[fact] if key in slots and slots[key].state in _LACKING]
        places = [slot.kept for slot in lacking if slot.kept is not None]
        if places and len(places) == len(lacking):
            found[fact] = " and ".join(dict.fromkeys(places))
    return found
