"""Where a number lies on a picture, and the round numbers beside an axis."""

import math
from collections.abc import Iterable
from typing import Final, NamedTuple

ROUND_STEPS: Final = (1, 2, 5, 10)
MOST_MARKS: Final = 5


class Scale(NamedTuple):
    """Numbers from ``low`` to ``high`` laid on the pixels from ``start`` to ``end``; ``end`` may be the smaller one."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The pixel of a number, to a tenth; all of an empty range lies at its start."""
        if self.high == self.low:
            return self.start
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def length(self, value: float) -> float:
        """The pixels that an amount takes, never negative."""
        return round(abs(self.at(self.low + value) - self.start), 1)


def marks(low: float, high: float, most: int = MOST_MARKS, *, whole: bool = True) -> tuple[float, ...]:
    """Round numbers that hold everything from ``low`` to ``high``, about ``most`` of them, evenly apart.

    Where they are ``whole``, none lies between two whole numbers, as counts ask for.
    """
    span = high - low or 1.0
    rough = span / max(most - 1, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in ROUND_STEPS if factor * power >= rough * 0.999)
    step = max(step, 1.0) if whole else step
    first, last = math.floor(low / step), math.ceil(high / step)
    return tuple(round(index * step, 6) for index in range(first, max(last, first + 1) + 1))


def thinned(labels: Iterable[str], most: int) -> tuple[str, ...]:
    """Labels of which so many are left as fit; the others are empty, so that places stay."""
    listed = tuple(labels)
    every = max(1, math.ceil(len(listed) / most))
    return tuple(label if index % every == 0 else "" for index, label in enumerate(listed))
