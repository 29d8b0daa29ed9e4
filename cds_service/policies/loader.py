"""Strict reading of policy files: every refusal is a ``PolicyError`` that names file and key."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, TypeAlias

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from cds_service.domain.codes import PayerClass
from cds_service.domain.values import Confidence, PolicyValue, Source
from cds_service.policies.model import BUNDLED, Match, Policy, Status, Superseded
from cds_service.policies.parameters import FIRST_UNIT_FULL, FIRST_UNIT_MINIMUM, PARAMETERS
from cds_service.policies.refusals import duplicate, first_line, in_words, meant, not_yaml

Loc: TypeAlias = tuple[str | int, ...]
Text: TypeAlias = Annotated[
    str, StringConstraints(min_length=1, strip_whitespace=True), Field(json_schema_extra={"pattern": r"\S"})
]

DEEPEST: Final = 12
POLICY_ID: Final = r"^[a-z0-9]+(-[a-z0-9]+)*$"
SUFFIXES: Final = frozenset({".yaml", ".yml"})


class PolicyError(ValueError):
    """A policy file that cannot be trusted. The text has one line per problem: file, line, key, what is wrong."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


class _Source(_Strict):
    """Where a value was read."""

    title: Text
    """Name of the contract, rule, manual or table."""
    retrieved: date
    """The day somebody read it."""
    paragraph: Text | None = None
    """Section, page or paragraph in it."""
    href: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] | None = None
    """Its address, where there is one."""


class _Value(_Strict):
    """One value with its first day, its source and how sure it is."""

    since: date = Field(alias="from")
    """First date of service it holds for; an earlier value ends the day before."""
    until: date | None = None
    """Last date of service it holds for, where no later value follows."""
    value: Any
    """What the payer wants; it replaces the whole value of less specific policies."""
    source: _Source
    """Where it was read."""
    confidence: Confidence
    """verified: read in the payer's or the law's own text. seed: from the general coding guide. default: a
    recommendation, no rule of the payer was found. unverified: somebody says so; it asks and never decides."""
    note: Text | None = None
    """What a reader of the card should know beside it."""
    dated: bool = True
    """false where the source gives no effective date and the first day is only as far back as we answer."""
    conflict: Text | None = None
    """How other sources differ; the card says it."""


class _Match(_Strict):
    """To whom the policy applies: every key that is given has to agree; without any it applies to everyone."""

    payer: list[Text] | Text = Field(default=[])
    """Names, identifiers or references of the payer. A name matches as whole words in any case."""
    payer_class: PayerClass | None = None
    """Kind of payer."""
    jurisdiction: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$")] | None = None
    """State whose law applies, like US-TX."""


class PolicyFile(_Strict):
    """A policy for the Work Rehab CDS: to whom it applies, and dated, cited values."""

    policy: Annotated[str, StringConstraints(pattern=POLICY_ID)]
    """Its id: the name of the file without .yaml, like site-north."""
    title: Text
    """Its name for people."""
    match: _Match = _Match()
    """To whom it applies; left out, to everyone."""
    status: Status
    """complete, partial, or historical (the source is no longer current)."""
    supersedes: Superseded | None = None
    """Kind of layers that do not apply where this policy does: jurisdiction for a federal program."""
    not_modelled: list[Text] = Field(default=[])
    """What a reader might expect here and does not find."""
    values: dict[str, Annotated[list[_Value], Field(min_length=1)]]
    """Values by parameter; each has one or more, one after the other."""


_KEYS: Final = [
    field.alias or name for kind in (PolicyFile, _Match, _Value, _Source) for name, field in kind.model_fields.items()
]
"""Keys of the file format, for those that are nearly one of them."""


class _Document:
    """One file's text, and where its keys stand; lines are looked up only when something is wrong."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.text = text

    def error(self, *problems: tuple[Loc, str]) -> PolicyError:
        """Return the error that names file, line and key of each problem."""
        root = YAML(typ="safe", pure=True).compose(self.text)
        return PolicyError(
            "\n".join(f"{self.path}:{_line(root, where)}: {_key(where)}: {what}" for where, what in problems)
        )


def _line(node: Node | None, where: Loc) -> int:
    """Line of the deepest part of ``where`` that exists in the document."""
    line = 1
    for part in where:
        if isinstance(node, MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _key(where: Loc) -> str:
    """Key as a path: ``values.modifiers.program[0].source``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where)
    return text.removeprefix(".") or "(whole file)"


