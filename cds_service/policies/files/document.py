"""A policy file: what it says as JSON; refusals name file, line and key."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import orjson

from cds_service.yaml_files import KeyPath, YamlError, YamlFile

DEEPEST: Final = 12
LARGEST: Final = 2**53


class PolicyError(ValueError):
    """A policy file that cannot be trusted. The text has one line per problem: file, line, key, what is wrong."""


class Document(YamlFile):
    """A policy file, which says what is wrong with it."""

    def error(self, *problems: tuple[KeyPath, str]) -> PolicyError:
        """Return the error that names file, line and key of each problem."""
        places = self.places(*(path for path, _ in problems))
        return PolicyError(
            "\n".join(f"{place}: {problem}" for place, (_, problem) in zip(places, problems, strict=True))
        )


def parse(path: Path) -> tuple[Document, object]:
    """Read a policy file.

    Raises:
        PolicyError: the file cannot be read as YAML.
    """
    try:
        document = Document.read(path)
        data = document.content
    except YamlError as problem:
        raise PolicyError(str(problem)) from problem
    return document, data


def json_of(document: Document, where: KeyPath, data: object) -> bytes:
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


def _unfit(data: object, where: KeyPath) -> Iterator[tuple[KeyPath, str]]:
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
