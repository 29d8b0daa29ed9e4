"""The state whose agency or fund pays, as the payer's name tells it: the rules of other states are not its own."""

import re
from functools import lru_cache
from typing import Final

from cds_service.domain.jurisdictions import STATES

# Agencies that are known without the state's name: Washington's department, Ohio's bureau.
_KNOWN: Final = (
    ("WA", re.compile(r"\blabor (?:and|&) industries\b|\bl ?& ?i\b|\blni\b", re.IGNORECASE)),
    ("OH", re.compile(r"\bohio bwc\b|^\s*bwc\s*$", re.IGNORECASE)),
)
_AGENCY: Final = re.compile(
    r"\b(?:dep(?:t|artment)|bureau|commission|division|board|admin(?:istration)?|authority|agency"
    r"|state (?:insurance )?fund|comp(?:ensation)? (?:insurance )?fund|workforce safety|bwc)\b",
    re.IGNORECASE,
)
_NAME: Final = re.compile(
    r"\b(?:" + "|".join(sorted(map(re.escape, STATES.values()), key=len, reverse=True)) + r")\b", re.IGNORECASE
)
_CODE: Final = re.compile(r"^\s*([A-Z]{2})\s", re.ASCII)
_CODES: Final = {name.upper(): code for code, name in STATES.items()}


@lru_cache(maxsize=1024)
def state_of(names: tuple[str, ...]) -> str | None:
    """``US-WA`` of a payer whose names say that it is an agency or fund of one state; None where they do not."""
    states = {state for name in names if (state := _state(name)) is not None}
    return f"US-{states.pop()}" if len(states) == 1 else None


def _state(name: str) -> str | None:
    if _AGENCY.search(name) is not None:
        written = _NAME.search(name)
        if written is not None:
            return _CODES[written[0].upper()]
        code = _CODE.match(name)
        if code is not None and code[1] in STATES:
            return code[1]
    return next((state for state, known in _KNOWN if known.search(name)), None)
