"""Small FHIR R4 pieces that all builders use: codes, concepts, references, times."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias

from cds_service.domain.codes import LABELS, Program
from cds_service.fhir.reading.code_systems import CPT, HCPCS
from cds_service.fhir.reading.parties import NPI
from cds_service.stories.care_words import TimedWords
from cds_service.stories.language import StoryWords
from cds_service.stories.story_dates import StoryCalendar, StoryDay
from cds_service.stories.worker_words import PersonWords

FhirJson: TypeAlias = dict[str, Any]

NUCC: Final = "http://nucc.org/provider-taxonomy"
SNOMED: Final = "http://snomed.info/sct"
UCUM: Final = "http://unitsofmeasure.org"
TERMINOLOGY: Final = "http://terminology.hl7.org/CodeSystem"
EXAMPLE: Final = "https://example.org/work-rehab-stories"

DISCIPLINES: Final[Mapping[str, tuple[str, str]]] = {
    "PT": ("91251008", "Physical therapy"),
    "OT": ("84478008", "Occupational therapy"),
    "SLP": ("311555007", "Speech and language therapy"),
}
PROGRAM_WORDS: Final = {Program.CONDITIONING: "Work conditioning", Program.HARDENING: "Work hardening"}
_HARDENING_CODE: Final = "228648008"
_CPT_CODE: Final = re.compile(r"\d{4}[0-9A-Z]|\d{2}")


@dataclass(frozen=True, slots=True)
class StorySetting:
    """What every resource of a story shares. ``patient`` is the patient's id and begins every other id."""

    words: StoryWords
    calendar: StoryCalendar
    patient: str
    people: Mapping[str, PersonWords]
    taken: dict[str, int] = field(default_factory=dict)

    @property
    def subject(self) -> FhirJson:
        """Reference to the patient."""
        return {"reference": f"Patient/{self.patient}", "display": self.words.patient.name}

    def id(self, written: str | None, *parts: object) -> str:
        """The id given in the story, else one made of the parts; numbered when taken."""
        wanted = written or "-".join([self.patient, *(slug(str(part)) for part in parts)])[:60].strip("-.")
        count = self.taken[wanted] = self.taken.get(wanted, 0) + 1
        return wanted if count == 1 else f"{wanted}-{count}"

    def day(self, day: StoryDay) -> str:
        """ISO date of a day of the story."""
        return self.calendar.date_of(day).isoformat()

    def period(self, start: StoryDay | None, end: StoryDay | None) -> FhirJson:
        """Period of whole days; empty when neither end is known."""
        return elements(start=None if start is None else self.day(start), end=None if end is None else self.day(end))

    def conditions(self, injury: str | None) -> list[FhirJson]:
        """References to the injury named, or to the first one; none when there is none."""
        named = [words for words in self.words.injury if injury in (None, words.id)][:1]
        return [{"reference": f"Condition/{self.patient}-{slug(words.id)}", "display": words.text} for words in named]


def slug(text: str) -> str:
    """Text as part of a FHIR id."""
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.")


def elements(**values: Any) -> FhirJson:  # noqa: ANN401 - FHIR elements are any JSON
    """The elements that have a value; FHIR knows no empty ones. A trailing underscore is left off the name."""
    return {
        name.rstrip("_"): value for name, value in values.items() if value is not None and value not in ("", [], {})
    }


def coding(system: str, code: str, display: str | None = None) -> FhirJson:
    """One Coding."""
    return elements(system=system, code=code, display=display)


def concept(*codings: FhirJson, text: str | None = None) -> FhirJson:
    """A CodeableConcept."""
    return elements(coding=list(codings), text=text)


def npi_identifier(number: str) -> FhirJson:
    """The national number of a person or an organization."""
    return {"system": NPI, "value": number}


def billing_coding(code: str) -> FhirJson:
    """A CPT or HCPCS Level II code or modifier as a bare number, without the descriptor of its owner."""
    return coding(CPT if _CPT_CODE.fullmatch(code) else HCPCS, code)


def billing_codings(codes: Iterable[str]) -> list[FhirJson]:
    """Codes as codings; ``none`` and ``other`` are not codes (``other`` is exercise, 97110)."""
    return [billing_coding("97110" if code == "other" else code) for code in codes if code != "none"]


def service_concept(codes: Sequence[str], program: str, text: str | None = None) -> FhirJson:
    """What is done, in codes and words: work hardening has a SNOMED CT code, work conditioning only its name."""
    codings = billing_codings(codes)
    if program == Program.HARDENING:
        codings.append(coding(SNOMED, _HARDENING_CODE, "Work hardening"))
    return concept(*codings, text=text or program_words(program, codes))


def program_words(program: str, codes: Sequence[str] = ()) -> str:
    """Name of the program, else of the code, else of a therapy session."""
    if program in PROGRAM_WORDS:
        return PROGRAM_WORDS[Program(program)]
    return next((LABELS[code] for code in codes if code in LABELS), "Therapy session")


def span(setting: StorySetting, day: StoryDay, timed: TimedWords) -> tuple[datetime | None, datetime | None]:
    """Start and stop of something on a day; None for what is not recorded."""
    date = setting.calendar.date_of(day)
    if timed.start is None:
        return None, None
    start = setting.calendar.at(date, timed.start)
    if timed.minutes is not None:
        return start, setting.calendar.after(start, timed.minutes)
    if timed.stop is None:
        return start, None
    return setting.calendar.span(date, timed.start, timed.stop)


def instants(start: datetime | None, stop: datetime | None) -> FhirJson:
    """Period between two instants, in the offset of the story."""
    return elements(start=start and start.isoformat(), end=stop and stop.isoformat())


def performed(setting: StorySetting, day: StoryDay, timed: TimedWords) -> FhirJson:
    """When a procedure was done: a period where a time of day is recorded, else the date."""
    period = {} if timed.date_only else instants(*span(setting, day, timed))
    return {"performedPeriod": period} if period else {"performedDateTime": setting.day(day)}


def quantity_element(value: float, unit: str | None = None, code: str | None = None) -> FhirJson:
    """A Quantity; whole numbers without decimals. ``code`` is the UCUM code of the unit."""
    number = int(value) if float(value).is_integer() else value
    return elements(value=number, unit=unit, system=UCUM if code else None, code=code)
