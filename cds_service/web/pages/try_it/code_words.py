"""What the codes on a card mean, for readers who do not bill; the words are our own."""

import re
from collections.abc import Iterable
from typing import Final

MEANINGS: Final = {
    "97545": "work conditioning or work hardening, the first 2 hours of a day",
    "97546": "each further hour of that day",
    "GP": "given under a physical therapy plan of care",
    "GO": "given under an occupational therapy plan of care",
    "GN": "given under a speech therapy plan of care",
    "CQ": "given by a physical therapist assistant",
    "CO": "given by an occupational therapy assistant",
    "WC": "work conditioning, where the payer requires it to be named",
    "WH": "work hardening, where the payer requires it to be named",
    "CA": "the program is accredited",
    "KX": "beyond the year's allowed amount, and medically necessary",
    "52": "less than the whole service was given",
    "59": "a separate service on the same date",
}
_CODE: Final = re.compile("|".join(rf"\b{code}\b" for code in MEANINGS))
_NUMBERS: Final = frozenset({"52", "59"})
_MODIFIER: Final = re.compile(r"(?:modifier |-|with |add )(52|59)\b", re.IGNORECASE)


def codes_in(texts: Iterable[str]) -> list[tuple[str, str]]:
    """The codes that stand in these texts, with their meanings, in the order of the table."""
    whole = "\n".join(texts)
    found = set(_CODE.findall(whole)) - _NUMBERS | set(_MODIFIER.findall(whole))
    return [(code, meaning) for code, meaning in MEANINGS.items() if code in found]
