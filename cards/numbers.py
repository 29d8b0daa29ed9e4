"""Numbers, dates, times and code lines as a US therapist or biller writes them; the filters of the wording files."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, Protocol

from jinja2 import pass_context
from jinja2.runtime import Context

from cds_service.domain.codes import FIRST_BLOCK, FURTHER_HOUR, PAYERS_IN_WORDS, Program
from cds_service.domain.coverage_and_claims import Authorization
from cds_service.domain.findings import Amount, Days, EvidenceLine, Times

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NOON: Final = 12
_HOUR: Final = 60
_QUARTER: Final = 15

NO_VALUE: Final = "a fact without a value; name it under optional and ask for it with if"


class Line(Protocol):
    """A claim line of any origin: a proposed or an already charged one."""

    @property
    def code(self) -> str:
        """CPT or HCPCS code."""

    @property
    def modifiers(self) -> tuple[str, ...]:
        """Modifiers in the order they are sent."""

    @property
    def units(self) -> float:
        """Billed units."""


def number(value: float | str | None) -> str:
    """4.0 as ``4``, 3.25 as ``3.25``, 4.3333 as ``4.33``; text that is no number is left as it is.

    Raises:
        ValueError: there is no value.
    """
    if isinstance(value, int):
        return str(value)
    if value is None:
        raise ValueError(NO_VALUE)
    try:
        return f"{float(value):.2f}".rstrip("0").rstrip(".")
    except ValueError:
        return str(value)


def day(value: date | str, today: date | None = None) -> str:
    """``Mar 14``, with the year unless it is this year; text is left as it is."""
    if isinstance(value, str):
        return value
    short = f"{MONTHS[value.month - 1]} {value.day}"
    return short if today is not None and value.year == today.year else f"{short}, {value.year}"


def days(value: Days, today: date | None = None) -> str:
    """``Nov 2 to Dec 22``; an end that is open or not recorded is said."""
    if value.start is None:
        return f"to {day(value.end, today)}" if value.end is not None else "no dates on record"
    if value.end is None:
        return f"from {day(value.start, today)}, no end date"
    return f"{day(value.start, today)} to {day(value.end, today)}"


def times(value: Times) -> str:
    """``8:00 to 11:00 am``, ``11:00 am to 1:00 pm``; with the zone where it is named."""
    start, end = _half_of_day(value.start), _half_of_day(value.end)
    first = _clock(value.start) if start == end else f"{_clock(value.start)} {start}"
    return " ".join(filter(None, (f"{first} to {_clock(value.end)} {end}", value.zone)))


def _clock(moment: datetime) -> str:
    return f"{moment.hour % _NOON or _NOON}:{moment.minute:02}"


def _half_of_day(moment: datetime) -> str:
    return "am" if moment.hour < _NOON else "pm"


def capital(text: str) -> str:
    """The text with a capital letter first."""
    return text[:1].upper() + text[1:]


def quantity(value: float | str, unit: str) -> str:
    """``1 visit``, ``12 visits``: the unit in the plural is given. Minutes are ``240 min``."""
    count = number(value)
    if unit == "minutes":
        return f"{count} min"
    return f"{count} {unit.removesuffix('s') if count == '1' else unit}"


def hours(value: float) -> str:
    """``4 hours``, ``1.5 hours``; ``1 h 35 min`` where no quarter of an hour fits."""
    length = round(value * _HOUR)
    if length % _QUARTER == 0:
        return quantity(value, "hours")
    whole, rest = divmod(length, _HOUR)
    return f"{whole} h {rest} min" if whole else f"{rest} min"


def all_approved(value: float, unit: str) -> str:
    """``all 11 approved visits are``, ``the 1 approved visit is``."""
    count = number(value)
    return f"the 1 approved {unit.removesuffix('s')} is" if count == "1" else f"all {count} approved {unit} are"


def duration(minutes: int) -> str:
    """``2 h``; ``31 min`` where it is no whole hour."""
    return f"{minutes // _HOUR} h" if minutes and minutes % _HOUR == 0 else f"{minutes} min"


def listed(values: Iterable[object]) -> str:
    """``A``, ``A and B``, ``A, B and C``; text alone is left as it is."""
    if isinstance(values, str):
        return values
    words = [value if isinstance(value, str) else readable(value) for value in values]
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def either(values: Sequence[str]) -> str:
    """``A``, ``A or B``, ``A, B or C``."""
    return " or ".join(filter(None, (", ".join(values[:-1]), *values[-1:])))


def code_line(line: Line) -> str:
    """``97546-WH-GP-CQ x2``: the one way in which a line is written."""
    return "-".join((line.code, *line.modifiers)) + f" x{number(line.units)}"


def codes(lines: Iterable[Line], between: str = ", ") -> str:
    """``97545-GP x1, 97546-GP x2``."""
    return between.join(map(code_line, lines)) or "no work-rehab lines"


def breakdown(lines: Iterable[Line], minutes: int, full: int) -> str:
    """``first 2 h = 97545-GP x1, next 2 h = 97546-GP x2``: which time makes which lines; a rest makes no unit."""
    lines = tuple(lines)
    first, further = ([line for line in lines if line.code == code] for code in (FIRST_BLOCK, FURTHER_HOUR))
    if minutes < full or not first or len(first) + len(further) < len(lines):
        return codes(lines)
    text = f"first {duration(full)} = {codes(first, ' + ')}"
    if minutes == full:
        return text
    return f"{text}, next {duration(minutes - full)} = {codes(further, ' + ') if further else 'no further unit'}"


@pass_context
def label(context: Context, code: str) -> str:
    """The short label of a code; the code itself when there is none."""
    labels: Mapping[str, str] = context["labels"]
    return labels.get(code, code)


def program(kind: str) -> str:
    """``work conditioning``, ``work hardening``, or what they have in common when the kind is not known."""
    return "work rehabilitation" if kind == Program.UNKNOWN else f"work {kind}"


def payer(payer_class: str) -> str:
    """A class of payer in words."""
    return PAYERS_IN_WORDS.get(payer_class, payer_class)


def authorization(value: Authorization, today: date | None = None) -> str:
    """``approved, PA-77, Nov 2 to Dec 22, 12 visits, 97545 only``."""
    amount = quantity(value.quantity, value.unit or "(unit not given)") if value.quantity is not None else None
    dates = days(Days(value.start, value.end), today)
    limited = f"{listed(value.codes)} only" if value.codes else None
    unnamed = None if value.names_service else "names no service"
    return ", ".join(filter(None, (value.state.value, value.number, dates, amount, limited, unnamed)))


def readable(value: object, today: date | None = None) -> str:
    """A fact of any type in words.

    Raises:
        ValueError: there is no value.
    """
    if value is None:
        raise ValueError(NO_VALUE)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, date):
        return day(value, today)
    written = _TYPED.get(type(value))
    return written(value, today) if written is not None else str(value)


_TYPED: Final[Mapping[type, Callable[[Any, date | None], str]]] = {
    Amount: lambda value, _: quantity(value.value, value.unit),
    Days: days,
    Times: lambda value, _: times(value),
    EvidenceLine: lambda value, _: code_line(value),
    Authorization: authorization,
}


@pass_context
def _day_of_this_year(context: Context, value: date | str) -> str:
    return day(value, context["today"])


def _joined(texts: Sequence[str]) -> str:
    return "; ".join(texts)


FILTERS: Final[Mapping[str, Callable[..., object]]] = {
    "day": _day_of_this_year,
    "days": lambda value: quantity(value, "days"),
    "weeks": lambda value: quantity(value, "weeks"),
    "minutes": lambda value: quantity(value, "minutes"),
    "hours": hours,
    "duration": duration,
    "units": lambda value: quantity(value, "units"),
    "quantity": quantity,
    "all_approved": all_approved,
    "capital": capital,
    "number": number,
    "codes": codes,
    "breakdown": breakdown,
    "list": listed,
    "either": either,
    "choices": _joined,
    "label": label,
    "program": program,
    "payer": payer,
}
