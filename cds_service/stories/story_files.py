"""Stories in YAML files: the bundled ones and any other."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from cds_service.stories.story import Story, StoryError, build

_FOLDER: Final = resources.files("cds_service.stories") / "bundled"


@cache
def bundled() -> tuple[str, ...]:
    """Names of the stories that come with the package, in alphabetical order."""
    return tuple(sorted(file.name.removesuffix(".yaml") for file in _FOLDER.iterdir() if file.name.endswith(".yaml")))


def load(name: str, today: date) -> Story:
    """Build a bundled story for today.

    Raises:
        StoryError: No bundled story has this name.
    """
    if name not in bundled():
        raise StoryError("stories", "", f"there is none called '{name}'; there are: {', '.join(bundled())}")
    file = _FOLDER / f"{name}.yaml"
    return _stories(file.read_text(encoding="utf-8"), file.name, name, today)[0]


def read(path: Path, today: date) -> tuple[Story, ...]:
    """Build the stories of a YAML file, one for each document in it, named by the file unless they name themselves.

    Raises:
        StoryError: The file is not YAML, repeats a key, or a story in it cannot be read; names file and key.
        OSError: The file cannot be opened.
    """
    return _stories(path.read_text(encoding="utf-8"), path.name, path.stem, today)


def _stories(text: str, source: str, name: str, today: date) -> tuple[Story, ...]:
    documents = _documents(text, source)
    return tuple(
        build(
            {"name": name if number == 1 else f"{name}-{number}", **document}, today, _place(source, number, documents)
        )
        for number, document in enumerate(documents, start=1)
    )


def _place(source: str, number: int, documents: list[Mapping[str, Any]]) -> str:
    name = documents[number - 1].get("name", f"story {number}")
    return f"{source} ({name})" if len(documents) > 1 else source


def _documents(text: str, source: str) -> list[Mapping[str, Any]]:
    try:
        documents = [document for document in YAML(typ="safe", pure=True).load_all(text) if document is not None]
    except MarkedYAMLError as wrong:
        line = f"line {wrong.problem_mark.line + 1}" if wrong.problem_mark else ""
        raise StoryError(source, line, str(wrong.problem or "not YAML").split("\n", 1)[0]) from None
    for document in documents:
        if not isinstance(document, Mapping):
            raise StoryError(source, "", "a story is a mapping of keys")
    return documents
