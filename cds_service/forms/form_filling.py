"""A packet written into a PDF form, field by field; nothing of it is kept."""

from io import BytesIO
from typing import Final

from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject

from cds_service.domain.packet import Packet, Party
from cds_service.domain.packet_edits import printable, request_text
from cds_service.forms.pdf_fields import quiet
from cds_service.forms.pdf_forms import TODAY, FieldKind, FilledWith, PdfField, PdfForm

SEE_ATTACHED: Final = "See attached"
"""What a field says whose text does not fit; the page of the request goes along."""


def filled_form(form: PdfForm, packet: Packet) -> bytes:
    """The form with what the packet has; fields of which it has nothing stay empty."""
    quiet()
    writer = PdfWriter(clone_from=PdfReader(BytesIO(form.content)))
    texts = {field.name: _fitting(field, _text(packet, what)) for field, what in form.filled}
    writer.update_page_form_field_values(None, {name: text for name, text in texts.items() if text})
    _without_second_form(writer)
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


def _text(packet: Packet, what: FilledWith) -> str:
    if what.text is not None:
        return what.text
    if what.element is not None:
        element = packet.by_id.get(what.element)
        return printable(request_text(packet, element)) if element is not None else ""
    return printable(_fact(packet, what.fact or ""))


def _fact(packet: Packet, name: str) -> str:
    if name == TODAY:
        return packet.day.strftime("%m/%d/%Y")
    party_name, _, part = name.partition(".")
    party: Party | None = getattr(packet.parties, party_name)
    return str(getattr(party, part)) if party is not None else ""


def _fitting(field: PdfField, text: str) -> str:
    if field.kind is FieldKind.BOX:
        return f"/{text}" if text else ""
    line = text if field.multiline else " ".join(text.split())
    if field.longest is None or len(line) <= field.longest:
        return line
    return SEE_ATTACHED if len(SEE_ATTACHED) <= field.longest else ""


def _without_second_form(writer: PdfWriter) -> None:
    """Take out the form in XFA, which some viewers would show instead, and which is not filled."""
    fields = writer.root_object.get("/AcroForm")
    held = fields.get_object() if fields is not None else None
    if isinstance(held, DictionaryObject):
        held.pop(NameObject("/XFA"), None)
