"""How much is in memory at once: bytes of each kind of portion, so chosen that a process stays under 300 MB."""

from typing import Final

import msgspec

MIB: Final = 1024 * 1024


class Sizes(msgspec.Struct, frozen=True):
    """Bytes of a portion at most; results are the same for all sizes.

    Attributes:
        block: Lines that are read as one order; a packed file is one order whatever its size.
        segment: Lines that are gathered before they are written, each bucket's together.
        bucket: Lines that a bucket comes to, as far as the input tells.
        room: Lines of a bucket in memory; a larger one is read several times, some of its patients each time.
        shared: Lines of what all patients share that a process keeps whole; of more, only what a patient leads to.
    """

    block: int = 32 * MIB
    segment: int = 32 * MIB
    bucket: int = 16 * MIB
    room: int = 48 * MIB
    shared: int = 16 * MIB
