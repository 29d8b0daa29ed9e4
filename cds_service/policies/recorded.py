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
    """A view for one reader; ``read`` has the names of what it has read as its keys."""

    read: dict[str, None] = field(kw_only=True)

    def get(self, parameter: Parameter[_T]) -> PolicyValue[_T] | None:
        """As in ``PolicyView``, on record."""
        name = parameter.name
        self.read[name] = None
        return self._decided.get(name)

    def questions(self, parameter: Parameter[_T]) -> tuple[PayerQuestion[_T], ...]:
        """As in ``PolicyView``, on record."""
        name = parameter.name
        self.read[name] = None
        return self._questions.get(name, ())

    def of_one_program(self, parameter: Parameter[_T]) -> tuple[PolicyValue[_T], ...]:
        """As in ``PolicyView``, on record."""
        name = parameter.name
        self.read[name] = None
        return self._of_one_program.get(name, ())


class _Declared(dict[str, None]):
    """What one reader has read, in tests: a parameter that it did not declare is refused."""

    def __init__(self, reader: str, declared: frozenset[str]) -> None:
        super().__init__()
        self._reader = reader
        self._declared = declared

    def __setitem__(self, name: str, value: None) -> None:
        if name not in self._declared:
            raise UndeclaredReadError(f"{self._reader} reads {name}, which it does not declare")
        super().__setitem__(name, value)


def recorded(view: PolicyView, reader: str, declared: frozenset[str]) -> RecordedView:
    """The view as this reader sees it, who declared the names of what it reads.

    Raises:
        UndeclaredReadError: later, in tests, when it reads another parameter.
    """
    read = _Declared(reader, declared) if Strictness.refuses else {}
    return RecordedView(
        view.layers, view.on, view._decided, view._questions, view.lacking, view.program, view._of_one_program,  # noqa: SLF001 - one family
        read=read,
    )  # fmt: skip
