"""What was set aside: whether it is about work rehabilitation, or might be, read from its JSON as it came.

Only asked about where nothing readable makes a case, so that silence never hides what could not be read.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from cds_service.domain.chart import Chart, Fact, Unknown
from cds_service.fhir.reading.code_spelling import plain_code
from cds_service.fhir.reading.elements import CodeableConcept, Coding
from cds_service.fhir.reading.meanings import meaning
from cds_service.fhir.reading.prefetch import Prefetch
from cds_service.fhir.reading.quarantine import is_of_others
from cds_service.fhir.reading.references import normal

OTHER_VERSION: Final = "is written in another FHIR version than R4"
PROGRAM_FACTS: Final = frozenset({Fact.SESSIONS, Fact.ENCOUNTER, Fact.PLAN_OF_CARE})

_NO_SUBJECT_MATTER: Final = frozenset({"note", "contained", "text", "subject", "performer", "participant", "class"})
_LONE_WORDS: Final = frozenset({"code", "title", "description", "serviceType", "type"})
_OF_ENCOUNTER: Final = ("type", "serviceType", "reasonCode", "reason")
_THERAPY: Final = ("therap", "rehab")
_ANY_VISIT: Final = re.compile(
    r"(?:office|outpatient|ambulatory|clinic|in[- ]person|new|established|return|follow[- ]?up|check[- ]?up|routine"
    r"|patient|visit|encounter|appointment|procedure|for|of|amb|\W)*",
    re.IGNORECASE,
)
_NOT_A_VISIT: Final = frozenset({"planned", "cancelled", "entered-in-error", "discontinued"})


class SetAside(NamedTuple):
    """A resource that was left out, or results that were not sent.

    ``work_rehab`` is whether it is about work rehabilitation, None where it may be; ``encounter`` the one it names.
    """

    gap: Unknown
    work_rehab: bool | None = None
    encounter: str | None = None


def set_aside(chart: Chart, prefetch: Prefetch) -> tuple[SetAside, ...]:
    """Treatments, encounters and plans that are about work rehabilitation, or may be, and were left out or not sent."""
    gaps = [gap for gap in chart.gaps if gap.fact in PROGRAM_FACTS and not is_of_others(gap)]
    gaps += [Unknown(fact, why) for fact, why in chart.unavailable.items() if fact in PROGRAM_FACTS]
    received = prefetch.received({gap.reference for gap in gaps if gap.reference is not None})
    aside = []
    for gap in gaps:
        resource = received.get(gap.reference or "")
        if resource is None:
            aside.append(SetAside(gap))
        elif (concerns := concerns_us(resource)) is not False:
            aside.append(SetAside(gap, concerns, _encounter_of(resource, prefetch)))
    return tuple(aside)


def concerns_us(resource: Mapping[str, Any]) -> bool | None:
    """Whether its codes and words name work rehabilitation; None where it has neither."""
    concepts = list(_concepts(resource))
    if any(meaning(concept).work_rehab for concept in concepts):
        return True
    return False if concepts else None


def encounter_concerns_us(encounter: Mapping[str, Any] | None) -> bool | None:
    """Whether it is a visit of work rehabilitation; None where it may be: it says no more than visit, or therapy."""
    if encounter is None:
        return None
    if plain_code(str(encounter.get("status"))) in _NOT_A_VISIT:
        return False
    elements = {name: encounter[name] for name in _OF_ENCOUNTER if name in encounter}
    concerns = concerns_us(elements)
    if concerns is not False:
        return concerns
    words = " ".join(word for concept in _concepts(elements) for word in _words(concept))
    may_be = any(word in words.lower() for word in _THERAPY) or (words and _ANY_VISIT.fullmatch(words))
    return None if may_be else False


def is_of_another_version(resource: Mapping[str, Any]) -> bool:
    """Whether a draft has its subject where FHIR R5 puts it: in a CodeableReference."""
    code, services = resource.get("code"), resource.get("serviceType")
    listed = [code, *services] if isinstance(services, list) else [code]
    return any(isinstance(part, Mapping) and isinstance(part.get("concept"), Mapping) for part in listed)


def _encounter_of(resource: Mapping[str, Any], prefetch: Prefetch) -> str | None:
    if resource.get("resourceType") == "Encounter":
        return f"Encounter/{resource.get('id')}"
    reference = resource.get("encounter")
    named = reference.get("reference") if isinstance(reference, Mapping) else reference
    return normal(named, prefetch.aliases) if isinstance(named, str) and named else None


def _concepts(value: object, name: str = "") -> Iterator[CodeableConcept]:
    if isinstance(value, Mapping):
        codings, text = value.get("coding"), value.get("text")
        codings = codings if isinstance(codings, list) else [codings]
        known = tuple(_coding(coding) for coding in codings if isinstance(coding, Mapping))
        if known or isinstance(text, str):
            yield CodeableConcept(known, text if isinstance(text, str) else None)
        for key, inner in value.items():
            if key not in _NO_SUBJECT_MATTER and key != "coding":
                yield from _concepts(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _concepts(inner, name)
    elif name in _LONE_WORDS and isinstance(value, str | int):
        yield CodeableConcept((Coding(code=str(value)),), str(value))


def _coding(coding: Mapping[str, Any]) -> Coding:
    system, code, display = (coding.get(name) for name in ("system", "code", "display"))
    return Coding(
        system if isinstance(system, str) else None,
        str(code) if isinstance(code, str | int) else None,
        display if isinstance(display, str) else None,
    )


def _words(concept: CodeableConcept) -> Iterator[str]:
    yield from (word for word in (concept.text, *(coding.display for coding in concept.coding)) if word)
