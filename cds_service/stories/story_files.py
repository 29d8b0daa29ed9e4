"""Stories in YAML files: the bundled ones and any other."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from cds_service.stories.story import Story, StoryError, build
from cds_service.yaml_files import YamlError, YamlFile

_PACKAGE: Final = resources.files("cds_service.stories")
_FOLDER: Final = _PACKAGE / "bundled"
_EXAMPLES: Final = _PACKAGE / "rule_examples.yaml"


@cache
def bundled() -> tuple[str, ...]:
    """Names of the stories that come with the package, in alphabetical order."""
    return tuple(sorted(file.name.removesuffix(".yaml") for file in _FOLDER.iterdir() if file.name.endswith(".yaml")))


def load(name: str, today: date) -> Story:
    """Build a bundled story for today.

    Raises:
        StoryError: No bundled story has this name.
    """
    return _stories(_bundled_file(name), name, today)[0]


@cache
def words_of_story(name: str) -> Mapping[str, Any]:
    """What a bundled story says, in the words of ``cds_service.stories.language``; not to be changed.

    Raises:
        StoryError: No bundled story has this name.
    """
    return {"name": name, **_documents(_bundled_file(name))[0]}


@cache
def _words_of_examples() -> Mapping[str, Mapping[str, Any]]:
    return {words["name"]: words for words in _documents(_EXAMPLES)}


def example_for(rule: str, today: date) -> Story | None:
    """A story that makes a rule speak; None for a rule that bundled stories make speak."""
    words = _words_of_examples().get(rule)
    return build(words, today, f"{_EXAMPLES.name} ({rule})") if words is not None else None


def _bundled_file(name: str) -> Traversable:
    if name not in bundled():
        raise StoryError("stories", "", f"there is none called '{name}'; there are: {', '.join(bundled())}")
    return _FOLDER / f"{name}.yaml"


def read(path: Path, today: date) -> tuple[Story, ...]:
    """Build the stories of a YAML file, one for each document in it, named by the file unless they name themselves.

    Raises:
        StoryError: The file cannot be read, is not YAML, or repeats a key, or a story in it cannot be read; names file
            and key.
    """
    return _stories(path, path.stem, today)


def _stories(file: Traversable, name: str, today: date) -> tuple[Story, ...]:
    documents = _documents(file)
    return tuple(
        build(
            {"name": name if number == 1 else f"{name}-{number}", **document},
            today,
            _place(file.name, number, documents),
        )
        for number, document in enumerate(documents, start=1)
    )


def _place(source: str, number: int, documents: list[Mapping[str, Any]]) -> str:
    name = documents[number - 1].get("name", f"story {number}")
    return f"{source} ({name})" if len(documents) > 1 else source


def _documents(file: Traversable) -> list[Mapping[str, Any]]:
    try:
        documents = YamlFile.read(file, file.name).documents
    except YamlError as problem:
        line = f"line {problem.line}" if problem.line is not None else ""
        raise StoryError(file.name, line, problem.reason) from None
    stories = [document for document in documents if isinstance(document, Mapping)]
    if len(stories) < len(documents):
        raise StoryError(file.name, "", "a story is a mapping of keys")
    return stories
