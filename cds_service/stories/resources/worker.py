"""FHIR R4 resources of the worker: patient, site, injury and what keeps the worker from the job."""

from typing import Final

from cds_service.fhir.reading.code_systems import ICD_10_CM
from cds_service.stories.resources.pieces import (
    EXAMPLE,
    TERMINOLOGY,
    FhirJson,
    StorySetting,
    coding,
    concept,
    elements,
    npi_identifier,
)
from cds_service.stories.worker_words import InjuryWords


def patient(setting: StorySetting) -> FhirJson:
    """The Patient."""
    words = setting.words.patient
    names = words.name.split()
    return elements(
        resourceType="Patient",
        id=setting.patient,
        identifier=[{"system": f"{EXAMPLE}/patients", "value": setting.patient}],
        name=[elements(use="official", text=words.name, family=names[-1], given=names[:-1])],
        gender=words.gender,
        birthDate=words.birth.isoformat(),
        address=[elements(use="home", state=words.state, country="US")] if words.state else None,
    )


TIME_ZONE_EXTENSION: Final = "http://hl7.org/fhir/StructureDefinition/timezone"


def site(setting: StorySetting) -> FhirJson:
    """The Organization where visits take place."""
    words = setting.words.site
    return elements(
        resourceType="Organization",
        id=f"{setting.patient}-site",
        extension=[{"url": TIME_ZONE_EXTENSION, "valueCode": words.zone}] if words.zone else None,
        identifier=[npi_identifier(words.npi)] if words.npi else None,
        active=True,
        name=words.name,
        address=[elements(city="Exampleville", state=words.state, country="US")] if words.state else None,
    )


def site_reference(setting: StorySetting) -> FhirJson:
    """Reference to the site."""
    return {"reference": f"Organization/{setting.patient}-site", "display": setting.words.site.name}


def injuries(setting: StorySetting, injury: InjuryWords) -> list[FhirJson]:
    """The injury, and beside it the external cause Y99.0 (work for pay) when it happened at work."""
    found = [
        _condition(
            setting,
            setting.id(None, injury.id),
            concept(*([coding(ICD_10_CM, injury.code)] if injury.code else []), text=injury.text),
            onset=None if injury.onset is None else setting.day(injury.onset),
            note=injury.note,
        )
    ]
    if injury.work_related:
        cause = concept(coding(ICD_10_CM, "Y99.0"), text="Injured while working for pay")
        found.append(_condition(setting, setting.id(None, injury.id, "work"), cause))
    return found


def deficits(setting: StorySetting) -> list[FhirJson]:
    """Limits that keep the patient from the job (D-2)."""
    return [
        _condition(
            setting,
            setting.id(None, "deficit", number),
            concept(coding(ICD_10_CM, "Z73.6"), text=text),
            category="problem-list-item",
        )
        for number, text in enumerate(setting.words.deficits, start=1)
    ]


def _condition(
    setting: StorySetting,
    identifier: str,
    code: FhirJson,
    *,
    onset: str | None = None,
    note: str | None = None,
    category: str = "encounter-diagnosis",
) -> FhirJson:
    return elements(
        resourceType="Condition",
        id=identifier,
        clinicalStatus=concept(coding(f"{TERMINOLOGY}/condition-clinical", "active")),
        verificationStatus=concept(coding(f"{TERMINOLOGY}/condition-ver-status", "confirmed")),
        category=[concept(coding(f"{TERMINOLOGY}/condition-category", category))],
        code=code,
        subject=setting.subject,
        onsetDateTime=onset,
        note=[{"text": note}] if note else None,
    )
