"""Discharge requests of every size for the benchmarks: a running program and, where wanted, a long history.

The program is told in the language of stories; every resource is then dressed like one from a real record (meta,
identifier, narrative text), so that the size is right. The same arguments make the same bytes.
"""

import json
import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from html import escape
from typing import Any

from cds_service.stories import build

TODAY = date(2026, 3, 16)
HOOK = "encounter-discharge"
SYSTEM = "https://ehr.example.org"

BYTES_OF = {"Patient": 2_600, "Encounter": 2_550, "Procedure": 2_450, "CarePlan": 4_200, "Claim": 3_000}
BYTES_OF_OTHERS = 1_500

SENTENCES = (
    "Reviewed with the patient; questions answered and understanding shown.",
    "Tolerated the session without increase of symptoms; heart rate within the planned range throughout.",
    "Body mechanics coached during lifting from floor to waist and from waist to shoulder.",
    "Rest breaks as planned; pace held over the whole circuit.",
    "Cued twice for neutral spine while carrying, afterward independent.",
    "Home exercises reviewed; sleep and soreness discussed.",
    "Next step: raise the load by five pounds if the response stays good.",
    "Entered by the treating clinician and released to the record on the same day.",
)


def small() -> bytes:
    """A program of 5 visits in a young record."""
    return chart(visits=5)


def typical() -> bytes:
    """A program of 30 visits in a record of 127 resources, about 304 kB."""
    return chart(visits=30)


def large() -> bytes:
    """A program of 30 visits in a record of 10 000 resources."""
    return chart(visits=30, resources=10_000)


def view() -> bytes:
    """The typical chart when it is opened."""
    return chart(visits=30, hook="patient-view")


def work_order() -> bytes:
    """An order for work hardening that is signed, with the typical chart."""
    return chart(visits=30, hook="order-sign", orders=[{"id": "more-hardening", "program": "hardening"}])


def drug_order() -> bytes:
    """An order about a drug that is signed, with the typical chart: the commonest call of all."""
    request = json.loads(chart(visits=30, hook="order-sign"))
    drug = {
        "resourceType": "MedicationRequest",
        "id": "naproxen",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": f"Patient/{request['context']['patientId']}"},
        "medicationCodeableConcept": {"text": "Naproxen 500 mg tablet"},
    }
    request["context"]["draftOrders"]["entry"] = [{"resource": drug}]
    return json.dumps(request, separators=(",", ":")).encode()


def chart(
    visits: int,
    resources: int | None = None,
    seed: int = 1,
    hook: str = HOOK,
    orders: Sequence[dict[str, Any]] = (),
) -> bytes:
    """The body of a request, by default at discharge, with a program of so many visits, the last one today.

    ``resources`` is the number of resources in prefetch; the program's own are filled up with older, ordinary ones;
    by default with three for every five visits, which makes 127 with 30 visits.

    Raises:
        ValueError: the program alone has more resources than that.
    """
    rng = random.Random(seed)  # noqa: S311 - the same seed has to give the same chart
    request = build(program(visits) | {"orders": [*orders]}, TODAY).request(hook)
    own = count(request)
    resources = own + visits * 3 // 5 if resources is None else resources
    if resources < own:
        raise ValueError(f"{visits} visits make {own} resources already")
    patient = request["context"]["patientId"]
    for key, resource in history(patient, resources - own, rng):
        bundle = request["prefetch"][key]
        url = f"{SYSTEM}/fhir/{resource['resourceType']}/{resource['id']}"
        entry = {"fullUrl": url, "resource": resource, "search": {"mode": "match"}}
        bundle.setdefault("entry", []).append(entry)
        bundle["total"] += 1
    dressed: dict[int, dict[str, Any]] = {}
    for holder, name in holders(request["prefetch"]):
        resource = holder[name]
        if id(resource) not in dressed:
            dressed[id(resource)] = dress(resource, rng)
        holder[name] = dressed[id(resource)]
    return json.dumps(request, separators=(",", ":")).encode()


