"""Numbers, dates and code lines as people read them; the filters of the wording files."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Final, Protocol

from jinja2 import pass_context
from jinja2.runtime import Context

from cds_service.domain.codes import PAYERS_IN_WORDS, Program

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

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
    """``14 Mar``, with the year unless it is this year; text is left as it is."""
    if isinstance(value, str):
        return value
    short = f"{value.day} {MONTHS[value.month - 1]}"
    return short if today is not None and value.year == today.year else f"{short} {value.year}"


def quantity(value: float | str, unit: str) -> str:
    """``1 visit``, ``12 visits``: the unit in the plural is given."""
    count = number(value)
    return f"{count} {unit.removesuffix('s') if count == '1' else unit}"


def listed(values: Iterable[object]) -> str:
    """``A``, ``A and B``, ``A, B and C``; text alone is left as it is."""
    if isinstance(values, str):
        return values
    words = [value if isinstance(value, str) else readable(value) for value in values]
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def codes(lines: Iterable[Line]) -> str:
    """``97545 x1 + 97546 x2, GP``; modifiers stand at each line when the lines differ in them."""
    given = tuple(lines)
    if not given:
        return "no work-rehab lines"
    if len({tuple(line.modifiers) for line in given}) == 1:
        text = " + ".join(f"{line.code} x{number(line.units)}" for line in given)
        return ", ".join(filter(None, (text, " ".join(given[0].modifiers))))
    return " + ".join("-".join((line.code, *line.modifiers)) + f" x{number(line.units)}" for line in given)


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


def readable(value: object) -> str:
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
        return day(value)
    return str(value)


@pass_context
def _day_of_this_year(context: Context, value: date | str) -> str:
    return day(value, context["today"])


FILTERS: Final[Mapping[str, Callable[..., object]]] = {
    "day": _day_of_this_year,
    "days": lambda value: quantity(value, "days"),
    "weeks": lambda value: quantity(value, "weeks"),
    "minutes": lambda value: f"{number(value)} min",
    "hours": lambda value: f"{number(value)} h",
    "units": lambda value: quantity(value, "units"),
    "quantity": quantity,
    "number": number,
    "codes": codes,
    "list": listed,
    "label": label,
    "program": program,
    "payer": payer,
}
