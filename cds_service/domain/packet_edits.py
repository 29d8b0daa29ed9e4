"""A packet as a clinician has edited it: what was written takes the place of what the record gave."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from cds_service.domain.packet import Packet, PacketElement

NECESSITY: Final = "medical-necessity"
"""The element whose text is the paragraph on medical necessity."""
EMPTIED: Final = "This part was left empty: write what the payer needs to know, or why it does not apply."


def request_text(packet: Packet, element: PacketElement) -> str:
    """What goes on the request for an element."""
    return element.text or (packet.necessity.text if element.id == NECESSITY else "")


def edited(packet: Packet, texts: Mapping[str, str]) -> Packet:
    """The packet with these texts by element.

    An element whose text was changed is no longer missing anything: a person has seen to it. One that was emptied is
    missing. Texts of other elements are left out.
    """
    return replace(packet, elements=tuple(_edited(packet, element, texts) for element in packet.elements))


def _edited(packet: Packet, element: PacketElement, texts: Mapping[str, str]) -> PacketElement:
    before = request_text(packet, element)
    text = printable(texts.get(element.id, before))
    if text == printable(before):
        return replace(element, text=text)
    return replace(element, text=text, missing="" if text else element.missing or EMPTIED)


def printable(text: str) -> str:
    """The text without control characters, which neither FHIR nor PDF take, and with plain line ends."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n")
    whole = "\n".join("".join(letter if letter.isprintable() else " " for letter in line).rstrip() for line in lines)
    return whole.encode("utf-8", "replace").decode()