def program(visits: int) -> dict[str, Any]:
    """Work hardening, four days of every seven, four hours a day, the last two with the assistant alone."""
    days = [-(number // 4 * 7 + number % 4) for number in reversed(range(visits))]
    first = days[0]
    weeks = range(first - 1, 0, 7)
    return {
        "name": "benchmark",
        "patient": {"name": "Benchmarka Exampleton", "gender": "female", "state": "TX"},
        "program": "hardening",
        "injury": {
            "text": "Low back strain",
            "code": "S39.012D",
            "note": "Lifted a crate at work.",
            "onset": first - 60,
        },
        "deficits": ["Cannot lift 50 lb from floor to waist more than twice"],
        "plan": {"start": first - 1, "weeks": 12, "sessions_a_week": 4, "minutes": 240},
        "evaluations": [{"day": first - 1, "code": 97162}],
        "assessments": [{"day": day, "tool": "lift", "value": 20 + 3 * number} for number, day in enumerate(weeks)],
        "visits": [
            {
                "day": day,
                "note": "Simulated loading with coached body mechanics.",
                "sessions": [
                    {"from": "08:00", "to": "10:00", "by": "PT"},
                    {"from": "10:00", "to": "12:00", "by": "PTA"},
                ],
            }
            for day in days
        ],
        "authorizations": [
            {"number": "EXAMPLE-1", "from": first - 1, "to": 30, "quantity": 400, "unit": "hours"},
        ],
    }


def holders(prefetch: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Every place that holds a resource: the keys of single resources and the entries of Bundles."""
    for key, value in prefetch.items():
        if value is None:
            continue
        if value["resourceType"] != "Bundle":
            yield prefetch, key
            continue
        for entry in value.get("entry", ()):
            yield entry, "resource"


def count(request: dict[str, Any] | bytes) -> int:
    """Number of resources in the prefetch of a request or of its body."""
    whole = json.loads(request) if isinstance(request, bytes) else request
    return sum(1 for _ in holders(whole["prefetch"]))


def dress(resource: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """The resource with meta, an identifier and a narrative that brings it to the usual size of its type."""
    kind, identity = resource["resourceType"], resource["id"]
    day, hour, minute = rng.randint(1, 9), rng.randint(7, 18), rng.randint(0, 59)
    meta = {
        "versionId": str(rng.randint(1, 9)),
        "lastUpdated": f"2026-03-{day:02d}T{hour:02d}:{minute:02d}:00.000-06:00",
        "source": f"{SYSTEM}#{rng.getrandbits(40):010x}",
        "profile": [f"{SYSTEM}/fhir/StructureDefinition/{kind.lower()}"],
    }
    identifier = {"use": "official", "system": f"{SYSTEM}/{kind.lower()}", "value": f"{rng.getrandbits(48):012x}"}
    identifiers: Any = identifier if kind == "QuestionnaireResponse" else [identifier]
    rest = {name: value for name, value in resource.items() if name not in {"resourceType", "id"}}
    bare = {"resourceType": kind, "id": identity, "meta": meta, "identifier": identifiers, **rest}
    room = BYTES_OF.get(kind, BYTES_OF_OTHERS) - len(json.dumps(bare, separators=(",", ":")))
    return {
        "resourceType": kind,
        "id": identity,
        "meta": meta,
        "text": {"status": "generated", "div": narrative(kind, identity, room, rng)},
        "identifier": identifiers,
        **rest,
    }


def narrative(kind: str, identity: str, room: int, rng: random.Random) -> str:
    """XHTML text of about so many bytes."""
    head = f'<div xmlns="http://www.w3.org/1999/xhtml"><p><b>{kind}</b> {escape(identity)}</p><p>'
    sentences: list[str] = []
    while sum(map(len, sentences)) + len(sentences) + len(head) < room - 120:
        sentences.append(rng.choice(SENTENCES))
    return f"{head}{' '.join(sentences)}</p></div>"


def history(patient: str, number: int, rng: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    """So many ordinary resources of the years before: (prefetch key, resource)."""
    subject = {"reference": f"Patient/{patient}"}
    makers = (_vital_sign, _vital_sign, _survey, _vital_sign, _encounter, _vital_sign, _survey, _procedure, _condition)
    for index in range(number):
        day = TODAY - timedelta(days=200 + rng.randint(0, 3_000))
        key, resource = makers[index % len(makers)](day, rng)
        yield key, {"resourceType": resource["resourceType"], "id": f"history-{index}", **resource, "subject": subject}


def _observation(category: str, code: dict[str, str], value: float, unit: str, day: date) -> tuple[str, dict[str, Any]]:
    system = "http://terminology.hl7.org/CodeSystem/observation-category"
    return "observations", {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"system": system, "code": category}]}],
        "code": {"coding": [code], "text": code["display"]},
        "effectiveDateTime": f"{day.isoformat()}T09:30:00-06:00",
        "valueQuantity": {"value": value, "unit": unit},
    }


def _vital_sign(day: date, rng: random.Random) -> tuple[str, dict[str, Any]]:
    code, name, low, high, unit = rng.choice(
        (
            ("8867-4", "Heart rate", 55, 95, "/min"),
            ("8480-6", "Systolic blood pressure", 105, 145, "mm[Hg]"),
            ("29463-7", "Body weight", 70, 90, "kg"),
        )
    )
    coding = {"system": "http://loinc.org", "code": code, "display": name}
    return _observation("vital-signs", coding, rng.randint(low, high), unit, day)


def _survey(day: date, rng: random.Random) -> tuple[str, dict[str, Any]]:
    coding = {"system": f"{SYSTEM}/surveys", "code": f"survey-{rng.randint(1, 5)}", "display": "Health survey"}
    return _observation("survey", coding, rng.randint(0, 100), "{score}", day)


def _encounter(day: date, rng: random.Random) -> tuple[str, dict[str, Any]]:
    hour = rng.randint(8, 15)
    return "encounters", {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "type": [{"text": rng.choice(("Primary care visit", "Blood draw", "Eye examination"))}],
        "period": {
            "start": f"{day.isoformat()}T{hour:02d}:00:00-06:00",
            "end": f"{day.isoformat()}T{hour:02d}:30:00-06:00",
        },
    }


def _procedure(day: date, rng: random.Random) -> tuple[str, dict[str, Any]]:
    return "procedures", {
        "resourceType": "Procedure",
        "status": "completed",
        "code": {"text": rng.choice(("Influenza vaccination", "Suture of a small wound", "Hearing test"))},
        "performedDateTime": day.isoformat(),
    }


def _condition(day: date, rng: random.Random) -> tuple[str, dict[str, Any]]:
    system = "http://terminology.hl7.org/CodeSystem"
    return "conditions", {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [{"system": f"{system}/condition-clinical", "code": "resolved"}]},
        "verificationStatus": {"coding": [{"system": f"{system}/condition-ver-status", "code": "confirmed"}]},
        "code": {"text": rng.choice(("Common cold", "Ankle sprain", "Seasonal allergy"))},
        "onsetDateTime": day.isoformat(),
    }
