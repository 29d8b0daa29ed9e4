"""The forms of a site as they are used: for whom each is, and what goes into which of its fields."""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final, NamedTuple

from cds_service.domain.frozen import dataclass
from cds_service.domain.packet import Packet, PacketUse

TODAY: Final = "day"
"""The name of the fact that is the day of the request."""


class FieldKind(Enum):
    """What a field takes."""

    TEXT = "text"
    BOX = "box"
    CHOICE = "choice"
    OTHER = "other"


class PdfField(NamedTuple):
    """A field; ``states`` are those of a box, without the one that is empty; ``longest`` is how many letters fit."""

    name: str
    kind: FieldKind
    states: tuple[str, ...] = ()
    longest: int | None = None
    multiline: bool = False


class FilledWith(NamedTuple):
    """What goes into a field: an element of the request, a single fact, or a text that is always the same."""

    element: str | None = None
    fact: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class PdfForm:
    """A form that can be filled. ``form`` is the name that a policy gives it; ``policies`` are ids of policies."""

    title: str
    file: str
    content: bytes
    policies: frozenset[str]
    form: str | None
    uses: frozenset[PacketUse]
    filled: tuple[tuple[PdfField, FilledWith], ...]

    def is_for(self, packet: Packet) -> bool:
        """Whether a packet goes on this form."""
        if packet.use not in self.uses:
            return False
        plain = packet.request.plain if packet.request is not None else None
        named = plain.get("form") if isinstance(plain, Mapping) else None
        return packet.policy in self.policies or (self.form is not None and named == self.form)


class PdfFormsOnHand:
    """The forms of a site."""

    def __init__(self, forms: Iterable[PdfForm] = ()) -> None:
        self._forms = tuple(forms)

    def for_packet(self, packet: Packet) -> PdfForm | None:
        """The form of a packet; None where the site has none."""
        return next((form for form in self._forms if form.is_for(packet)), None)
