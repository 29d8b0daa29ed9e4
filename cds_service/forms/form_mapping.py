"""The forms of a site: which PDF is for whom, and what goes into which field of it; checked against the PDF itself."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Final, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from cds_service.domain.packet import PacketUse, Parties, Party
from cds_service.domain.terms import REQUEST_ELEMENT_WORDS
from cds_service.errors import ConfigurationError
from cds_service.forms.pdf_fields import NotAFormError, fields_of
from cds_service.forms.pdf_forms import TODAY, FieldKind, FilledWith, PdfField, PdfForm, PdfFormsOnHand
from cds_service.yaml_files import KeyPath, YamlError, YamlFile

REQUESTS_AHEAD: Final = (PacketUse.FIRST, PacketUse.RENEWAL)
"""What a form is for that does not say."""
MAPPING_FILE: Final = "forms.yaml"
MOST_PDF_BYTES: Final = 32 * 1024 * 1024
MOST_NAMES: Final = 5
_PARTIES: Final = tuple(name for name in Parties._fields if name not in {"birth_date", "treating"})
FIELD_FACTS: Final = (
    TODAY,
    *(f"{party}.{part}" for party in _PARTIES for part in Party._fields if part != "reference"),
)
"""Single facts that a field can take, like ``requester.npi``; ``day`` is the day of the request."""

_Text: TypeAlias = Annotated[str, StringConstraints(min_length=1)]


class _FilledWritten(BaseModel):
    model_config = ConfigDict(extra="forbid")

    element: str | None = None
    fact: str | None = None
    text: str | None = None


class _FormWritten(BaseModel):
    model_config = ConfigDict(extra="forbid")

    file: _Text
    title: _Text
    policies: list[_Text] = Field(default_factory=list)
    form: _Text | None = None
    uses: list[PacketUse] = Field(default_factory=lambda: [*REQUESTS_AHEAD], alias="for", min_length=1)
    fields: dict[str, _FilledWritten] = Field(min_length=1)


class _FileWritten(BaseModel):
    model_config = ConfigDict(extra="forbid")

    forms: list[_FormWritten]


def load_forms(folder: Path) -> PdfFormsOnHand:
    """The forms of a folder.

    Raises:
        ConfigurationError: a form or its mapping cannot be used; names file, key and what to do.
    """
    file = folder / MAPPING_FILE
    if not file.is_file():
        raise ConfigurationError(
            f"CDS_FORMS: there is no file {file}; write it: for each form its file, title, policies and fields"
        )
    try:
        written = YamlFile.read(file)
        forms = _forms(written)
    except YamlError as problem:
        raise ConfigurationError(f"CDS_FORMS: {problem}") from None
    return PdfFormsOnHand([_checked(written, number, form, folder) for number, form in enumerate(forms)])


def _forms(written: YamlFile) -> list[_FormWritten]:
    try:
        return _FileWritten.model_validate(written.content).forms
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
        path = tuple(first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise _refused(written, path, f"{message}; see docs/packet.md for how a form is described") from None


def _checked(written: YamlFile, number: int, form: _FormWritten, folder: Path) -> PdfForm:
    path: KeyPath = ("forms", number)
    if Path(form.file).name != form.file:
        raise _refused(written, (*path, "file"), "is no name of a file; put the PDF beside forms.yaml and name it here")
    if not form.policies and form.form is None:
        raise _refused(written, path, "is for nobody; give it policies, or the form that a policy names")
    try:
        content = _read(folder / form.file)
        fields = fields_of(content)
    except NotAFormError as problem:
        raise _refused(written, (*path, "file"), f"{form.file} {problem}") from None
    filled = []
    for name, entry in form.fields.items():
        what = FilledWith(entry.element, entry.fact, entry.text)
        filled.append((_field(written, (*path, "fields", name), fields, what, form.file), what))
    return PdfForm(
        title=form.title,
        file=form.file,
        content=content,
        policies=frozenset(form.policies),
        form=form.form,
        uses=frozenset(form.uses),
        filled=tuple(filled),
    )


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > MOST_PDF_BYTES:
            raise NotAFormError("is over 32 MiB; get the form itself, not a scan of it")
        return file.read_bytes()
    except OSError as problem:
        raise NotAFormError(f"cannot be read: {problem.strerror}; put it beside forms.yaml") from None


def _field(written: YamlFile, path: KeyPath, fields: Mapping[str, PdfField], what: FilledWith, file: str) -> PdfField:
    name = str(path[-1])
    field = fields.get(name)
    if field is None:
        raise _refused(written, path, f"{file} has no such field; {_near(name, fields)}")
    for problem in _problems(field, what):
        raise _refused(written, path, problem)
    return field


def _problems(field: PdfField, what: FilledWith) -> Iterator[str]:
    if sum(part is not None for part in (what.element, what.fact, what.text)) != 1:
        yield "takes one of element, fact and text; write one of them"
    if what.element is not None and what.element not in REQUEST_ELEMENT_WORDS:
        yield f"{what.element} is no element of a request; {_near(what.element, REQUEST_ELEMENT_WORDS)}"
    if what.fact is not None and what.fact not in FIELD_FACTS:
        yield f"{what.fact} is no fact; {_near(what.fact, FIELD_FACTS)}"
    if field.kind is FieldKind.OTHER:
        yield "is a signature; leave it out, and have it signed by hand"
    if field.kind is FieldKind.BOX and what.text not in field.states:
        yield f"is a box to check; write it as text, one of: {', '.join(field.states) or 'none'}"


def _near(name: str, names: Iterable[str]) -> str:
    """The names that a reader may have meant, else some of those there are."""
    known = list(names)
    by_small = {entry.casefold(): entry for entry in known}
    near = [by_small[found] for found in get_close_matches(name.casefold(), by_small, n=MOST_NAMES)]
    if near:
        return f"did you mean {' or '.join(near)}?"
    more = f", and {len(known) - MOST_NAMES} more" if len(known) > MOST_NAMES else ""
    return f"there are {', '.join(known[:MOST_NAMES])}{more}"


def _refused(written: YamlFile, path: KeyPath, why: str) -> ConfigurationError:
    return ConfigurationError(f"CDS_FORMS: {written.places(path)[0]}: {why}")
