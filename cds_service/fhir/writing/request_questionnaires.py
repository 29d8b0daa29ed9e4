"""What a payer wants in a request as a FHIR Questionnaire, and a packet as the answers to it."""

from collections.abc import Iterable
from typing import Final, NamedTuple
from uuid import UUID

from cds_service.domain.packet import Packet, PacketUse
from cds_service.domain.packet_edits import printable, request_text
from cds_service.domain.stable_ids import stable_id
from cds_service.domain.values import JsonObject

RESPONSES: Final = UUID("0d0f1f0a-6a0b-4f0e-9c1f-5f1c7f1d5a10")
QUESTIONNAIRE_PATH: Final = "/fhir/Questionnaire/"


class ElementAsked(NamedTuple):
    """One question: ``id`` is the element's, ``source`` says in words where the policy has it from.

    ``required`` is false where nobody verified that the payer wants it.
    """

    id: str
    label: str
    required: bool
    source: str


def questionnaire_address(public_url: str, policy: str) -> str:
    """The canonical address of the questionnaire of a policy."""
    return f"{public_url}{QUESTIONNAIRE_PATH}{policy}"


def request_questionnaire(
    public_url: str, policy: str, title: str, publisher: str, asked: Iterable[ElementAsked]
) -> JsonObject:
    """The Questionnaire of a policy: one text question for each element, with the source below it."""
    return {
        "resourceType": "Questionnaire",
        "id": policy,
        "url": questionnaire_address(public_url, policy),
        "name": "RequestForApproval",
        "title": f"Request for approval of work rehabilitation: {title}",
        "status": "active",
        "experimental": False,
        "subjectType": ["Patient"],
        "publisher": publisher,
        "description": (
            "What this payer wants in a request for approval of work conditioning or work hardening, as far as its "
            "policy here says. It is no form of the payer."
        ),
        "item": [_question(element) for element in asked],
    }


def _question(element: ElementAsked) -> JsonObject:
    source = {"linkId": f"{element.id}.source", "type": "display", "text": element.source}
    return {
        "linkId": element.id,
        "text": element.label,
        "type": "text",
        "required": element.required,
        "item": [source],
    }


def has_questionnaire(packet: Packet) -> bool:
    """Whether the packet answers a questionnaire: an appeal is a letter."""
    return packet.use is not PacketUse.APPEAL


def request_answers(packet: Packet, public_url: str) -> JsonObject:
    """The answers that a packet has, in progress until a clinician completes it; what is missing has no answer."""
    answers = [
        {"linkId": element.id, "text": element.label, "answer": [{"valueString": text}]}
        for element in packet.elements
        if (text := printable(request_text(packet, element)))
    ]
    named = f"{packet.policy}/{packet.patient}/{packet.day}/{packet.use}"
    return {
        "resourceType": "QuestionnaireResponse",
        "id": stable_id(RESPONSES, named),
        "questionnaire": questionnaire_address(public_url, packet.policy),
        "status": "in-progress",
        "subject": {"reference": f"Patient/{packet.patient}"},
        "authored": packet.day.isoformat(),
        **({"item": answers} if answers else {}),
    }
