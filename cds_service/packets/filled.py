"""What the record has for an element of a request, and the sentences about it."""

from datetime import date
from typing import Final, NamedTuple

from cards.packet_words import sentence
from cds_service.domain.findings import Evidence
from cds_service.packets.material import PacketMaterial

PARTED_BY: Final = "; "
"""Between several of one element."""


class Filled(NamedTuple):
    """What the record has for an element; ``missing`` says in a sentence what it lacks."""

    text: str = ""
    missing: str = ""
    evidence: tuple[Evidence, ...] = ()


def missing_words(material: PacketMaterial, key: str, **facts: object) -> str:
    """The sentence on what is missing, and what to do."""
    return sentence("missing", key, material.today, facts)


def words_for(material: PacketMaterial, key: str, **facts: object) -> str:
    """What the record has, as it stands on the request."""
    return sentence("text", key, material.today, facts)


def written_date(day: date) -> str:
    """``August 31, 2026``, as it stands on a form."""
    return f"{day:%B} {day.day}, {day.year}"
