"""Minutes to units of 97545 and 97546 (T-1 to T-3)."""

from typing import NamedTuple


class TimeRule(NamedTuple):
    """Thresholds in minutes: the full first block, what still counts as one, and what makes a further hour count."""

    full: int
    minimum: int
    additional: int


class Units(NamedTuple):
    """Units of 97545 (0 or 1 a date) and of 97546 (0 unless the first block is there)."""

    first: int
    further: int


def units(minutes: int, rule: TimeRule) -> Units:
    """Units for the countable minutes of one date.

    A first block short of ``rule.full`` but not of ``rule.minimum`` counts as one here; whether the payer takes it
    is another question (T-4). Further hours start after the full block; the last one counts from
    ``rule.additional`` minutes.
    """
    if minutes < rule.minimum:
        return Units(0, 0)
    return Units(1, max(0, (minutes - rule.full + 60 - rule.additional) // 60))
