"""Strict reading of policy files: every refusal is a ``PolicyError`` that names file and key."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import orjson
from pydantic import TypeAdapter, ValidationError

from cds_service.domain.values import PolicyValue, Source
from cds_service.policies.files.document import Document, PolicyError, json_of, parse
from cds_service.policies.files.format import POLICY_KEYS, DatedValue, PolicyFile
from cds_service.policies.files.refusals import meant, refusal_in_words
from cds_service.policies.files.schema import choices
from cds_service.policies.model import BUNDLED, Match, Policy
from cds_service.policies.parameters import FIRST_UNIT_FULL, FIRST_UNIT_MINIMUM, PARAMETERS
from cds_service.yaml_files import KeyPath

SUFFIXES: Final = frozenset({".yaml", ".yml"})


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
        PolicyError: the file is not what docs/policies.md asks for.
    """
    document, data = parse(path)
    try:
        file = PolicyFile.model_validate_json(json_of(document, (), data))
    except ValidationError as problem:
        raise document.error(*problems_of(problem)) from None
    if file.policy != path.stem:
        raise document.error((("policy",), f"the file of policy {file.policy} has to be named {file.policy}.yaml"))
    values = {name: _dated(document, file.policy, name, rows) for name, rows in file.values.items()}
    payer = file.match.payer
    policy = Policy(
        id=file.policy,
        title=file.title,
        match=Match(
            (payer,) if isinstance(payer, str) else tuple(payer),
            file.match.payer_class,
            file.match.jurisdiction,
            tuple(file.match.payer_exactly),
        ),
        status=file.status,
        values=MappingProxyType(values),
        file=str(path),
        not_modelled=tuple(file.not_modelled),
        folder=place,
        supersedes=file.supersedes,
    )
    check_first_unit_times(policy)
    return policy


def check_first_unit_times(policy: Policy, below: Policy | None = None) -> None:
    """Refuse a policy in which the least time for 97545 is more than its full time, on any date.

    Args:
        policy: The policy to judge.
        below: The layer that gives what the policy itself does not say.

    Raises:
        PolicyError: the minimum is above the full time.
    """
    layers = (policy,) if below is None else (policy, below)
    minimums, fulls = (
        tuple(value for layer in layers for value in layer.values.get(name.name, ()))
        for name in (FIRST_UNIT_MINIMUM, FIRST_UNIT_FULL)
    )
    for on in sorted({value.since for value in (*minimums, *fulls)}):
        minimum, full = (
            next((value for layer in layers if (value := layer.value_on(name.name, on))), None)
            for name in (FIRST_UNIT_MINIMUM, FIRST_UNIT_FULL)
        )
        if minimum is not None and full is not None and minimum.value > full.value:
            key = next(value.parameter for value in (minimum, full) if value.policy == policy.id)
            raise PolicyError(
                f"{policy.file}: values.{key}: on {on} the minimum of {minimum.value} minutes"
                f" ({minimum.policy}) is above the full {full.value} ({full.policy}); correct one of them"
            )


def problems_of(problem: ValidationError, where: KeyPath = ()) -> list[tuple[KeyPath, str]]:
    """Each problem of a validation as key and words."""
    found = [((*where, *error["loc"]), error) for error in problem.errors(include_url=False)]
    return [(place, refusal_in_words(error, place, POLICY_KEYS)) for place, error in found]


@cache
def _adapter(parameter: str) -> TypeAdapter[Any]:
    """Return the check of a parameter's values; built once per parameter that is used."""
    kind: Any = PARAMETERS[parameter].kind
    return TypeAdapter(kind)


def _dated(document: Document, policy: str, name: str, rows: Sequence[DatedValue]) -> tuple[PolicyValue[Any], ...]:
    """Check the values of one parameter: those for both programs first, then those of each kind, oldest first.

    A value without ``until`` ends the day before the next one of its kind starts.
    """
    if name not in PARAMETERS:
        hint = meant(name, PARAMETERS) or "cds_service/policies/parameters.py has all names"
        raise document.error((("values", name), f"unknown parameter; {hint}"))
    values = [_value(document, policy, name, index, row) for index, row in enumerate(rows)]
    order = sorted(range(len(values)), key=lambda index: (values[index].program or "", values[index].since))
    for earlier, later in pairwise(order):
        if values[earlier].program != values[later].program:
            continue
        start, until = values[later].since, values[earlier].until
        if values[earlier].since == start or (until is not None and until >= start):
            problem = f"overlapping dates: the value from {values[earlier].since} is in force on {start} too"
            raise document.error((("values", name, later, "from"), f"{problem}; end it before, or take one out"))
        if until is None:
            values[earlier] = replace(values[earlier], until=start - timedelta(days=1))
    return tuple(values[index] for index in order)


def _value(document: Document, policy: str, name: str, index: int, row: DatedValue) -> PolicyValue[Any]:
    """Check one value against the type of its parameter."""
    where: KeyPath = ("values", name, index)
    if row.until is not None and row.until < row.since:
        raise document.error(((*where, "until"), f"ends on {row.until}, before it starts on {row.since}; correct one"))
    try:
        value = _adapter(name).validate_json(orjson.dumps(row.value), strict=True)
    except ValidationError as problem:
        takes = "" if choices(PARAMETERS[name]) else f"; the parameter takes: {PARAMETERS[name].unit}"
        raise document.error(*((at, text + takes) for at, text in problems_of(problem, (*where, "value")))) from None
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
        program=row.program,
    )
