"""Words of a story for the worker: people, site, coverage, injury, and the client that asks."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from cds_service.stories.mappings import AnyDay, FhirId, RoleName, StoryMapping


class PersonWords(StoryMapping):
    """A treating person; ``role`` decides the taxonomy code, ``unknown`` has none. ``title`` is the role in words.

    ``npi``, ``license``, ``phone`` and ``fax`` are those of the person.
    """

    role: RoleName = "unknown"
    name: str
    title: str | None = None
    npi: str | None = None
    license: str | None = None
    phone: str | None = None
    fax: str | None = None


class PatientWords(StoryMapping):
    """The injured worker; ``state`` is the state of the home address, like TX."""

    id: FhirId | None = None
    name: str = "Testa Exampleton"
    birth: date = date(1985, 4, 12)
    gender: Literal["male", "female", "other", "unknown"] = "unknown"
    state: str | None = None


class SiteWords(StoryMapping):
    """Where visits take place; ``state`` is the state of its address, ``zone`` the time zone on its record."""

    name: str = "Exampleville Work Rehab (invented)"
    state: str | None = None
    zone: str | None = None
    npi: str | None = None


class CoverageWords(StoryMapping):
    """One coverage: ``payer_id`` is the payer's identifier, ``order`` its place in line, ``class: none`` untyped.

    ``type`` is the code of its type as it is sent, in the place of that of the class: ``PUBLICPOL`` of v3-ActCode, or
    ``SOPT 99``, ``X12 ZZ``; ``text`` is the type in words. ``plan`` and ``group`` are names in Coverage.class,
    ``claim_number`` is the payer's number of the injury, ``employer`` who took out the insurance.
    """

    id: FhirId | None = None
    kind: Literal[
        "workers-compensation", "medicare", "medicaid", "commercial", "auto", "government", "self-pay", "none"
    ] = Field(default="workers-compensation", alias="class")
    type: Annotated[str, Field(pattern=r"^((SOPT|X12) )?[A-Za-z0-9]+$")] | None = None
    text: str | None = None
    plan: str | None = None
    group: str | None = None
    status: Literal["active", "cancelled", "draft"] = "active"
    payer: str = "Prairie Mutual Compensation (invented)"
    payer_id: str | None = None
    order: int | None = None
    start: AnyDay | None = None
    end: AnyDay | None = None
    member: str | None = None
    claim_number: str | None = None
    employer: str | None = None


class InjuryWords(StoryMapping):
    """What is treated: text, ICD-10-CM code; ``work_related`` adds the external cause Y99.0, ``note`` what is said."""

    id: str = "injury"
    text: str = "Low back strain"
    code: str | None = "S39.012D"
    work_related: bool = True
    note: str | None = None
    onset: AnyDay | None = None


class ClientWords(StoryMapping):
    """What the client's entry in the registry says, with the names and the meaning that it has there."""

    jurisdiction: str | None = None
    time_zone: str | None = None
    not_available: dict[str, str] = {}
    program_state: bool = True
    not_checked: bool = True
