"""Stories in YAML as tests: every document of ``tests/cases/**/*.yaml`` is played through the whole service."""

import os
import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from cds_service.policies.recorded import Strictness
from tests.playing import CASES, TODAY, check, play, stories_of

Strictness.refuses = True
TITLE = re.compile(r"""^title: *(["']?)(.*)\1 *$""", re.MULTILINE)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Processes that share the tests: as many as there are cores, and none beside this one for a file or two."""
    files = (Path(argument.partition("::")[0]) for argument in config.args)
    return 0 if all(file.suffix for file in files) else len(os.sched_getaffinity(0))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.suffix == ".yaml" and CASES in file_path.parents:
        return CaseFile.from_parent(parent, path=file_path)
    return None


def titles_of(path: Path) -> list[str]:
    """The titles of a file's stories, found without reading it as YAML, which takes a hundred times as long."""
    return [title for _, title in TITLE.findall(path.read_text(encoding="utf-8"))]


class CaseFile(pytest.File):
    """One YAML file; each document in it is one story."""

    def collect(self) -> Iterator["Case"]:
        titles = titles_of(self.path)
        if not titles:
            raise self.CollectError("a story needs a title: what happens, in a sentence, on a line of its own")
        for number, title in enumerate(titles):
            yield Case.from_parent(self, name=title, number=number)


class Case(pytest.Item):
    """One story: its request is answered, and the answer compared with what the story expects."""

    def __init__(self, *, number, **kwargs):
        super().__init__(**kwargs)
        self.number = number

    def runtest(self):
        stories = stories_of(self.path)
        if titles_of(self.path) != [story.title for story in stories]:
            raise UnmetExpectationError("a story needs a title: what happens, in a sentence, on a line of its own")
        story = stories[self.number]
        unmet = [problem for hook in story.hooks for problem in check(story, play(story, hook))]
        if unmet:
            raise UnmetExpectationError("\n".join(unmet))

    def repr_failure(self, excinfo, style=None):
        if isinstance(excinfo.value, UnmetExpectationError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self):
        return self.path, self.number, f"{self.path.stem}: {self.name}"


class UnmetExpectationError(Exception):
    """A story's answer is not what it expects."""


@pytest.fixture
def clock():
    """A frozen clock, far from UTC, so that date arithmetic in the wrong zone shows."""
    moment = datetime(TODAY.year, TODAY.month, TODAY.day, 9, 0, tzinfo=timezone(timedelta(hours=-6)))
    return lambda: moment
