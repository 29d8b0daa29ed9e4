"""Stories in YAML as tests: every document of ``tests/cases/**/*.yaml`` is played through the whole service."""

from datetime import date, datetime, timedelta, timezone
from functools import cached_property
from pathlib import Path

import pytest

from cds_service.policies.recorded import Strictness
from cds_service.stories import read
from cds_service.yaml_files import YamlFile
from tests.playing import check, play

Strictness.refuses = True
TODAY = date(2026, 3, 16)
CASES = Path(__file__).parent / "cases"


def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".yaml" and CASES in file_path.parents:
        return CaseFile.from_parent(parent, path=file_path)
    return None


class CaseFile(pytest.File):
    """One YAML file; each document in it is one story."""

    def collect(self):
        titles = [story.get("title", "") for story in YamlFile.read(self.path).documents]
        for number, title in enumerate(titles):
            yield Case.from_parent(self, name=title or f"story {number + 1}", number=number)

    @cached_property
    def stories(self):
        """The stories of the file; read once, since each reading builds all of them."""
        return read(self.path, TODAY)


class Case(pytest.Item):
    """One story: its request is answered, and the answer compared with what the story expects."""

    def __init__(self, *, number, **kwargs):
        super().__init__(**kwargs)
        self.number = number

    def runtest(self):
        story = self.parent.stories[self.number]
        if not story.title:
            raise UnmetExpectationError("a story needs a title: what happens, in a sentence")
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
