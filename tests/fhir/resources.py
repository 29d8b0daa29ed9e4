"""R4 resources of an invented patient, as short as tests need them."""

from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import json

from cds_service.domain.chart import Chart
from cds_service.fhir.chart import service_requests
from cds_service.fhir.chart.build import build_chart
from cds_service.fhir.reading.calendar import Calendar
from cds_service.fhir.reading.prefetch import Prefetch
from cds_service.fhir.reading.prefetch_reader import read_prefetch

CPT = "http://www.ama-assn.org/go/cpt"
SNOMED = "http://snomed.info/sct"
ICD_10 = "http://hl7.org/fhir/sid/icd-10-cm"
PATIENT = {"reference": "Patient/p1"}
ACCIDENT = {"resourceType": "Claim", "id": "cl", "status": "draft", "use": "claim", "patient": PATIENT}
SOMEBODY_ELSE = {"reference": "Patient/p2"}

Json = dict[str, Any]

CALENDAR = Calendar(ZoneInfo("America/Chicago"))
orders_of = partial(service_requests.orders_of, calendar=CALENDAR)
appointments_of = partial(service_requests.appointments_of, calendar=CALENDAR)


def bundle(*resources: Json, **more: Any) -> Json:
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{"resource": resource} for resource in resources],
        **more,
    }


def coded(system: str | None, code: str, text: str | None = None) -> Json:
    coding = {"code": code} | ({"system": system} if system else {})
    return {"coding": [coding]} | ({"text": text} if text else {})


def period(start: str, end: str) -> Json:
    return {"start": start, "end": end}


def procedure(name: str = "a", **more: Any) -> Json:
    return {
        "resourceType": "Procedure",
        "id": name,
        "status": "completed",
        "code": coded(CPT, "97545"),
        "subject": PATIENT,
        "performedPeriod": period("2026-03-02T09:00:00-06:00", "2026-03-02T11:00:00-06:00"),
    } | more


def encounter(name: str = "e", **more: Any) -> Json:
    return {
        "resourceType": "Encounter",
        "id": name,
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": PATIENT,
        "period": period("2026-03-02T08:55:00-06:00", "2026-03-02T11:05:00-06:00"),
    } | more


def coverage(name: str = "c", **more: Any) -> Json:
    return {
        "resourceType": "Coverage",
        "id": name,
        "status": "active",
        "beneficiary": PATIENT,
        "payor": [{"display": "Example Fund"}],
    } | more


def observation(name: str = "o", **more: Any) -> Json:
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "category": [{"coding": [{"code": "exam"}]}],
        "code": coded("https://example.org/tests", "lift", "Lift to waist"),
        "subject": PATIENT,
        "effectiveDateTime": "2026-03-02",
        "valueQuantity": {"value": 40, "unit": "lb"},
    } | more


def care_plan(name: str = "cp", **more: Any) -> Json:
    return {
        "resourceType": "CarePlan",
        "id": name,
        "status": "active",
        "intent": "plan",
        "subject": PATIENT,
        "title": "Work conditioning",
        "period": {"start": "2026-03-01"},
    } | more


def condition(name: str = "k", **more: Any) -> Json:
    return {
        "resourceType": "Condition",
        "id": name,
        "subject": PATIENT,
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": coded(ICD_10, "M54.50"),
    } | more


def service_request(name: str | None = "s", **more: Any) -> Json:
    resource = {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "order",
        "subject": PATIENT,
        "code": {"text": "Work hardening"},
    } | more
    return {"id": name, **resource} if name is not None else resource


def claim_response(name: str = "r", **more: Any) -> Json:
    return {
        "resourceType": "ClaimResponse",
        "id": name,
        "status": "active",
        "type": coded(None, "professional"),
        "use": "preauthorization",
        "patient": PATIENT,
        "created": "2026-02-20",
        "insurer": {"display": "Example Fund"},
        "outcome": "complete",
        "preAuthRef": "PA-1",
        "preAuthPeriod": {"start": "2026-03-01", "end": "2026-04-12"},
    } | more


def prefetched(keys: list[str] | None = None, **values: Any) -> Prefetch:
    return read_prefetch(json.encode(values), list(values) if keys is None else keys)


def chart_of(**values: Any) -> Chart:
    return build_chart("p1", prefetched(**values))


def chart_of_procedures(*procedures: Json, **more: Any) -> Chart:
    return chart_of(procedures=bundle(*procedures), **more)