def files_of(folder: Path) -> list[Path]:
    """List the policy files of a folder, by name; other files are left alone.

    Raises:
        PolicyError: the folder is missing, is none, or cannot be read.
    """
    try:
        return sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)
    except FileNotFoundError as problem:
        raise PolicyError(f"{folder}: there is no such policy folder; make it, or correct CDS_POLICY_DIRS") from problem
    except NotADirectoryError as problem:
        raise PolicyError(f"{folder}: not a folder; name the folder that holds it in CDS_POLICY_DIRS") from problem
    except OSError as problem:
        raise PolicyError(
            f"{folder}: the policy folder cannot be read: {problem.strerror};"
            " let the user that runs the service read it, or take it out of CDS_POLICY_DIRS"
        ) from problem


def load_folder(folder: Path, place: int = BUNDLED) -> tuple[Policy, ...]:
    """Read all policy files of a folder, by name.

    Args:
        folder: Holds one ``.yaml`` file per policy; other files are left alone.
        place: 0 for bundled data, else the place of the site folder in the settings, from 1.

    Raises:
        PolicyError: the folder cannot be read or has no policy file, or a file is refused.
    """
    files = files_of(folder)
    if not files:
        raise PolicyError(
            f"{folder}: the policy folder has no .yaml file; put one in, or take the folder out of CDS_POLICY_DIRS"
        )
    return tuple(load_file(path, place) for path in files)


def load_file(path: Path, place: int = BUNDLED) -> Policy:
    """Read one policy file.

    Raises:
        PolicyError: the file is not what the README of this package asks for.
    """
    document, data = _parse(path)
    try:
        file = PolicyFile.model_validate_json(_json(document, (), data))
    except ValidationError as problem:
        raise document.error(*_problems(problem)) from None
    if file.policy != path.stem:
        raise document.error((("policy",), f"the file of policy {file.policy} has to be named {file.policy}.yaml"))
    values = {name: _dated(document, file.policy, name, rows) for name, rows in file.values.items()}
    payer = file.match.payer
    policy = Policy(
        id=file.policy,
        title=file.title,
        match=Match(
            (payer,) if isinstance(payer, str) else tuple(payer), file.match.payer_class, file.match.jurisdiction
        ),
        status=file.status,
        values=MappingProxyType(values),
        file=str(path),
        not_modelled=tuple(file.not_modelled),
        folder=place,
        supersedes=file.supersedes,
    )
    check_first_unit(policy)
    return policy


def check_first_unit(policy: Policy, below: Policy | None = None) -> None:
    """Refuse a policy in which the least time for 97545 is more than its full time, on any date.

    Args:
        policy: The policy to judge.
        below: The layer that gives what the policy itself does not say.

    Raises:
        PolicyError: the minimum is above the full time.
    """
    layers = (policy,) if below is None else (policy, below)
    minimums, fulls = (
        tuple(value for one in layers for value in one.values.get(name.name, ()))
        for name in (FIRST_UNIT_MINIMUM, FIRST_UNIT_FULL)
    )
    for on in sorted({value.since for value in (*minimums, *fulls)}):
        minimum, full = (
            next((value for one in layers if (value := one.value_on(name.name, on))), None)
            for name in (FIRST_UNIT_MINIMUM, FIRST_UNIT_FULL)
        )
        if minimum is not None and full is not None and minimum.value > full.value:
            key = next(value.parameter for value in (minimum, full) if value.policy == policy.id)
            raise PolicyError(
                f"{policy.file}: values.{key}: on {on} the minimum of {minimum.value} minutes"
                f" ({minimum.policy}) is above the full {full.value} ({full.policy}); correct one of them"
            )


def _parse(path: Path) -> tuple[_Document, object]:
    """Read YAML 1.2 with unique keys."""
    try:
        text = path.read_text(encoding="utf-8")
        return _Document(path, text), YAML(typ="safe", pure=True).load(text)
    except OSError as problem:
        raise PolicyError(
            f"{path}: the file cannot be read: {problem.strerror}; let the user that runs the service read it"
        ) from problem
    except UnicodeDecodeError as problem:
        raise PolicyError(f"{path}: the file is not UTF-8 text; save it as UTF-8") from problem
    except DuplicateKeyError as problem:
        raise PolicyError(f"{_place(path, problem)}: {duplicate(problem)}") from problem
    except MarkedYAMLError as problem:
        raise PolicyError(f"{_place(path, problem)}: {not_yaml(text, problem)}") from problem
    except (YAMLError, ValueError, RecursionError) as problem:
        raise PolicyError(f"{path}: not readable as YAML: {first_line(str(problem))}") from problem


