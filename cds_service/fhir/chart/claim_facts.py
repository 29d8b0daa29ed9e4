"""What a claim needs besides its lines: codes of diagnoses, the payer's number of the injury, the place of service."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from cds_service.domain.chart import Facility
from cds_service.domain.coverage_and_claims import ClaimNumber
from cds_service.fhir.chart.patients_own import Own, reference_of
from cds_service.fhir.reading.clinical_resources import ConditionResource, EncounterResource
from cds_service.fhir.reading.code_systems import ICD_10_CM
from cds_service.fhir.reading.concept_words import texts
from cds_service.fhir.reading.elements import CodeableConcept, TypedIdentifier
from cds_service.fhir.reading.financial_resources import ClaimResource, CoverageResource
from cds_service.fhir.reading.person_resources import LocationResource
from cds_service.fhir.reading.references import References
from cds_service.fhir.reading.telehealth_words import telehealth_in, telehealth_of

_ICD_10_CM: Final = re.compile(r"([A-Z]\d[0-9A-Z])\.?([0-9A-Z]{0,4})", re.ASCII)
_ICD_SYSTEM: Final = re.compile(r"icd[\s\-_]*10|2\.16\.840\.1\.113883\.6\.90\b", re.IGNORECASE)
_OTHER_ICD: Final = re.compile(r"icd[\s\-_]*10[\s\-_]*(?:pcs|am|ca|gm|us-pcs)\b", re.IGNORECASE)
_CLAIM_NUMBER_TYPE: Final = "WCN"
_CLAIM_NUMBER: Final = re.compile(r"(?<![a-z])claims?(?:\b|[\s_\-/]*(?:number|num|no|id)\b)", re.IGNORECASE)
_PLACE_SYSTEM: Final = re.compile(r"place[\s\-_]*of[\s\-_]*service", re.IGNORECASE)
_PLACE: Final = re.compile(r"\d{2}", re.ASCII)


def diagnosis_code(concept: CodeableConcept | None) -> str | None:
    """The ICD-10-CM code of a diagnosis, with its dot, under every name of the system in use."""
    for coding in concept.coding if concept is not None else ():
        if not coding.code or not coding.system or not _is_icd_10_cm(coding.system):
            continue
        match = _ICD_10_CM.fullmatch(coding.code.strip().upper())
        if match is not None:
            return f"{match[1]}.{match[2]}" if match[2] else match[1]
    return None


def _is_icd_10_cm(system: str) -> bool:
    return system == ICD_10_CM or (_ICD_SYSTEM.search(system) is not None and _OTHER_ICD.search(system) is None)


def codes_of_conditions(conditions: Iterable[tuple[str, ConditionResource]]) -> dict[str, str]:
    """The ICD-10-CM codes of conditions by reference; those without one are left out."""
    codes = ((reference, diagnosis_code(record.code)) for reference, record in conditions)
    return {reference: code for reference, code in codes if code is not None}


def claim_numbers_of(own: Own, conditions: Iterable[tuple[str, ConditionResource]]) -> Iterator[ClaimNumber]:
    """Claim numbers on coverages and conditions."""
    for key, coverage in own.prefetch.of(CoverageResource).items():
        if coverage.identifier or coverage.classes:
            yield from numbers_of_coverage(coverage, reference_of("Coverage", key))
    for reference, condition in conditions:
        yield from numbers_of(condition.identifier, reference)


def numbers_of(identifiers: Iterable[TypedIdentifier], reference: str) -> Iterator[ClaimNumber]:
    """Claim numbers among identifiers: of the type WCN, or called so."""
    for identifier in identifiers:
        if identifier.value and _is_claim_number(identifier):
            yield ClaimNumber(reference, identifier.value, identifier.system)


def numbers_of_coverage(coverage: CoverageResource, reference: str) -> Iterator[ClaimNumber]:
    """Claim numbers among the identifiers and classes of a coverage. A subscriber's number is not taken for one."""
    yield from numbers_of(coverage.identifier, reference)
    for coverage_class in coverage.classes:
        words = [
            coverage_class.name,
            *(
                [coverage_class.type.text, *(code.code for code in coverage_class.type.coding)]
                if coverage_class.type is not None
                else ()
            ),
        ]
        if coverage_class.value and any(word is not None and _CLAIM_NUMBER.search(word) for word in words):
            yield ClaimNumber(reference, coverage_class.value)


def numbers_of_claim(claim: ClaimResource, reference: str) -> Iterator[ClaimNumber]:
    """The claim numbers that the payer assigned beforehand, as another claim has them."""
    for insurance in claim.insurance:
        if insurance.identifier is not None and insurance.identifier.value:
            yield ClaimNumber(reference, insurance.identifier.value, insurance.identifier.system)


def facility_of(
    encounter: EncounterResource, locations: Mapping[str, LocationResource], references: References
) -> Facility | None:
    """Where an encounter took place, with the place-of-service code that the Location carries; None for several."""
    named = [
        place.location.reference
        for place in encounter.location
        if place.location is not None and place.location.reference
    ]
    if len(set(named)) != 1:
        return None
    local = references.contained(encounter, named[0]) if named[0].startswith("#") else None
    place = local if local is not None else locations.get(references[named[0]].rpartition("/")[2])
    if not isinstance(place, LocationResource):
        return Facility(references[named[0]])
    words = telehealth_of((*place.type, place.physical_type)) or (telehealth_in(place.name) if place.name else None)
    return Facility(references[named[0]], place_of_service(place.type), words)


def place_of_service(concepts: Iterable[CodeableConcept]) -> str | None:
    """The CMS place-of-service code among concepts; None where there are several."""
    codings = [coding for concept in concepts for coding in concept.coding]
    codes = {
        coding.code
        for coding in codings
        if coding.code and _PLACE.fullmatch(coding.code) and coding.system and _PLACE_SYSTEM.search(coding.system)
    }
    return codes.pop() if len(codes) == 1 else None


def _is_claim_number(identifier: TypedIdentifier) -> bool:
    if identifier.type is not None:
        if any(coding.code == _CLAIM_NUMBER_TYPE for coding in identifier.type.coding):
            return True
        words = texts(identifier.type)
        if words:
            return any(_CLAIM_NUMBER.search(word) for word in words)
    return identifier.system is not None and _CLAIM_NUMBER.search(identifier.system) is not None
