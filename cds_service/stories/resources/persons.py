"""Treating persons: invented people with the taxonomy code of their profession."""

from collections.abc import Iterable, Mapping
from typing import Final

from cds_service.stories.language import StoryWords
from cds_service.stories.resources.pieces import (
    DISCIPLINES,
    EXAMPLE,
    NUCC,
    FhirJson,
    StorySetting,
    coding,
    concept,
    elements,
    npi_identifier,
    slug,
)
from cds_service.stories.worker_words import PersonWords

TAXONOMY: Final[Mapping[str, tuple[str, str]]] = {
    "PT": ("225100000X", "Physical Therapist"),
    "PTA": ("225200000X", "Physical Therapy Assistant"),
    "OT": ("225X00000X", "Occupational Therapist"),
    "OTA": ("224Z00000X", "Occupational Therapy Assistant"),
    "SLP": ("235Z00000X", "Speech-Language Pathologist"),
    "student": ("390200000X", "Student in an Organized Health Care Education/Training Program"),
    "athletic-trainer": ("2255A2300X", "Athletic Trainer"),
}
DEFAULT_PEOPLE: Final[Mapping[str, PersonWords]] = {
    "PT": PersonWords(role="PT", name="Thera Demopist, PT"),
    "PTA": PersonWords(role="PTA", name="Assi Mockwell, PTA"),
    "OT": PersonWords(role="OT", name="Occi Sampleton, OT"),
    "OTA": PersonWords(role="OTA", name="Olla Fictum, OTA"),
    "SLP": PersonWords(role="SLP", name="Spee Placeholder, SLP"),
    "unknown": PersonWords(role="unknown", name="N. N. Example"),
}


def people_of(words: StoryWords) -> dict[str, PersonWords]:
    """Everybody a story may name: the usual invented people and its own."""
    return {**DEFAULT_PEOPLE, **words.people}


def therapist(setting: StorySetting) -> str:
    """Key of the person who treats unless the story says otherwise: the therapist of the first plan's discipline."""
    disciplines = (plan.discipline for plan in setting.words.plan)
    return next((discipline for discipline in disciplines if discipline in DISCIPLINES), "PT")


def practitioner(setting: StorySetting, key: str) -> FhirJson:
    """The person."""
    person = setting.people[key]
    name, license_number = person.name, person.license
    given_names = name.partition(",")[0].split()
    telecom = [{"system": system, "value": value} for system in ("phone", "fax") if (value := getattr(person, system))]
    return elements(
        resourceType="Practitioner",
        id=_person_id(setting, key),
        identifier=[npi_identifier(person.npi)] if person.npi else None,
        active=True,
        name=[elements(text=name, family=given_names[-1], given=given_names[:-1])],
        telecom=telecom,
        qualification=[_license(license_number, person.role)] if license_number else None,
    )


def _license(number: str, role: str) -> FhirJson:
    code = TAXONOMY.get(role)
    return {
        "identifier": [{"system": f"{EXAMPLE}/licenses", "value": number}],
        "code": concept(coding(NUCC, *code)) if code else {"text": "License"},
    }


def practitioner_role(setting: StorySetting, key: str, identifier: str) -> FhirJson:
    """The person in the profession that counts; nothing but the name when neither role nor title is known."""
    person = setting.people[key]
    code = TAXONOMY.get(person.role)
    return elements(
        resourceType="PractitionerRole",
        id=identifier,
        active=True,
        practitioner={"reference": f"Practitioner/{_person_id(setting, key)}", "display": person.name},
        code=[concept(*([coding(NUCC, *code)] if code else []), text=person.title)] if code or person.title else None,
    )


def _person_id(setting: StorySetting, key: str) -> str:
    return f"{setting.patient}-by-{slug(key)}"


def user(setting: StorySetting) -> str:
    """Reference to the person at the screen."""
    return f"Practitioner/{_person_id(setting, therapist(setting))}"


def contained_roles(setting: StorySetting, keys: Iterable[str]) -> list[FhirJson]:
    """Roles to put inside a resource; none when the story has them as resources of their own."""
    if setting.words.roles == "included":
        return []
    return [practitioner_role(setting, key, slug(key)) for key in dict.fromkeys(keys)]


def role_reference(setting: StorySetting, key: str) -> FhirJson:
    """Reference to a role, inside the same resource or to the role of its own."""
    inside = setting.words.roles == "contained"
    reference = f"#{slug(key)}" if inside else f"PractitionerRole/{_role_id(setting, key)}"
    return {"reference": reference, "display": setting.people[key].name}


def _role_id(setting: StorySetting, key: str) -> str:
    return f"{setting.patient}-role-{slug(key)}"


def roles(setting: StorySetting, keys: Iterable[str]) -> list[FhirJson]:
    """The persons' resources, and their roles where those are not contained."""
    found: list[FhirJson] = []
    for key in dict.fromkeys(keys):
        found.append(practitioner(setting, key))
        if setting.words.roles == "included":
            found.append(practitioner_role(setting, key, _role_id(setting, key)))
    return found
