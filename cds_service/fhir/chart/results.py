"""Results of a measurement: a number with its unit, a grade, a choice; or none, where nothing was measured.

"Not attempted", "refused", an absent reason, an empty concept are none. What is written in sentences may hold a result
and may not: it is kept with the doubt.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from cds_service.fhir.reading.clinical_resources import Component, ObservationResource
from cds_service.fhir.reading.concept_words import texts
from cds_service.fhir.reading.elements import CodeableConcept, Quantity, Ratio

Measured: TypeAlias = ObservationResource | Component

IN_WORDS: Final = "its result is in words, without a measured value"

# http://terminology.hl7.org/CodeSystem/data-absent-reason, v3-NullFlavor, SNOMED CT (refused, not done, not performed),
# LOINC answer of HL7's functional-performance examples (not attempted).
NO_RESULT_CODES: Final = frozenset(
    {
        "unknown", "asked-unknown", "temp-unknown", "not-asked", "asked-declined", "masked", "not-applicable",
        "unsupported", "error", "not-a-number", "not-performed", "not-permitted",
        "UNK", "NASK", "ASKU", "NAV", "NAVU", "NA", "NI", "MSK", "NP",
        "443390004", "183944003", "105480006", "385660001", "262008008", "416237000",
        "LA26735-3",
    }
)  # fmt: skip
_DONE: Final = (
    r"(?:attempted|performed|done|tested|assessed|completed|evaluated|measured|obtained|taken|recorded|reported|"
    r"available|applicable|asked|administered|scored|indicated|tolerated|able|possible|complete)"
)
_NOTHING: Final = re.compile(
    rf"\bnot[\s\-]+(?:yet[\s\-]+|been[\s\-]+)?{_DONE}\b|\b(?:un|non)[\s\-]?{_DONE}\b"
    r"|\brefus\w*|\bdeclin(?:ed|es)\b|\bdefer\w*|\bomitted\b|\bskipped\b|\bwithheld\b|\bcancell?ed\b|\bno[\s\-]show\b"
    r"|\bcontraindicated\b|\bunknown\b|\bincomplete\b|\b(?:could|can|did)(?:\s+not|n?['\u2019]t)\b|\bcannot\b"
    r"|\bn\.?[/\\]?a\.?(?=\W|$)|\bn[/\\]t\b|\btbd\b|^\W*(?:nt|dnt|uto|unk|none|nil)\W*$",
    re.IGNORECASE,
)
_ELSEWHERE: Final = re.compile(
    r"\bpending\b|\bto follow\b|\bsee\b.{0,20}\b(?:notes?|reports?|attach\w*|charts?|scan\w*|documents?)\b",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(
    r"(?:score\s*[:=]?\s*)?([+\-]?\d+(?:\.\d+)?)\s*"
    r"(?:(?:/|\bof\b|\bout of\b)\s*(\d+(?:\.\d+)?)|([a-z%#\u00b0\[\]_]{1,12})\.?)?",
    re.IGNORECASE,
)
_MEASURED: Final = re.compile(
    r"(?<!\bon\s)\b\d{1,3}\s*[+\-]?\s*/\s*(?:5|50|80|100)(?![\d/])|\d\s*(?:%|\u00b0)"
    r"|\d\s*#(?=\W|$)|\d\s*(?:lbs?|pounds?|kgs?|kilos?|percent|deg|degrees?|f(?:ee)?t|m|met(?:er|re)s?|cm|mm|in|inches|reps?|repetitions|"
    r"s|secs?|seconds?|mins?|minutes?|n|newtons?|psi|points?)\b",
    re.IGNORECASE,
)
_ORDINAL: Final = re.compile(r"[0-5]\s*[+\-]{1,2}\s*(?:/\s*\d{1,2})?|[1-5]\s*-\s*/\s*5")
# Grades of a muscle test, levels of help and physical demand levels, as a result is written in a word or two.
_GRADES: Final = frozenset(
    {
        "normal", "good", "fair", "poor", "trace", "zero", "independent", "modified independent", "supervision",
        "contact guard", "minimal assist", "min assist", "moderate assist", "mod assist", "maximal assist",
        "max assist", "min a", "mod a", "max a", "cga", "sba", "standby assist", "stand by assist",
        "minimal assistance", "moderate assistance", "maximal assistance", "total assist", "dependent",
        "within normal limits", "within functional limits", "wnl", "wfl", "sedentary", "light", "light medium",
        "medium", "medium heavy", "heavy", "very heavy", "pass", "passed", "fail", "failed", "positive", "negative",
    }
)  # fmt: skip
_UNITS: Final = {
    "lbs": "lb", "#": "lb", "pound": "lb", "pounds": "lb", "[lb_av]": "lb", "[lbf_av]": "lb", "kgs": "kg",
    "kilogram": "kg", "kilograms": "kg", "percent": "%", "\u00b0": "deg", "degree": "deg",
    "degrees": "deg", "meter": "m", "meters": "m",
    "feet": "ft", "foot": "ft", "[ft_i]": "ft", "sec": "s", "secs": "s", "second": "s", "seconds": "s",
    "minute": "min", "minutes": "min", "mins": "min", "rep": "reps", "repetitions": "reps", "1": None,
}  # fmt: skip


class Measurement(NamedTuple):
    """What was measured: a number where there is one, its unit ("lb", "/5" for so many of five), a doubt about it."""

    value: float | None = None
    unit: str | None = None
    doubt: str | None = None


CODED: Final = Measurement()
DOUBTFUL: Final = Measurement(doubt=IN_WORDS)


def result_of(record: Measured) -> Measurement | None:
    """The result of an Observation or one of its components; None where nothing was measured."""
    if record.data_absent_reason is not None and _says_something(record.data_absent_reason):
        return None
    if record.value_quantity is not None:
        return _of_quantity(record.value_quantity)
    if record.value_integer is not None:
        return Measurement(record.value_integer)
    if record.value_codeable_concept is not None:
        return measured_of_concept(record.value_codeable_concept)
    if record.value_string is not None:
        return measured_in_words(record.value_string)
    return _of_ratio(record.value_ratio) if record.value_ratio is not None else _without_number(record)


def measured_of_concept(concept: CodeableConcept) -> Measurement | None:
    """A coded result; one that says that nothing was done is none, a text alone is read as words."""
    codes = [coding.code for coding in concept.coding if coding.code]
    if not NO_RESULT_CODES.isdisjoint(codes):
        return None
    words = texts(concept)
    read = [measured_in_words(text) for text in words]
    if not codes:
        return next((result for result in read if result is not None), None) if None not in read else None
    if any(_NOTHING.search(text) or stands_elsewhere(text) for text in words):
        return None
    return next((result for result in read if result is not None and result.value is not None), CODED)


def measured_in_words(text: str) -> Measurement | None:
    """A result written as text: "42 %", "42/100" and "30 lb" are numbers, "4+/5" and "good" are grades."""
    text = text.strip()
    if not re.search(r"\w", text):
        return None
    number = _NUMBER.fullmatch(text)
    if number is not None:
        value, most, unit = number.groups()
        if most and float(value) > float(most):
            return DOUBTFUL
        return Measurement(float(value), f"/{float(most):g}" if most else _unit(unit))
    plain = " ".join(re.findall(r"[a-z]+", text.lower()))
    if _ORDINAL.fullmatch(text) or plain in _GRADES:
        return CODED
    unmeasured, measured = (
        _NOTHING.search(text) is not None or stands_elsewhere(text),
        _MEASURED.search(text) is not None,
    )
    if unmeasured and not measured:
        return None
    return CODED if measured and not unmeasured else DOUBTFUL


def stands_elsewhere(text: str) -> bool:
    """Whether a text says that the result stands in another place, like "see report"."""
    return _ELSEWHERE.search(text) is not None


def _without_number(record: Measured) -> Measurement | None:
    """A range, samples or a time of day tell that something was measured; yes or no alone does not."""
    if record.value_boolean is not None:
        return DOUBTFUL
    if record.value_range is not None:
        bounds = (record.value_range.low, record.value_range.high)
        return CODED if any(bound is not None and bound.value is not None for bound in bounds) else None
    samples = record.value_sampled_data.data if record.value_sampled_data is not None else record.value_time
    return CODED if samples and re.search(r"\d", samples) else None


def _of_quantity(quantity: Quantity) -> Measurement | None:
    if quantity.value is None:
        return None
    return Measurement(quantity.value, _unit(quantity.unit or quantity.code))


def _of_ratio(ratio: Ratio) -> Measurement | None:
    over, under = ratio.numerator, ratio.denominator
    if over is None or over.value is None:
        return None
    if under is None or under.value is None:
        return Measurement(over.value, _unit(over.unit or over.code))
    return Measurement(over.value, f"{_unit(over.unit) or ''}/{under.value:g}{_unit(under.unit) or ''}")


@lru_cache(maxsize=1024)
def _unit(written: str | None) -> str | None:
    """One spelling of a unit; None for a bare number or score."""
    if written is None:
        return None
    unit = written.strip().lower()
    if not unit or unit.startswith("{") or unit in {"score", "scores", "points", "point", "pts"}:
        return None
    return _UNITS.get(unit, unit)


def _says_something(concept: CodeableConcept) -> bool:
    return bool(concept.text) or any(coding.code or coding.display for coding in concept.coding)