def _place(path: Path, problem: MarkedYAMLError) -> str:
    """File and line of a YAML error."""
    mark = problem.problem_mark or problem.context_mark
    return f"{path}:{mark.line + 1}" if mark is not None else str(path)


def _json(document: _Document, where: Loc, data: object) -> bytes:
    """Return parsed YAML as JSON, which is what types are checked against.

    Raises:
        PolicyError: a key that is not text, or a value that JSON cannot hold.
    """
    bad = next(_unfit(data, where), None)
    if bad is not None:
        raise document.error(bad)
    try:
        return orjson.dumps(data)
    except TypeError as problem:
        raise document.error(
            (where, f"a value that is neither text, number, date, list nor table ({problem})")
        ) from None


def _unfit(data: object, where: Loc) -> Iterator[tuple[Loc, str]]:
    """Keys that are not text, and parts nested so deep that they can only contain themselves."""
    if len(where) > DEEPEST:
        yield where[:DEEPEST], "nested too deep; does an alias contain itself?"
    elif isinstance(data, Mapping):
        for key, value in data.items():
            if not isinstance(key, str):
                yield (*where, str(key)), f"the key {key} is not text: put code numbers in quotes"
            yield from _unfit(value, (*where, str(key)))
    elif isinstance(data, Sequence) and not isinstance(data, str):
        for index, value in enumerate(data):
            yield from _unfit(value, (*where, index))


def _problems(problem: ValidationError, where: Loc = ()) -> list[tuple[Loc, str]]:
    """Each problem of a validation as key and words."""
    found = [((*where, *one["loc"]), one) for one in problem.errors(include_url=False)]
    return [(place, in_words(one, place, _KEYS)) for place, one in found]


@cache
def _adapter(parameter: str) -> TypeAdapter[Any]:
    """Return the check of a parameter's values; built once per parameter that is used."""
    kind: Any = PARAMETERS[parameter].kind
    return TypeAdapter(kind)


def _dated(document: _Document, policy: str, name: str, rows: Sequence[_Value]) -> tuple[PolicyValue[Any], ...]:
    """Check the values of one parameter; a value without ``until`` ends the day before the next one starts."""
    if name not in PARAMETERS:
        hint = meant(name, PARAMETERS) or "cds_service/policies/parameters.py has all names"
        raise document.error((("values", name), f"unknown parameter; {hint}"))
    values = [_value(document, policy, name, index, row) for index, row in enumerate(rows)]
    order = sorted(range(len(values)), key=lambda index: values[index].since)
    for earlier, later in pairwise(order):
        start, until = values[later].since, values[earlier].until
        if values[earlier].since == start or (until is not None and until >= start):
            what = f"overlapping dates: the value from {values[earlier].since} is in force on {start} too"
            raise document.error((("values", name, later, "from"), f"{what}; end it before, or take one out"))
        if until is None:
            values[earlier] = replace(values[earlier], until=start - timedelta(days=1))
    return tuple(values[index] for index in order)


def _value(document: _Document, policy: str, name: str, index: int, row: _Value) -> PolicyValue[Any]:
    """Check one value against the type of its parameter."""
    where: Loc = ("values", name, index)
    if row.until is not None and row.until < row.since:
        raise document.error(((*where, "until"), f"ends on {row.until}, before it starts on {row.since}; correct one"))
    try:
        value = _adapter(name).validate_json(orjson.dumps(row.value), strict=True)
    except ValidationError as problem:
        takes = f"; the parameter takes: {PARAMETERS[name].unit}"
        raise document.error(*((at, what + takes) for at, what in _problems(problem, (*where, "value")))) from None
    source = row.source
    return PolicyValue(
        parameter=name,
        value=MappingProxyType(value) if isinstance(value, dict) else value,
        plain=row.value,
        policy=policy,
        since=row.since,
        source=Source(source.title, source.retrieved, source.paragraph, source.href),
        confidence=row.confidence,
        until=row.until,
        note=row.note,
        dated=row.dated,
        conflict=row.conflict,
    )
