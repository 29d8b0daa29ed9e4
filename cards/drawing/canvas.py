"""Templates of pictures: filled with escaped text, and with the stylesheet where a picture stands alone."""

from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cards.markdown import one_line

ELLIPSIS: Final = "\u2026"


def stylesheet_file() -> Traversable:
    """The file of the rules that give pictures their colors, on paper, on light and on dark screens."""
    return resources.files("cards.drawing") / "drawing.css"


@cache
def stylesheet() -> str:
    """The rules themselves."""
    return stylesheet_file().read_text(encoding="utf-8")


def shortened(text: str, most: int) -> str:
    """One line of text without characters that an XML file may not hold, cut to so many characters."""
    line = one_line(text)
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}{ELLIPSIS}"


def _printable(value: object) -> object:
    """Text on one line and without what an XML file may not hold; markup and numbers as they are."""
    return one_line(value) if type(value) is str else value


@cache
def templates() -> Environment:
    """The templates of this package and of the timeline, all of whose text is escaped."""
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("cards.drawing"), PackageLoader("cards.timeline")]),
        autoescape=True,
        finalize=_printable,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(short=shortened)
    return environment


def drawn(template: str, *, standalone: bool = False, **facts: object) -> Markup:
    """The picture that a template makes of these facts; ``standalone`` as a file of its own."""
    style = Markup(stylesheet()) if standalone else ""  # noqa: S704 - our own stylesheet
    return Markup(templates().get_template(template).render(**facts, style=style))  # noqa: S704 - escaped by the template
