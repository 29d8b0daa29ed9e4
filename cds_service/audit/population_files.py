"""The invented population as Bulk Data: a file of NDJSON for each type of resource, as ``$export`` writes them."""

import csv
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import orjson

from cds_service.audit.population import Planted, Population, ProgramPlan, SampleLine, billed_lines
from cds_service.domain.codes import FIRST_BLOCK, FURTHER_HOUR
from cds_service.domain.fees import Fee, FeeTable, fee_table
from cds_service.stories.resources.pieces import FhirJson
from cds_service.stories.story import build

PLANTED_FILE: Final = "planted.csv"
"""Beside the files of resources: every error that was planted, to hold a look-back against."""
SAMPLE_FEES: Final = fee_table(
    (
        Fee(FIRST_BLOCK, frozenset(), Decimal("128.00"), date(2026, 1, 1)),
        Fee(FURTHER_HOUR, frozenset(), Decimal("64.00"), date(2026, 1, 1)),
        Fee("97162", frozenset(), Decimal("110.00"), date(2026, 1, 1)),
    )
)
"""Invented dollars of a unit, so that the sample shows amounts; no payer's rates."""
_SHARED: Final = frozenset({"Organization", "Practitioner"})
_APPROVED_EARLY: Final = timedelta(days=3)
_LAPSES_BEFORE_LAST: Final = 3
"""Visits that come after the end of an approval that lapses."""


def write_population(people: Population, folder: Path) -> FeeTable:
    """Write the files into a folder and return the invented fees that its bills are charged by.

    Raises:
        OSError: The folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    errors = people.visit_errors
    shared: dict[str, FhirJson] = {}
    files: dict[str, Any] = {}
    try:
        for program in people.programs:
            for resource in patient_resources(program, errors):
                kind = resource["resourceType"]
                if kind in _SHARED:
                    shared[f"{kind}/{resource['id']}"] = resource
                    continue
                if kind not in files:
                    files[kind] = (folder / f"{kind}.ndjson").open("wb")
                files[kind].write(orjson.dumps(resource, option=orjson.OPT_APPEND_NEWLINE))
    finally:
        for file in files.values():
            file.close()
    for kind in sorted(_SHARED):
        lines = (orjson.dumps(entry) for entry in shared.values() if entry["resourceType"] == kind)
        (folder / f"{kind}.ndjson").write_bytes(b"".join(line + b"\n" for line in lines))
    with (folder / PLANTED_FILE).open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("patient", "date", "error"))
        rows.writerows((wrong.patient, wrong.date or "", wrong.error.value) for wrong in people.planted)
    return SAMPLE_FEES


def patient_resources(program: ProgramPlan, errors: Mapping[tuple[str, date], Planted]) -> Iterator[FhirJson]:
    """The resources of a program's patient, with those of the clinic and its people, which other patients share."""
    story = build(_words(program, errors), program.days[-1], program.patient)
    names = {
        f"{program.patient}-site": program.clinic.id,
        f"{program.patient}-by-pt": _person(program, program.therapist),
        f"{program.patient}-by-pta": _person(program, program.assistant),
    }
    for resource in story.resources:
        yield _exported(_renamed(resource, names), program.days[0] - _APPROVED_EARLY)


