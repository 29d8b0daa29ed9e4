"""The words of the cards: one YAML file per topic that a clinician can read and edit.

Templates are Jinja2, compiled when the files are loaded. Whatever a template inserts is escaped for the place it goes
to: Markdown in ``detail``, plain text in ``summary`` and suggestion labels. A fact that a template names and the
finding does not bring is an error, never a blank.
"""

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import date
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Final, NamedTuple

from jinja2 import Environment, StrictUndefined, Template, TemplateSyntaxError, Undefined, UndefinedError, meta
from jinja2.runtime import Context

from cards.markdown import escape, plain
from cards.numbers import FILTERS, readable
from cds_service.domain.codes import LABELS
from cds_service.domain.frozen import dataclass
from cds_service.yaml_files import YamlError, YamlFile

SUMMARY_LIMIT: Final = 139
AS_SENT: Final = " (as far as sent)"
"""Ends the summary of what is not on record where not all was sent, unless the kind has words of its own for it."""
KNOWN_EVERYWHERE: Final = frozenset({"today", "confidence", "labels", "as_sent", "unread"})

_FIELDS: Final = frozenset({"summary", "detail", "suggestions", "optional", "examples", "obtain"})


class WordingError(Exception):
    """A wording file or one of its entries cannot be used; the message names file and kind."""


@dataclass(frozen=True, slots=True)
class CardWords:
    """The templates of one kind with the facts of one finding filled in on demand."""

    _wording: "Wording"
    _context: Context

    @property
    def summary(self) -> str:
        """Plain text under 140 characters; a longer one is cut at a word."""
        text = plain(self._wording.fill(self._wording.summary, self._context))
        reserved = self._context.parent["as_sent"] and not self._wording.speaks_as_sent
        return fit(text, AS_SENT if reserved else "")

    @property
    def detail(self) -> str | None:
        """Markdown paragraphs, or None when the kind has none."""
        template = self._wording.detail
        return self._wording.fill(template, self._context).strip() if template else None

    def label(self, key: str, facts: Mapping[str, object]) -> str | None:
        """The label of a suggestion, filled with its own facts too; None when the file has no label for the key."""
        template = self._wording.suggestions.get(key)
        if template is None:
            return None
        context = self._context
        if facts:
            context = template.new_context({**context.parent, **facts}, shared=True)
        return fit(plain(self._wording.fill(template, context)))


class Obtainable(NamedTuple):
    """Documents, answers and acts that would settle a finding; ``why_none`` says why there are none."""

    sentences: tuple[str, ...] = ()
    why_none: str | None = None


@dataclass(frozen=True, slots=True)
class Wording:
    """Compiled templates of one finding kind. ``facts`` are the names its templates read.

    ``speaks_as_sent`` is whether its summary has words of its own for where not all was sent. ``examples`` are values
    of facts that the tests of the words take. ``obtain`` is what would settle the finding; it reads no facts.
    """

    kind: str
    file: str
    summary: Template
    detail: Template | None
    suggestions: Mapping[str, Template]
    optional: Mapping[str, None]
    facts: frozenset[str]
    speaks_as_sent: bool = False
    examples: Mapping[str, object] = field(default_factory=dict)
    obtain: Obtainable = Obtainable()

    def words(
        self,
        facts: Mapping[str, object],
        today: date,
        confidence: str = "",
        labels: Mapping[str, str] = LABELS,
        *,
        as_sent: bool = False,
        unread: bool = False,
    ) -> CardWords:
        """Bind the facts of a finding.

        ``confidence`` is that of its deciding policy value, ``labels`` name codes; ``as_sent`` is whether it says what
        is not on record where not all was sent, ``unread`` whether a record of it came that could not be used.
        """
        everywhere = {"today": today, "confidence": confidence, "labels": labels, "as_sent": as_sent, "unread": unread}
        known = {**self.optional, **facts, **everywhere}
        return CardWords(self, self.summary.new_context(known, shared=True))

    def fill(self, template: Template, context: Context) -> str:
        """Render one template of this kind.

        Raises:
            WordingError: a fact that the template needs is not among those given.
        """
        try:
            return "".join(template.root_render_func(context))
        except (UndefinedError, TypeError, ValueError) as error:
            raise WordingError(f"{self.file}: {self.kind}: {error}") from error


def fit(text: str, ending: str = "") -> str:
    """Text under 140 characters: cut after a whole word, marked with an ellipsis (CH-S-05); the ending stays."""
    limit = SUMMARY_LIMIT - len(ending)
    if len(text) <= limit:
        return text + ending
    return f"{text[:limit].rpartition(' ')[0].rstrip(' ,;:') or text[: limit - 1]}…{ending}"


@cache
def bundled_wordings() -> Mapping[str, Wording]:
    """The wording files of this package by kind, loaded once; call it at start so that mistakes stop the start."""
    return load_wordings(resources.files("cards") / "wording")


