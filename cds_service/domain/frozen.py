"""``dataclass`` for what is made in every call: frozen to the type checker, not guarded at run time.

Measured, making a guarded one takes three to four times as long, and an answer makes some eighty of them. That nothing
is assigned to after it was made is held by mypy.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    import dataclasses

    def dataclass(cls=None, /, *, frozen=False, eq=True, **options):  # noqa: ANN001, ANN003, ANN201 - typed above
        """As in the standard library; a frozen one has a hash and no guard."""
        make = dataclasses.dataclass(eq=eq, unsafe_hash=frozen and eq, **options)
        return make if cls is None else make(cls)


__all__ = ["dataclass"]
