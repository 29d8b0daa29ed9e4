"""Policy values as one reader asks for them: what it reads is on record, and nothing else is there for it."""

from collections.abc import Callable
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
    """A view for one reader; ``read`` holds the names of what it has read, which ``note`` puts there."""

    read: set[str] = field(kw_only=True)
    note: Callable[[str], None] = field(kw_only=True)

    def get(self, parameter: Parameter[_T]) -> PolicyValue[_T] | None:
        """As in ``PolicyView``, on record."""
        self.note(parameter.name)
        return self._decided.get(parameter.name)

    def questions(self, parameter: Parameter[_T]) -> tuple[PayerQuestion[_T], ...]:
        """As in ``PolicyView``, on record."""
        self.note(parameter.name)
        return self._questions.get(parameter.name, ())

    def of_one_program(self, parameter: Parameter[_T]) -> tuple[PolicyValue[_T], ...]:
        """As in ``PolicyView``, on record."""
        self.note(parameter.name)
        return self._of_one_program.get(parameter.name, ())


def recorded(view: PolicyView, reader: str, declared: frozenset[str]) -> RecordedView:
    """The view as this reader sees it, who declared the names of what it reads.

    Raises:
        UndeclaredReadError: later, in tests, when it reads another parameter.
    """
    read: set[str] = set()

    def checked(name: str) -> None:
        if name not in declared:
            raise UndeclaredReadError(f"{reader} reads {name}, which it does not declare")
        read.add(name)

    note = checked if Strictness.refuses else read.add
    return RecordedView(
        view.layers, view.on, view._decided, view._questions, view.lacking, view.program, view._of_one_program,  # noqa: SLF001 - one family
        read=read, note=note,
    )  # fmt: skip
