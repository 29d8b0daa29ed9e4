"""A packet as what is taken along: the page, the filled PDF form, the answers and the claim as FHIR."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import orjson
from flask import Response

from cards.packets.packet_view import packet_view
from cards.packets.request_words import USES
from cds_service.app.assembly import local_now
from cds_service.domain.packet import Packet
from cds_service.errors import Fault, UnknownRoute
from cds_service.fhir.judge import first_r4_error
from cds_service.fhir.writing.preauthorizations import PasVersion, has_preauthorization, preauthorization_bundle
from cds_service.fhir.writing.request_questionnaires import has_questionnaire, request_answers
from cds_service.web.pages.packets.asked_packet import SHOWN_FIELD, TEXT_PREFIX, USE_FIELD, AskedPacket
from cds_service.web.pages.page import PRIVATE, download, page
from cds_service.web.site import Site

PAS_FIELD: Final = "pas"
PacketReply: TypeAlias = Callable[[Site, AskedPacket | None, Mapping[str, str]], Response]
"""Makes a download of a packet and the fields of its form."""


class NothingToRequestError(UnknownRoute):
    """What is asked for does not come of this chart."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.hint = "Open the page of the request; it offers what there is."


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a page of a packet lives: its address, what its form carries on, and who may show it in a frame.

    ``notes`` say what of the address could not be read.
    """

    path: str
    action: str
    carried: tuple[tuple[str, str], ...] = ()
    framed_by: tuple[str, ...] = ()
    back: tuple[str, str] | None = None
    notes: tuple[str, ...] = ()
    in_app: bool = False


def packet_page(site: Site, asked: AskedPacket | None, frame: Frame) -> Response:
    """The page."""
    facts: dict[str, Any] = {"frame": frame, "view": None}
    if asked is not None:
        packet = asked.packet
        form = site.forms.for_packet(packet) if site.forms is not None else None
        facts |= {
            "view": packet_view(packet),
            "problems": asked.problems,
            "uses": [(use.value, USES[use], use is packet.use) for use in asked.uses],
            "use_field": USE_FIELD,
            "shown_field": SHOWN_FIELD,
            "prefix": TEXT_PREFIX,
            "form_title": form.title if form is not None else None,
            "answers": has_questionnaire(packet),
            "versions": [version.value for version in PasVersion] if has_preauthorization(packet) else [],
        }
    return page("packet/packet.html", facts, kept=PRIVATE, json_type=None, framed_by=frame.framed_by)


def packet_pdf(site: Site, asked: AskedPacket | None, fields: Mapping[str, str]) -> Response:
    """The site's own copy of the payer's form, filled.

    Raises:
        NothingToRequestError: the site has no form for this packet.
    """
    del fields
    packet = _packet(asked)
    form = site.forms.for_packet(packet) if site.forms is not None else None
    if form is None:
        raise NothingToRequestError("This site has no PDF form for this request.")
    from cds_service.forms.form_filling import filled_form  # the PDF library is loaded by sites that have forms

    return download(f"{packet.use}-{form.file}", filled_form(form, packet), "application/pdf")


def packet_answers(site: Site, asked: AskedPacket | None, fields: Mapping[str, str]) -> Response:
    """The answers to the policy's questionnaire, as a FHIR QuestionnaireResponse.

    Raises:
        NothingToRequestError: it is an appeal.
    """
    del fields
    packet = _packet(asked)
    if not has_questionnaire(packet):
        raise NothingToRequestError("An appeal is a letter; there is no questionnaire for it.")
    return _fhir("answers.json", request_answers(packet, site.settings.public_url))


def packet_preauthorization(site: Site, asked: AskedPacket | None, fields: Mapping[str, str]) -> Response:
    """The request as a draft Bundle for Da Vinci PAS.

    Raises:
        NothingToRequestError: it is an appeal, or names no service.
    """
    packet = _packet(asked)
    if not has_preauthorization(packet):
        raise NothingToRequestError("There is no service here to ask for ahead, so there is no claim for it.")
    version = next((known for known in PasVersion if known == fields.get(PAS_FIELD)), PasVersion.V2_2_1)
    bundle = preauthorization_bundle(packet, version, site.settings.public_url, local_now())
    return _fhir(f"draft-preauthorization-{version}.json", bundle)


def _packet(asked: AskedPacket | None) -> Packet:
    if asked is None:
        raise NothingToRequestError("Nothing here is about work conditioning or work hardening.")
    return asked.packet


def _fhir(name: str, resource: Mapping[str, Any]) -> Response:
    if first_r4_error(resource) is not None:
        raise Fault
    return download(name, orjson.dumps(resource, option=orjson.OPT_INDENT_2), "application/fhir+json")
