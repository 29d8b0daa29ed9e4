"""What a visitor asks of the page: which packet, with which texts of their own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from cds_service.domain.packet import Packet, PacketUse
from cds_service.domain.packet_edits import edited, printable, request_text
from cds_service.web.pages.packets.sealed_packets import Drafted

USE_FIELD: Final = "for"
SHOWN_FIELD: Final = "shown"
"""The use that the texts were written for: another is asked for by another button of the same form."""
SEALED_FIELD: Final = "sealed"
TEXT_PREFIX: Final = "part."
MOST_PACKET_FIELDS: Final = 100


@dataclass(frozen=True)
class AskedPacket:
    """A packet as it is edited; ``drafted`` are those that it was chosen from, ``problems`` what could not be done."""

    drafted: Drafted
    packet: Packet
    problems: tuple[str, ...] = ()

    @property
    def uses(self) -> Iterable[PacketUse]:
        """What a packet can be drafted for."""
        return self.drafted.packets


def asked_packet(drafted: Drafted, fields: Mapping[str, str]) -> AskedPacket | None:
    """The packet that is asked for, with the texts that were changed; None where the chart makes none at all."""
    if not drafted.packets:
        return None
    use = _use(drafted, fields.get(USE_FIELD)) or _use(drafted, fields.get(SHOWN_FIELD)) or drafted.usual
    wanted = fields.get(USE_FIELD)
    problems = []
    if wanted and wanted != use:
        problems.append(_not_drafted(wanted))
    packet = drafted.packets[use]
    return AskedPacket(drafted, edited(packet, _changed(drafted, use, fields)), tuple(problems))


def _not_drafted(wanted: str) -> str:
    if wanted == PacketUse.APPEAL:
        return "No visit here was denied, so there is nothing to appeal. Shown is the request."
    return "There is no such request. Choose one of those below."


def _use(drafted: Drafted, wanted: str | None) -> PacketUse | None:
    return next((use for use in drafted.packets if use == wanted), None)


def _changed(drafted: Drafted, use: PacketUse, fields: Mapping[str, str]) -> dict[str, str]:
    """The texts that a person changed, by element."""
    before = drafted.packets[_use(drafted, fields.get(SHOWN_FIELD)) or use]
    drawn = {element.id: printable(request_text(before, element)) for element in before.elements}
    texts = {
        name.removeprefix(TEXT_PREFIX): printable(text) for name, text in fields.items() if name.startswith(TEXT_PREFIX)
    }
    return {name: text for name, text in texts.items() if drawn.get(name) != text}
