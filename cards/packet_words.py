"""The sentences of the authorization packet, from ``packet_words.yaml``, which a clinician can edit."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from typing import Final

from jinja2 import Template, UndefinedError

from cards.markdown import plain
from cards.wording import WordingError, entries_of, plain_template
from cds_service.domain.codes import LABELS

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
def packet_template(section: str, key: str) -> Template:
    """One entry, compiled when it is first used.

    Raises:
        WordingError: there is no such entry, or it does not compile.
    """
    entries = _sections().get(section)
    text = entries.get(key) if isinstance(entries, Mapping) else None
    if not isinstance(text, str):
        raise WordingError(f"{FILE}: {section}: has no words for {key}")
    return plain_template(f"{FILE}: {section}: {key}", text)


@cache
def _sections() -> Mapping[str, object]:
    return entries_of(resources.files("cards") / FILE)
