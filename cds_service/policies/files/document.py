"""A policy file as YAML: its text, where its keys stand, and its content as JSON; refusals name file, line and key."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final, TypeAlias

import orjson
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from cds_service.policies.files.refusals import duplicate, first_line, not_yaml

Loc: TypeAlias = tuple[str | int, ...]

DEEPEST: Final = 12
LARGEST: Final = 2**53
_DATE: Final = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")


class PolicyError(ValueError):
    """A policy file that cannot be trusted. The text has one line per problem: file, line, key, what is wrong."""


class Document:
    """One file's text, and where its keys stand; lines are looked up only when something is wrong."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.text = text

    def error(self, *problems: tuple[Loc, str]) -> PolicyError:
        """Return the error that names file, line and key of each problem."""
        root = YAML(typ="safe", pure=True).compose(self.text)
        return PolicyError(
            "\n".join(f"{self.path}:{_line(root, where)}: {_key(where)}: {text}" for where, text in problems)
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


def parse(path: Path) -> tuple[Document, object]:
    """Read YAML 1.2 with unique keys."""
    try:
        text = path.read_text(encoding="utf-8")
        return Document(path, text), YAML(typ="safe", pure=True).load(text)
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
        line, day = _no_date(text)
        if day is not None:
            raise PolicyError(f"{path}:{line}: {day} is no date; write it like 2026-01-31") from problem
        raise PolicyError(f"{path}: not readable as YAML: {first_line(str(problem))}") from problem


def _no_date(text: str) -> tuple[int, str | None]:
    """Line and text of the first date that does not exist, like 2026-13-01."""
    for number, line in enumerate(text.splitlines(), start=1):
        for found in _DATE.findall(line):
            try:
                date.fromisoformat(found)
            except ValueError:
                return number, found
    return 0, None


def _place(path: Path, problem: MarkedYAMLError) -> str:
    """File and line of a YAML error."""
    mark = problem.problem_mark or problem.context_mark
    return f"{path}:{mark.line + 1}" if mark is not None else str(path)


def json_of(document: Document, where: Loc, data: object) -> bytes:
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
    """Keys that are not text, numbers beyond use, and parts nested so deep that they can only contain themselves."""
    if len(where) > DEEPEST:
        yield where[:DEEPEST], "nested too deep; does an alias contain itself?"
    elif isinstance(data, int | float) and not abs(data) <= LARGEST:
        yield where, "a number as large as this means nothing here; correct it"
    elif isinstance(data, Mapping):
        for key, value in data.items():
            if not isinstance(key, str):
                yield (*where, str(key)), f"the key {key} is not text: put code numbers in quotes"
            yield from _unfit(value, (*where, str(key)))
    elif isinstance(data, Sequence) and not isinstance(data, str):
        for index, value in enumerate(data):
            yield from _unfit(value, (*where, index))