def _words(program: ProgramPlan, errors: Mapping[tuple[str, date], Planted]) -> dict[str, Any]:
    """The program in the language of stories."""
    first, last = program.days[0], program.days[-1]
    text, code, note, deficit = program.injury
    days = [(day, errors.get((program.patient, day))) for day in program.days]
    insurance: dict[str, Any] = {"payer": program.payer, "start": date(2025, 1, 1), "order": 1}
    if program.error is Planted.OTHER_PAYER:
        insurance["class"] = "commercial"
    number = f"A-{program.patient[-5:]}"
    return {
        "name": program.patient,
        "patient": {"id": program.patient, "name": program.name, "state": program.clinic.state},
        "site": {"name": program.clinic.name, "state": program.clinic.state},
        "people": {
            "PT": {"role": "PT", "name": program.therapist},
            "PTA": {"role": "PTA", "name": program.assistant},
        },
        "coverage": insurance,
        "injury": {"text": text, "code": code, "note": note, "onset": first - timedelta(days=60)},
        "deficits": [f"{deficit}, as the job requires"],
        "program": program.kind,
        "plan": {"start": first, "weeks": 8, "sessions_a_week": 5, "minutes": program.hours * 60},
        "evaluations": [{"day": first - _APPROVED_EARLY, "code": "97162"}],
        "assessments": [
            {"day": day, "tool": "lift", "value": 20 + 4 * place}
            for place, day in enumerate(_measured_on(program, first))
        ],
        "questionnaires": [{"day": first - _APPROVED_EARLY, "title": "Oswestry", "answers": {"score": 38}}],
        "existing_orders": [{"discipline": "PT", "times": {"frequency": 5, "minutes": program.hours * 60, "weeks": 8}}],
        "visits": [_visit(program, day, error) for day, error in days],
        "authorizations": [
            {"number": number, "from": first - _APPROVED_EARLY, "to": _approved_to(program, last), "quantity": 60}
        ],
        "charges": [
            {"day": day, "status": "active", "authorization": number, "lines": list(map(_line, lines))}
            for day, error in days
            if (lines := billed_lines(program, error))
        ],
    }


def _visit(program: ProgramPlan, day: date, error: Planted | None) -> dict[str, Any]:
    when = {"date_only": True} if error is Planted.NO_MINUTES else {"from": "08:00", "minutes": program.hours * 60}
    return {
        "day": day,
        "by": ["PTA"] if program.with_assistant else ["PT"],
        "note": "Simulated job tasks with pacing and body mechanics.",
        **when,
    }


def _measured_on(program: ProgramPlan, first: date) -> list[date]:
    """The evaluation and, where nothing was missed, the first visit of each further week."""
    if program.error is Planted.NO_REASSESSMENT:
        return [first - _APPROVED_EARLY]
    weeks = {(day - first).days // 7: day for day in reversed(program.days)}
    return [first - _APPROVED_EARLY, *(weeks[week] for week in sorted(weeks) if week)]


def _approved_to(program: ProgramPlan, last: date) -> date:
    if program.error is Planted.LAPSED_APPROVAL:
        return program.days[-1 - _LAPSES_BEFORE_LAST]
    return last + timedelta(weeks=2)


def _line(line: SampleLine) -> dict[str, Any]:
    code, units, modifiers = line
    return {"code": code, "units": units, "modifiers": list(modifiers)}


def _person(program: ProgramPlan, name: str) -> str:
    words = name.partition(",")[0].lower().split()
    return "-".join((program.clinic.id, *words))


def _renamed(value: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401 - FHIR elements are any JSON
    """The same with the ids of a story's clinic and people in the form that other patients have, too."""
    if isinstance(value, dict):
        return {name: _renamed(part, names) for name, part in value.items()}
    if isinstance(value, list):
        return [_renamed(part, names) for part in value]
    if isinstance(value, str):
        kind, slash, name = value.rpartition("/")
        return f"{kind}{slash}{names[name]}" if name in names else value
    return value


def _exported(resource: FhirJson, ordered: date) -> FhirJson:
    """With what an EHR's export tells besides: since when an entry stands, and dollars on the bill."""
    kind = resource["resourceType"]
    if kind == "ServiceRequest":
        return {**resource, "authoredOn": ordered.isoformat()}
    if kind == "Condition":
        return {**resource, "recordedDate": resource.get("onsetDateTime", "2025-11-03")}
    if kind == "Observation" and "effectiveDateTime" in resource:
        return {**resource, "issued": f"{resource['effectiveDateTime'][:10]}T18:00:00-06:00"}
    if kind == "Claim":
        return {**resource, "item": [_charged(item) for item in resource["item"]]}
    return resource


def _charged(item: FhirJson) -> FhirJson:
    code = item["productOrService"]["coding"][0]["code"]
    dollars = SAMPLE_FEES.by_code[code][0].amount * item["quantity"]["value"]
    return {**item, "net": {"value": float(dollars), "currency": "USD"}}