def kinds() -> tuple[str, ...]:
    """The finding kinds that have words, in order of the files."""
    return tuple(bundled_wordings())


def load_wordings(folder: Traversable) -> Mapping[str, Wording]:
    """Read and compile every ``*.yaml`` of a folder.

    Raises:
        WordingError: unreadable file, unknown or missing field, template that does not compile, kind in two files.
    """
    found: dict[str, Wording] = {}
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".yaml"):
            continue
        for kind, entry in entries_of(file).items():
            if kind in found:
                raise WordingError(f"{file.name}: {kind}: already worded in {found[kind].file}")
            found[kind] = _compiled(file.name, kind, entry)
    return MappingProxyType(found)


def entries_of(file: Traversable) -> Mapping[str, object]:
    """The entries of a wording file by name.

    Raises:
        WordingError: it cannot be read, or is not made of named entries.
    """
    try:
        content = YamlFile.read(file, file.name).content
    except YamlError as problem:
        raise WordingError(str(problem)) from problem
    if not isinstance(content, dict) or not all(isinstance(kind, str) for kind in content):
        raise WordingError(f"{file.name}: the file must map names to their words")
    return content


def _compiled(file: str, kind: str, entry: object) -> Wording:
    where = f"{file}: {kind}"
    if not isinstance(entry, dict):
        raise WordingError(f"{where}: must have fields, at least summary")
    if unknown := sorted(set(entry) - _FIELDS, key=str):
        raise WordingError(
            f"{where}: unknown field {', '.join(map(str, unknown))}; known are {', '.join(sorted(_FIELDS))}"
        )
    summary, detail = entry.get("summary"), entry.get("detail")
    suggestions, optional = entry.get("suggestions", {}), entry.get("optional", [])
    examples = entry.get("examples", {})
    if not isinstance(summary, str) or not summary.strip():
        raise WordingError(f"{where}: summary is missing")
    if detail is not None and (not isinstance(detail, str) or not detail.strip()):
        raise WordingError(f"{where}: detail must be text")
    if not isinstance(suggestions, dict) or not all(
        isinstance(text, str) and text.strip() for text in suggestions.values()
    ):
        raise WordingError(f"{where}: suggestions must map keys to label text")
    if not isinstance(optional, list) or not all(isinstance(name, str) for name in optional):
        raise WordingError(f"{where}: optional must list names of facts")
    if not isinstance(examples, dict):
        raise WordingError(f"{where}: examples must map names of facts to values")
    of_summary, in_summary = _template(f"{where}: summary", summary, _PLAIN)
    of_detail, in_detail = _template(f"{where}: detail", detail, _MARKDOWN) if detail else (None, set[str]())
    of_labels = {str(key): _template(f"{where}: suggestions.{key}", text, _PLAIN) for key, text in suggestions.items()}
    return Wording(
        kind=kind,
        file=file,
        summary=of_summary,
        detail=of_detail,
        suggestions={key: template for key, (template, _) in of_labels.items()},
        optional=dict.fromkeys(optional),
        facts=frozenset(in_summary | in_detail).union(*(names for _, names in of_labels.values())) - KNOWN_EVERYWHERE,
        speaks_as_sent="as_sent" in in_summary,
        examples=examples,
        obtain=_obtainable(where, entry.get("obtain", [])),
    )


def _obtainable(where: str, entry: object) -> Obtainable:
    match entry:
        case {"nothing": str(why), **more} if not more and why.strip():
            return Obtainable(why_none=plain(why))
        case list() if all(isinstance(text, str) and text.strip() for text in entry):
            return Obtainable(tuple(map(plain, entry)))
        case _:
            raise WordingError(f"{where}: obtain must list sentences, or say {{nothing: why}}")


def plain_template(where: str, text: str) -> Template:
    """A template of plain text, compiled; ``where`` is its place in the files.

    Raises:
        WordingError: it does not compile; names the place and the line.
    """
    return _template(where, text, _PLAIN)[0]


def _template(where: str, text: str, environment: Environment) -> tuple[Template, set[str]]:
    """A template, and the names that it reads."""
    try:
        parsed = environment.parse(text.strip())
        return environment.from_string(parsed), meta.find_undeclared_variables(parsed)
    except TemplateSyntaxError as error:
        raise WordingError(f"{where}: line {error.lineno}: {error.message}") from error


def _environment(made_safe: Callable[[str], str]) -> Environment:
    def finalize(value: object) -> object:
        if isinstance(value, Undefined):
            return str(value)
        return made_safe(value if isinstance(value, str) else readable(value))

    environment = Environment(
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - finalize escapes every inserted value, for Markdown as well as for HTML
    )
    environment.filters.update(FILTERS)
    return environment


_PLAIN: Final = _environment(plain)
_MARKDOWN: Final = _environment(escape)
