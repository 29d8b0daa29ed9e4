"""Which units carry the assistant's modifier, and which plan's, when several people gave them (M-1, M-2)."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from cds_service.domain.codes import Discipline
from cds_service.domain.units import LEAST_OF_A_QUARTER, QUARTER

HOUR: Final = 60


class Shared(NamedTuple):
    """Units by who gave them; ``contested`` when readings of the last, shared unit differ."""

    therapist: int
    assistant: int
    contested: bool = False


def share_units(units: int, therapist: int, assistant: int, percent: int) -> Shared:
    """Divide the units of one 15-minute code among the minutes of the therapist and those of the assistant alone.

    Whole quarters belong to whoever gave them. A unit made of what both have left is the assistant's when more than
    ``percent`` of it are, unless the therapist's part alone would make it. Where that is so and the assistant gave more
    than ``percent`` of the whole service, sources differ.
    """
    if not assistant or not units:
        return Shared(units, 0)
    if not therapist:
        return Shared(0, units)
    by_therapist, by_assistant = therapist // QUARTER, assistant // QUARTER
    left, left_assistant = therapist % QUARTER, assistant % QUARTER
    further = units - by_therapist - by_assistant
    if further > 1:
        return Shared(by_therapist + 1, by_assistant + 1)
    over = left_assistant * 100 > percent * (left + left_assistant)
    of_therapist = left >= LEAST_OF_A_QUARTER
    contested = bool(further) and over and of_therapist and assistant * 100 > percent * (therapist + assistant)
    to_assistant = further if over and not of_therapist else 0
    return Shared(by_therapist + further - to_assistant, by_assistant + to_assistant, contested)


def share_hours(units: int, therapist: int, assistant: int, percent: int, least: int) -> Shared:
    """Divide the units of further hours, 97546, in the same way.

    Nothing is the assistant's unless more than ``percent`` of all further minutes are. Whole hours belong to whoever
    gave them; a unit made of what both have left is the assistant's when more than ``percent`` of it are. Beside other
    units that is contested where the therapist's part, of ``least`` minutes or more, would have made it alone: no
    source tells how the rule for the last unit of a 15-minute code applies to an hour.
    """
    if not units or assistant * 100 <= percent * (therapist + assistant):
        return Shared(units, 0)
    if not therapist:
        return Shared(0, units)
    by_assistant = min(assistant // HOUR, units)
    by_therapist = min(therapist // HOUR, units - by_assistant)
    left, left_assistant = therapist % HOUR, assistant % HOUR
    further = units - by_therapist - by_assistant
    if further > 1:
        return Shared(by_therapist + 1, units - by_therapist - 1, min(left, left_assistant) < least)
    over = left_assistant * 100 > percent * (left + left_assistant)
    contested = bool(further) and over and left >= least and units > 1
    to_assistant = further if over else 0
    return Shared(by_therapist + further - to_assistant, by_assistant + to_assistant, contested)


class Allotted(NamedTuple):
    """Units of further hours by discipline; ``contested`` when the last of them is nobody's alone."""

    units: dict[Discipline, int]
    contested: bool = False


def allot_hours(units: int, minutes: Mapping[Discipline, int], least: int) -> Allotted:
    """Divide the units of further hours among disciplines that treat under plans of their own (M-1).

    Each has its whole hours, and one more for what is left where that reaches ``least`` minutes. If that does not come
    to the units of all the time together, the last ones go to the discipline with most left, and are contested.
    """
    own = {discipline: (of_one // HOUR, of_one % HOUR) for discipline, of_one in minutes.items()}
    found = {discipline: whole + (left >= least) for discipline, (whole, left) in own.items()}
    if sum(found.values()) == units:
        return Allotted(found)
    found = {discipline: whole for discipline, (whole, _) in own.items()}
    missing = units - sum(found.values())
    by_rest = sorted(own, key=lambda discipline: (-own[discipline][1], discipline.value))
    for discipline in by_rest[: max(missing, 0)]:
        found[discipline] += 1
    over = -missing
    for discipline in reversed(by_rest):
        taken = min(max(over, 0), found[discipline])
        found[discipline] -= taken
        over -= taken
    return Allotted(found, contested=True)
