"""What the discharge of a past visit would have answered: a whole hook call on the record as it stood by then.

Since when a resource was on record is worked out here from its JSON, as docs/lookback.md says it.
"""

import json
from datetime import datetime, time

from cds_service.audit.billed import BILL_TYPES
from cds_service.fhir.reading.elements import type_name
from cds_service.fhir.reading.prefetch_keys import PREFETCH_KEYS
from cds_service.hooks.answer import Answerer
from cds_service.hooks.call import read_call
from cds_service.hooks.services import SERVICES
from tests.audit.random_programs import ENTERED, PATIENT, day_of, told_by
from tests.playing import bundled_policies

DISCHARGE = next(service for service in SERVICES if service.hook == "encounter-discharge")
SENT_ALONG = {"encounters": {"Organization"}, "procedures": {"PractitionerRole", "Practitioner"}}
"""What an EHR sends beside what a query asks for, because the found resources refer to it."""


def reference(resource):
    return f"{resource['resourceType']}/{resource['id']}"


def known_since(resources, zone):
    """Since when each resource is on record; those that say nothing were all along."""
    by_reference = {reference(resource): resource for resource in resources}
    since = {}
    for name, resource in by_reference.items():
        entered = resource.get("recorded") or resource.get(ENTERED.get(resource["resourceType"], ""))
        day = day_of(entered, zone) if entered else told_by(resource, zone)
        if day is None and "encounter" in resource:
            day = told_by(by_reference[resource["encounter"]["reference"]], zone)
        if day is not None:
            since[name] = day
    return since


def is_bill_of(resource, visit):
    """Whether a resource is a bill that went out for a visit, as far as it can be read."""
    if resource["resourceType"] not in BILL_TYPES or resource["status"] not in ("active", "billable"):
        return False
    lines = resource.get("item", [resource])
    dates = {line.get("servicedDate") or line.get("occurrenceDateTime") for line in lines}
    named = [named for line in lines for named in (*line.get("encounter", ()), line.get("context")) if named]
    of_visit = any(name["reference"] == visit.encounter for name in named)
    return visit.date.isoformat() in dates or (None in dates and of_visit)


def on_record(resources, visit, zone):
    """What was on record by the end of a visit's day, before anything of it was billed."""
    since = known_since(resources, zone)
    return [
        resource
        for resource in resources
        if since.get(reference(resource), visit.date) <= visit.date and not is_bill_of(resource, visit)
    ]


def call_of_discharge(resources, encounter):
    """The call of an EHR that sends what the queries of the service ask for."""
    prefetch = {name: _answer(PREFETCH_KEYS[name], resources, encounter) for name in DISCHARGE.prefetch}
    request = {
        "hook": DISCHARGE.hook,
        "hookInstance": "6f1d5f4e-5a55-4a5e-9d7c-3c1d1d0b9f10",
        "context": {"userId": "Practitioner/any", "patientId": PATIENT, "encounterId": encounter},
        "prefetch": prefetch,
    }
    return read_call(json.dumps(request).encode(), DISCHARGE.id)


def _answer(key, resources, encounter):
    kinds = {key.resource_type, *map(type_name, key.also)}
    found = [resource for resource in resources if resource["resourceType"] in kinds and _passes(key, resource)]
    if not key.is_search:
        wanted = PATIENT if key.name == "patient" else encounter
        return next((resource for resource in found if resource["id"] == wanted), None)
    found += [resource for resource in resources if resource["resourceType"] in SENT_ALONG.get(key.name, ())]
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": resource} for resource in found]}


def _passes(key, resource):
    """Whether a resource passes the filters of a query."""
    categories = {
        coding.get("code") for concept in resource.get("category", ()) for coding in concept.get("coding", ())
    }
    values = {"use": {resource.get("use")}, "category": categories}
    return all(values[name] & {None, *wanted.split(",")} for name, wanted in key.filters.items())


def answered_at_discharge(resources, visit, zone):
    """The answer to the call at a visit's end."""
    now = datetime.combine(visit.date, time(12), tzinfo=zone)
    answerer = Answerer(
        policies=bundled_policies(),
        clock=lambda: now,
        public_url="https://cds.example.org",
        source_label="Work Rehab CDS",
        max_cards=50,
    )
    known = on_record(resources, visit, zone)
    return answerer.answered(call_of_discharge(known, visit.encounter.rpartition("/")[2]))


def proposed_claims(answer):
    """The lines of each claim that an answer proposes: code, modifiers, units."""
    actions = [
        action["resource"]
        for card in answer.response["cards"]
        for suggestion in card.get("suggestions", [])
        for action in suggestion["actions"]
        if "resource" in action
    ]
    claims = [made for made in actions if made["resourceType"] == "Claim" and made["use"] == "claim"]
    return {tuple(map(_line, claim.get("item", ()))) for claim in claims}


def _line(item):
    modifiers = [coding["code"] for modifier in item.get("modifier", []) for coding in modifier["coding"]]
    return item["productOrService"]["coding"][0]["code"], "-".join(modifiers), item["quantity"]["value"]
