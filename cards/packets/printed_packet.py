"""A packet as one HTML file to print: letter paper, black on white, nothing to load."""

from functools import cache
from importlib import resources

from jinja2 import Environment, StrictUndefined, Template

from cards.packets.packet_view import packet_view
from cds_service.domain.packet import Packet


def printed_packet(packet: Packet) -> str:
    """The file; what is missing stands at its top, and is not printed."""
    return _template().render(view=packet_view(packet))


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    text = (resources.files("cards") / "packets" / "templates" / "printed.html").read_text(encoding="utf-8")
    return environment.from_string(text)
