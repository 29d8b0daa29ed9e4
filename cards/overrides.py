"""Why a card may be set aside: our override reasons by topic, and the code systems behind our codings.

Each reason points to a code of the HL7 value set for non-adherence where one of them says the same.
"""

from functools import lru_cache
from typing import Any, Final

from msgspec import to_builtins

from cards.card import CardCoding
from cds_service.domain.findings import Topic
from cds_service.domain.frozen import dataclass

NON_ADHERENCE: Final = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"

TOPIC_DISPLAYS: Final = {
    Topic.CODE: "Service code",
    Topic.UNITS: "Units",
    Topic.MODIFIER: "Modifiers",
    Topic.EDIT: "Billing edits",
    Topic.COVERAGE: "Coverage",
    Topic.AUTHORIZATION: "Authorization and program length",
    Topic.REASSESSMENT: "Evaluation and reassessment",
    Topic.DOCUMENTATION: "Documentation",
}

_DEFINITIONS: Final = {
    Topic.CODE: "Which CPT code an order, plan or visit should carry.",
    Topic.UNITS: "How many units the treatment time makes.",
    Topic.MODIFIER: "Discipline, assistant and program modifiers of claim lines.",
    Topic.EDIT: "Code pairs and unit ceilings that payers check.",
    Topic.COVERAGE: "Whether and by whom the service is paid.",
    Topic.AUTHORIZATION: "Payer approval, its dates and amounts, and limits of length and intensity.",
    Topic.REASSESSMENT: "Initial evaluation, objective reassessment, progress reports.",
    Topic.DOCUMENTATION: "Plan of care, recorded times and required content of the record.",
}


@dataclass(frozen=True, slots=True)
class OfferedReason:
    """A reason a therapist can pick. ``standard`` is the HL7 code that says the same, where there is one."""

    code: str
    display: str
    topics: frozenset[Topic]
    standard: str | None = None


_ALL: Final = frozenset(Topic)
_CHARGES: Final = frozenset({Topic.CODE, Topic.UNITS, Topic.MODIFIER, Topic.EDIT})

REASONS: Final = (
    OfferedReason("time-corrected", "The recorded time is wrong and will be corrected", frozenset({Topic.UNITS})),
    OfferedReason(
        "not-work-rehab",
        "This is not work conditioning or work hardening",
        frozenset({Topic.CODE, Topic.UNITS, Topic.COVERAGE, Topic.AUTHORIZATION, Topic.REASSESSMENT}),
    ),
    OfferedReason(
        "separate-service",
        "A separate service was given and is documented",
        frozenset({Topic.EDIT}),
    ),
    OfferedReason(
        "other-plan-of-care",
        "The service belongs to another plan of care",
        frozenset({Topic.MODIFIER}),
    ),
    OfferedReason(
        "authorization-obtained",
        "The payer has authorized it; the record will follow",
        frozenset({Topic.AUTHORIZATION, Topic.COVERAGE}),
        "action-completed",
    ),
    OfferedReason(
        "authorization-requested",
        "Authorization has been requested and the answer is awaited",
        frozenset({Topic.AUTHORIZATION}),
        "need-more-info",
    ),
    OfferedReason(
        "documented-elsewhere",
        "Documented in a record this service cannot see",
        frozenset({Topic.COVERAGE, Topic.REASSESSMENT, Topic.DOCUMENTATION, Topic.EDIT}),
        "action-completed",
    ),
    OfferedReason(
        "planned-next-visit",
        "Will be done at the next visit",
        frozenset({Topic.REASSESSMENT, Topic.DOCUMENTATION}),
    ),
    OfferedReason(
        "payer-agreed-otherwise",
        "The payer has agreed to something else",
        _ALL,
        "policy-contradicts",
    ),
    OfferedReason(
        "wrong-payer",
        "Another payer is responsible for this visit",
        frozenset({Topic.COVERAGE, Topic.AUTHORIZATION, Topic.MODIFIER, Topic.EDIT}),
    ),
    OfferedReason(
        "patient-ineligible",
        "The patient does not qualify for this",
        frozenset({Topic.CODE, Topic.COVERAGE, Topic.REASSESSMENT}),
        "patient-ineligible",
    ),
    OfferedReason(
        "patient-declined",
        "The patient declined",
        frozenset({Topic.REASSESSMENT}),
        "patient-refuses",
    ),
    OfferedReason("biller-decides", "Left to the billing office", _CHARGES),
    OfferedReason("information-incomplete", "More information is needed first", _ALL, "need-more-info"),
    OfferedReason("other", "Other reason", _ALL),
)


def override_reason_url(public_url: str) -> str:
    """Canonical address of the code system of override reasons."""
    return f"{public_url}/CodeSystem/override-reason"


def topic_url(public_url: str) -> str:
    """Canonical address of the code system of topics."""
    return f"{public_url}/CodeSystem/topic"


@lru_cache(maxsize=64)
def override_reasons(topic: Topic, public_url: str) -> tuple[CardCoding, ...]:
    """Codings of the reasons that make sense for a topic, the most specific first (CH-S-17)."""
    system = override_reason_url(public_url)
    return tuple(CardCoding(system, reason.code, reason.display) for reason in REASONS if topic in reason.topics)


def override_reason_system(public_url: str) -> dict[str, Any]:
    """FHIR R4 CodeSystem of the override reasons; ``standard-reason`` holds the HL7 code of the same meaning."""
    concepts = []
    for reason in REASONS:
        properties: list[dict[str, object]] = [
            {"code": "topic", "valueCoding": to_builtins(topic_coding(topic, public_url))}
            for topic in Topic
            if topic in reason.topics
        ]
        if reason.standard:
            properties.append(
                {"code": "standard-reason", "valueCoding": {"system": NON_ADHERENCE, "code": reason.standard}}
            )
        concepts.append({"code": reason.code, "display": reason.display, "property": properties})
    return _code_system(override_reason_url(public_url), "override-reason", "Reasons to set a card aside", concepts) | {
        "property": [
            {"code": "topic", "description": "Topic of the cards it is offered with", "type": "Coding"},
            {"code": "standard-reason", "description": "HL7 code of the same meaning", "type": "Coding"},
        ]
    }


def topic_system(public_url: str) -> dict[str, Any]:
    """FHIR R4 CodeSystem of the topics in ``card.source.topic``."""
    concepts = [
        {"code": topic.value, "display": display, "definition": _DEFINITIONS[topic]}
        for topic, display in TOPIC_DISPLAYS.items()
    ]
    return _code_system(topic_url(public_url), "topic", "Topics of work rehabilitation billing cards", concepts)


@lru_cache(maxsize=64)
def topic_coding(topic: Topic, public_url: str) -> CardCoding:
    """Coding of a topic."""
    return CardCoding(topic_url(public_url), topic.value, TOPIC_DISPLAYS[topic])


def _code_system(url: str, code: str, title: str, concepts: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "resourceType": "CodeSystem",
        "id": code,
        "url": url,
        "name": "".join(part.capitalize() for part in code.split("-")),
        "title": title,
        "status": "active",
        "experimental": False,
        "caseSensitive": True,
        "content": "complete",
        "count": len(concepts),
        "concept": concepts,
    }
