"""Which units of a 15-minute code carry the assistant's modifier when a therapist and an assistant gave it (M-2)."""

from typing import NamedTuple

from cds_service.domain.units import LEAST_OF_A_QUARTER, QUARTER


class Shared(NamedTuple):
    """Units by who gave them; ``contested`` when readings of the last, shared unit differ."""

    therapist: int
    assistant: int
    contested: bool = False


def share_units(units: int, therapist: int, assistant: int, percent: int) -> Shared:
    """Divide the units of one code among the minutes of the therapist and those of the assistant alone.

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
        return Shared(by_therapist + 1, by_assistant + 1, min(left, left_assistant) < LEAST_OF_A_QUARTER)
    over = left_assistant * 100 > percent * (left + left_assistant)
    of_therapist = left >= LEAST_OF_A_QUARTER
    contested = bool(further) and over and of_therapist and assistant * 100 > percent * (therapist + assistant)
    to_assistant = further if over and not of_therapist else 0
    return Shared(by_therapist + further - to_assistant, by_assistant + to_assistant, contested)
