"""Minutes to units: of 97545 and 97546 (T-1 to T-3), and of the 15-minute codes beside them (T-6)."""

from collections.abc import Mapping
from typing import Final, NamedTuple

QUARTER: Final = 15
LEAST_OF_A_QUARTER: Final = 8


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


def quarters(minutes: int) -> int:
    """Units of 15 minutes: one from 8 minutes, two from 23, and so on (Pub. 100-04 chapter 5 section 20.2; T-6)."""
    return (minutes + QUARTER - LEAST_OF_A_QUARTER) // QUARTER


def quarters_by_code(minutes: Mapping[str, int]) -> dict[str, int]:
    """Units of each 15-minute code judged alone, each past its own midpoint (CPT; T-6)."""
    return {code: quarters(of_code) for code, of_code in minutes.items()}


def quarters_by_total(minutes: Mapping[str, int]) -> dict[str, int]:
    """Units of each 15-minute code when the total time of the date decides how many there are (CMS; T-6).

    Every code has its full quarters; what is left over is pooled, and each further unit goes to the code with the
    most minutes left, of two alike to the one with more time in all, then to the lower code.
    """
    found = {code: of_code // QUARTER for code, of_code in minutes.items()}
    further = quarters(sum(minutes.values())) - sum(found.values())
    left = sorted(minutes, key=lambda code: (-(minutes[code] % QUARTER), -minutes[code], code))
    for code in left[: max(further, 0)]:
        found[code] += 1
    return found
