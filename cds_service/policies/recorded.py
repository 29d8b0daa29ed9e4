"""Policy values as one reader asks for them: what it reads is on record, and nothing else is there for it."""

from dataclasses import field
from typing import TypeVar

from cds_service.domain.frozen import dataclass
from cds_service.domain.values import Parameter, PayerQuestion, PolicyValue
from cds_service.policies.model import PolicyView

_T = TypeVar("_T")


class Strictness:
    """Whether reading a parameter that was not declared is an error, as in tests, or only on record."""

    refuses: bool = False


class UndeclaredReadError(Exception):
    """A rule read a parameter that it does not declare."""


@dataclass(frozen=True, slots=True, eq=False)
class RecordedView(PolicyView):
    """A view for one ``reader``, who ``declared`` what it reads; ``read`` holds the names of what it did read."""

    reader: str = ""
    declared: frozenset[str] = frozenset()
    read: set[str] = field(default_factory=set)

    def get(self, parameter: Parameter[_T]) -> PolicyValue[_T] | None:
        """As in ``PolicyView``, on record."""
        self._note(parameter.name)
        return self._decided.get(parameter.name)

    def questions(self, parameter: Parameter[_T]) -> tuple[PayerQuestion[_T], ...]:
        """As in ``PolicyView``, on record."""
        self._note(parameter.name)
        return self._questions.get(parameter.name, ())

    def of_one_program(self, parameter: Parameter[_T]) -> tuple[PolicyValue[_T], ...]:
        """As in ``PolicyView``, on record."""
        self._note(parameter.name)
        return self._of_one_program.get(parameter.name, ())

    def _note(self, name: str) -> None:
        if Strictness.refuses and name not in self.declared:
            raise UndeclaredReadError(f"{self.reader} reads {name}, which it does not declare")
        self.read.add(name)


def recorded(view: PolicyView, reader: str, declared: frozenset[str]) -> RecordedView:
    """The view as this reader sees it."""
    return RecordedView(
        view.layers, view.on, view._decided, view._questions, view.lacking, view.program, view._of_one_program,  # noqa: SLF001 - one family
        reader, declared,
    )  # fmt: skip
