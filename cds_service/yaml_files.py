"""The one reader of YAML files: YAML 1.2, no key twice, no date that does not exist.

What is wrong is told by file, line and key, and after a semicolon what to do, never with an excerpt of the file: a file
may hold what is nobody's business. What the content means is judged by whoever reads it.
"""

import re
from datetime import date
from importlib.resources.abc import Traversable
from typing import Final, Self, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

KeyPath: TypeAlias = tuple[str | int, ...]
"""The keys and places that lead to a value, from the top of the document."""

_DATE: Final = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_QUOTED: Final = re.compile(r'"([^"]*)"')
_KEY_OF_LINE: Final = re.compile(r"[\s-]*([\w.-]+)\s*:")
_TAB: Final = r"'\t'"


class YamlError(ValueError):
    """A file that cannot be read as YAML. ``line`` counts from 1 and is None where the whole file is at fault."""

    def __init__(self, file: str, line: int | None, reason: str) -> None:
        self.file = file
        self.line = line
        self.reason = reason
        super().__init__(f"{file}:{line}: {reason}" if line is not None else f"{file}: {reason}")


class YamlFile:
    """The text of a file and what it says; where a key stands is looked up only when something is wrong with it."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text

    @classmethod
    def read(cls, file: Traversable, name: str | None = None) -> Self:
        """Read a file; errors call it by ``name``, else by its path.

        Raises:
            YamlError: it cannot be opened, or is not UTF-8 text.
        """
        name = name if name is not None else str(file)
        try:
            return cls(name, file.read_text(encoding="utf-8"))
        except OSError as problem:
            reason = f"the file cannot be read: {problem.strerror}; let the user that runs the service read it"
            raise YamlError(name, None, reason) from problem
        except UnicodeDecodeError as problem:
            raise YamlError(name, None, "the file is not UTF-8 text; save it as UTF-8") from problem

    @property
    def content(self) -> object:
        """What the only document of the file says; None when there is none.

        Raises:
            YamlError: not YAML, a key that stands twice, a date that does not exist, or more than one document.
        """
        try:
            return YAML(typ="safe", pure=True).load(self.text)
        except (YAMLError, ValueError, RecursionError) as problem:
            raise self._error(problem) from problem

    @property
    def documents(self) -> list[object]:
        """What each document of the file says, without empty ones.

        Raises:
            YamlError: not YAML, a key that stands twice, or a date that does not exist.
        """
        try:
            documents = list(YAML(typ="safe", pure=True).load_all(self.text))
        except (YAMLError, ValueError, RecursionError) as problem:
            raise self._error(problem) from problem
        return [document for document in documents if document is not None]

    def places(self, *paths: KeyPath) -> list[str]:
        """Where values stand in the only document: ``FILE:LINE: values.modifiers.program[0].source``."""
        root = YAML(typ="safe", pure=True).compose(self.text)
        return [f"{self.name}:{_line(root, path)}: {_written(path)}" for path in paths]

    def _error(self, problem: Exception) -> YamlError:
        if isinstance(problem, MarkedYAMLError):
            mark = problem.problem_mark or problem.context_mark
            reason = _duplicate(problem) if isinstance(problem, DuplicateKeyError) else _not_yaml(self.text, problem)
            return YamlError(self.name, mark.line + 1 if mark is not None else None, reason)
        for number, line in enumerate(self.text.splitlines(), start=1):
            for written in _DATE.finditer(line):
                if not _exists(*map(int, written.groups())):
                    return YamlError(self.name, number, f"{written[0]} is no date; write it like 2026-01-31")
        return YamlError(self.name, None, f"not readable as YAML: {_first_line(str(problem))}")


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _line(node: Node | None, path: KeyPath) -> int:
    """Line of the deepest part of the path that exists in the document."""
    line = 1
    for part in path:
        if isinstance(node, MappingNode):
            entry = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            if entry is None:
                break
            line, node = entry[0].start_mark.line + 1, entry[1]
        elif isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _written(path: KeyPath) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or "(whole file)"


def _duplicate(problem: MarkedYAMLError) -> str:
    """Name the key that stands twice."""
    key = _QUOTED.search(problem.problem or "")
    return f"{key[1] if key else '(unknown)'}: duplicate key; write it once, with all that belongs to it"


def _not_yaml(text: str, problem: MarkedYAMLError) -> str:
    """Name the key of the line, where it has one, and what no YAML may look like."""
    problem_text = _first_line(problem.problem or problem.context)
    message = "a tab; indent with spaces" if _TAB in problem_text else f"not readable as YAML: {problem_text}"
    line = text.splitlines()[problem.problem_mark.line :][:1] if problem.problem_mark else []
    key = next(filter(None, map(_KEY_OF_LINE.match, line)), None)
    return f"{key[1]}: {message}" if key else message


def _first_line(text: str | None) -> str:
    """What went wrong, without the excerpt of the file."""
    return (text or "unknown").strip().splitlines()[0]
