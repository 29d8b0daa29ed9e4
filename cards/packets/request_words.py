"""How a payer wants to be asked, by when, and what a packet is called, in words."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cards.numbers import capital, day, program, quantity
from cds_service.domain.packet import Packet, PacketUse
from cds_service.domain.values import PolicyValue

USES: Final[Mapping[str, str]] = {
    PacketUse.FIRST: "First request",
    PacketUse.RENEWAL: "More of a program",
    PacketUse.APPEAL: "Appeal of a denied visit",
}
"""What a packet can be for, as the page offers it."""


def title_of_packet(packet: Packet) -> str:
    """``Request for approval of work hardening``."""
    kind = program(packet.program)
    match packet.use:
        case PacketUse.FIRST:
            return f"Request for approval of {kind}"
        case PacketUse.RENEWAL:
            return f"Request for approval of more {kind}"
        case PacketUse.APPEAL:
            of = f" of {day(packet.visit)}" if packet.visit is not None else ""
            return f"Appeal: the {kind} visit{of}"


def name_of_element(words: str) -> str:
    """``Patient's name``: an element as the name of a field."""
    return capital(words.removeprefix("the "))


def form_words(request: PolicyValue[Any] | None) -> Iterator[str]:
    """How this payer wants to be asked, a sentence each; nothing that the policy does not say."""
    plain = request.plain if request is not None else None
    if not isinstance(plain, Mapping):
        return
    form, name = plain.get("form"), plain.get("form_name")
    if form or name:
        yield f"Form: {', '.join(str(part) for part in (form, name) if part)}. This page is not that form."
    for key, words in _WORDS.items():
        if plain.get(key):
            yield words.format(plain[key])
    for key, (words, unit) in _COUNTS.items():
        count = plain.get(key)
        if isinstance(count, int):
            yield words.format(quantity(count, unit))
    treatments, within = plain.get("treatments"), plain.get("within_days")
    if isinstance(treatments, int):
        period = f" within {quantity(within, 'days')}" if isinstance(within, int) else ""
        yield f"One request may ask for at most {quantity(treatments, 'treatments')}{period}."


_WORDS: Final = {
    "asked_by": "Asked by: {}.",
    "signed_by": "Signed by: {}.",
    "address": "Sent to: {}.",
}
_COUNTS: Final = {
    "days": ("The payer answers within {}.", "business days"),
    "ahead_days": ("It has to arrive {} ahead.", "days"),
    "attachment_days": ("Documents that go with it may be at most {} old.", "days"),
}
