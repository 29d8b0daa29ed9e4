"""Units of time as systems spell them (``hr``, ``Hours``, ``week``), as FHIR has them (UCUM)."""

from typing import Final

_SPELLED: Final = {
    spelling: unit
    for unit, spellings in {
        "s": "s sec second",
        "min": "min minute mn",
        "h": "h hr hour hur",
        "d": "d day",
        "wk": "wk week w",
        "mo": "mo month mth",
        "a": "a yr year y",
    }.items()
    for spelling in spellings.split()
}


def unit_of_time(text: str | None) -> str | None:
    """The unit that a text spells, in the singular or plural; None for another text."""
    if text is None:
        return None
    word = text.strip().lower().rstrip(".")
    return _SPELLED.get(word) or _SPELLED.get(word.removesuffix("s"))
