"""Attributes that are worked out when they are first asked for."""

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

_T = TypeVar("_T")


class lazy(Generic[_T]):  # noqa: N801 - used like ``property``
    """A property that is computed once for each object, which needs a ``__dict__``.

    Like ``functools.cached_property`` without its lock: in Python 3.11 the lock takes longer than most of what is
    computed here, and the objects of one call belong to one thread.
    """

    def __init__(self, compute: Callable[[Any], _T]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        """Take the name under which the value is kept."""
        self._name = name

    @overload
    def __get__(self, owner: None, kind: type) -> Self: ...
    @overload
    def __get__(self, owner: object, kind: type) -> _T: ...
    def __get__(self, owner: object | None, kind: type) -> Self | _T:
        """The value, which from then on is an attribute of the object itself."""
        if owner is None:
            return self
        value = owner.__dict__[self._name] = self._compute(owner)
        return value
