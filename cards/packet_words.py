"""The sentences of the authorization packet, from ``packet_words.yaml``, which a clinician can edit."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from typing import Final

from jinja2 import Environment, StrictUndefined, Template, TemplateSyntaxError, UndefinedError

from cards.markdown import plain
from cards.numbers import FILTERS, capital, readable
from cards.wording import WordingError
from cds_service.domain.codes import LABELS
from cds_service.yaml_files import YamlError, YamlFile

FILE: Final = "packet_words.yaml"


def sentence(section: str, key: str, today: date, facts: Mapping[str, object] | None = None) -> str:
    """One line of plain text; values of the record are made harmless for the place they go to.

    Raises:
        WordingError: there is no such entry, or it needs a fact that was not passed.
    """
    template = packet_template(section, key)
    try:
        return plain(template.render({"labels": LABELS, **(facts or {}), "today": today}))
    except (UndefinedError, TypeError, ValueError) as error:
        raise WordingError(f"{FILE}: {section}: {key}: {error}") from error


@cache
def packet_texts() -> Mapping[tuple[str, str], str]:
    """All entries by section and key, read once.

    Raises:
        WordingError: the file cannot be read, or is not made of sections with texts.
    """
    try:
        content = YamlFile.read(resources.files("cards") / FILE, FILE).content
    except YamlError as problem:
        raise WordingError(str(problem)) from problem
    if not isinstance(content, dict) or not all(isinstance(entries, dict) for entries in content.values()):
        raise WordingError(f"{FILE}: must have sections with texts")
    return {
        (str(section), str(key)): str(text) for section, entries in content.items() for key, text in entries.items()
    }


@cache
def packet_template(section: str, key: str) -> Template:
    """One entry, compiled when it is first used.

    Raises:
        WordingError: there is no such entry, or it does not compile.
    """
    text = packet_texts().get((section, key))
    if text is None:
        raise WordingError(f"{FILE}: {section}: has no words for {key}")
    try:
        return _environment().from_string(text.strip())
    except TemplateSyntaxError as error:
        raise WordingError(f"{FILE}: {section}: {key}: line {error.lineno}: {error.message}") from error


@cache
def _environment() -> Environment:
    environment = Environment(
        undefined=StrictUndefined,
        finalize=lambda value: plain(value if isinstance(value, str) else readable(value)),
        autoescape=False,  # noqa: S701 - plain text; the page that shows it escapes it for HTML
    )
    environment.filters.update({**FILTERS, "capital": capital})
    return environment
