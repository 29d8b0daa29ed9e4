"""Programs of invented patients, drawn at random: visits, payers, approvals, bills, and when each was entered.

A program is written in the language of stories; what an export has besides is drawn here: dates of entry before and
after the visit or none at all, in any offset; bills as claims, charge items or explanations of benefits, corrected by
later ones; visits at another clinic.
"""

from datetime import date, datetime, time, timedelta, timezone
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from cds_service.stories import build

FIRST = date(2026, 2, 23)
"""A Monday two weeks before the clocks change."""
DAYS = 40
PATIENT = "random-patient"
PLACES = {
    "TX": "America/Chicago",
    "WA": "America/Los_Angeles",
    "FL": "America/New_York",
    "AZ": "America/Phoenix",
    "OH": "America/New_York",
    "CA": "America/Los_Angeles",
    "ND": "America/Chicago",
}
ENTERED = {
    "CarePlan": "created",
    "ChargeItem": "enteredDate",
    "Claim": "created",
    "ClaimResponse": "created",
    "Condition": "recordedDate",
    "ExplanationOfBenefit": "created",
    "Observation": "issued",
    "QuestionnaireResponse": "authored",
    "ServiceRequest": "authoredOn",
}
ODD = {"odd": 7}
"""Where a code or a status is expected."""
TOLD_BY = ("performedPeriod", "performedDateTime", "effectiveDateTime", "occurrencePeriod", "preAuthPeriod")
TOLD_BY = (*TOLD_BY, "occurrenceDateTime", "billablePeriod", "onsetDateTime", "period", "startDate")

days = st.integers(0, DAYS).map(lambda number: FIRST + timedelta(days=number))
around = st.integers(-20, DAYS + 10).map(lambda number: FIRST + timedelta(days=number))
minutes = st.sampled_from([30, 60, 95, 105, 120, 149, 150, 180, 240, 300])
people = st.sampled_from([["PT"], ["PT"], ["PTA"], ["PT", "PTA"], ["OT"], ["OTA"], []])
programs = st.sampled_from(["conditioning", "hardening"])


def often(strategy):
    return strategy | st.none()


def filled(**parts):
    """A mapping with those of its parts that are drawn as something."""
    return st.fixed_dictionaries(parts).map(
        lambda drawn: {key: part for key, part in drawn.items() if part is not None}
    )


timed = st.sampled_from(["06:30", "08:00", "13:15"]).flatmap(
    lambda start: minutes.map(lambda length: {"from": start, "minutes": length})
)
late = st.just({"from": "21:30", "to": "00:45"})
untimed = st.just({"date_only": True})
times = st.one_of(timed, timed, timed, late, untimed)


@st.composite
def visits(draw):
    words = {"day": draw(days), "by": draw(people), **draw(times)}
    if draw(st.integers(0, 5)) == 0:
        words["sessions"] = [
            {"from": "08:00", "minutes": draw(minutes)},
            {"from": "13:00", "minutes": draw(minutes), "by": draw(people)},
        ]
        words = {key: part for key, part in words.items() if key not in {"from", "to", "minutes", "date_only"}}
    if draw(st.integers(0, 3)) == 0:
        words["services"] = [
            {"code": draw(st.sampled_from(["97110", "97530", "97750"])), "from": "14:00", "minutes": 30}
        ]
    if draw(st.integers(0, 7)) == 0:
        words["injury"] = draw(st.sampled_from(["back", "knee"]))
    if draw(st.integers(0, 9)) == 0:
        words["evaluation"] = "97164"
    if draw(st.integers(0, 9)) == 0:
        words["program"] = draw(programs)
    if draw(st.integers(0, 12)) == 0:
        words["status"] = draw(st.sampled_from(["in-progress", "not-done", "entered-in-error"]))
    if draw(st.integers(0, 15)) == 0:
        words["encounter"] = draw(st.sampled_from(["none", {"class": "VR"}, {"status": "cancelled"}]))
    return words


plans = filled(
    discipline=st.sampled_from(["PT", "PT", "OT", "none"]),
    program=often(programs),
    start=around,
    weeks=often(st.integers(1, 10)),
    status=st.sampled_from(["active", "active", "active", "completed", "revoked"]),
    activity=st.booleans(),
    injury=st.sampled_from([None, None, "back", "knee"]),
)
coverages = filled(
    **{"class": st.sampled_from(["workers-compensation"] * 4 + ["medicare", "commercial", "auto", "self-pay", "none"])},
    payer=st.sampled_from(["Harbor Casualty (invented)", "Aetna", "Texas Mutual (invented)", "OWCP"]),
    order=often(st.integers(1, 2)),
    start=often(around),
    end=often(around),
    status=st.sampled_from(["active", "active", "active", "cancelled"]),
)
approvals = filled(
    number=st.sampled_from(["RANDOM-1", "RANDOM-2", "RANDOM-3"]),
    **{"from": around, "to": often(around)},
    created=often(around),
    quantity=often(st.integers(1, 40)),
    unit=st.sampled_from(["hours", "visits", "days", "units"]),
    state=st.sampled_from(["approved", "approved", "approved", "denied", "pending", "withdrawn"]),
)
assessments = filled(
    day=around,
    tool=st.sampled_from(["oswestry", "lift", "grip"]),
    value=st.integers(5, 60),
    category=st.sampled_from(["survey", "exam", "therapy"]),
    status=st.sampled_from(["final", "final", "preliminary"]),
)
questionnaires = st.fixed_dictionaries(
    {"day": around, "title": st.just("Oswestry"), "answers": st.fixed_dictionaries({"score": st.integers(0, 100)})}
)
evaluations = st.fixed_dictionaries(
    {"day": around, "code": st.sampled_from(["97161", "97164", "97165"]), "by": st.sampled_from([["PT"], ["OT"]])}
)
orders = filled(
    quantity=often(st.integers(1, 30)),
    discipline=st.sampled_from(["PT", "OT"]),
    times=often(
        st.fixed_dictionaries({"frequency": st.integers(1, 5), "minutes": minutes, "weeks": st.integers(1, 8)})
    ),
)
lines = st.lists(
    st.builds(
        lambda code, units, modifiers: {"code": code, "units": units, "modifiers": modifiers},
        st.sampled_from(["97545", "97546", "97546", "97110", "97750"]),
        st.integers(1, 4),
        st.sampled_from([[], ["GP"], ["GP", "CQ"], ["WC", "GP"], ["GO"]]),
    ),
    min_size=1,
    max_size=3,
)


def bills(treated):
    return st.fixed_dictionaries(
        {
            "day": st.sampled_from([visit["day"] for visit in treated]) | days,
            "status": st.sampled_from(["active", "active", "active", "cancelled", "draft"]),
            "lines": lines,
            "encounter": st.booleans(),
        }
    )


@st.composite
def stories(draw):
    """A random patient in the language of stories."""
    state = draw(st.sampled_from([*PLACES, None]))
    treated = draw(st.lists(visits(), min_size=1, max_size=7))
    if draw(st.booleans()):  # another visit on a day that has one
        treated.append({**draw(visits()), "day": treated[0]["day"]})
    words = {
        "name": PATIENT,
        "patient": {"id": PATIENT, "state": draw(st.sampled_from([state, "TX", None]))},
        "site": {"state": state} if state else {},
        "zone": PLACES.get(state, "America/Chicago"),
        "program": draw(programs),
        "injury": [
            {"id": "back", "onset": -90, "work_related": draw(st.sampled_from([True, True, False]))},
            {"id": "knee", "text": "Sprain of the left knee", "code": "S83.92XD"},
        ],
        "coverage": draw(st.lists(coverages, max_size=2)) or "none",
        "plan": draw(st.lists(plans, max_size=2)) or "none",
        "visits": treated,
        "authorizations": draw(st.lists(approvals, max_size=3)),
        "assessments": draw(st.lists(assessments, max_size=4)),
        "questionnaires": draw(st.lists(questionnaires, max_size=1)),
        "evaluations": draw(st.lists(evaluations, max_size=2)),
        "existing_orders": draw(st.lists(orders, max_size=2)),
        "charges": draw(st.lists(bills(treated), max_size=5)),
    }
    written = draw(st.sampled_from([None, None, "+00:00", "-05:00"]))
    if written:
        words["written_in"] = written
    if draw(st.integers(0, 14)) == 0:
        words["series"] = "open"
    if draw(st.integers(0, 9)) == 0 and state:
        words["site"]["zone"] = words["zone"]
    return build(words, FIRST + timedelta(days=DAYS)), ZoneInfo(words["zone"])


def day_of(text, zone):
    """The day of a date or instant at a place; midnight is a date that a system wrote as an instant."""
    if len(text) == len("2026-03-01"):
        return date.fromisoformat(text)
    written = datetime.fromisoformat(text)
    return written.date() if written.time() == time(0) else written.astimezone(zone).date()


@st.composite
def entries(draw, kind, resource, zone):
    """A resource with its date of entry: as it is, none, or some day before or after, as a date or an instant."""
    element = ENTERED.get(kind)
    if element is None and kind != "Procedure":
        return resource
    how = draw(st.sampled_from(["as it is", "as it is", "none", "date", "instant", "midnight"]))
    if how == "as it is" or (how == "none" and (kind == "Procedure" or resource.get("status") == "draft")):
        return resource
    name = element or "recorded"
    if how == "none":
        return {key: part for key, part in resource.items() if key != name}
    about = told_by(resource, zone)
    day = draw(st.integers(-2, 12).map(lambda number: about + timedelta(days=number))) if about else draw(around)
    if how == "date":
        return {**resource, name: day.isoformat()}
    if how == "midnight":
        return {**resource, name: f"{day}T00:00:00Z"}
    offset = timezone(timedelta(hours=draw(st.sampled_from([-7, -5, 0, 2]))))
    instant = datetime.combine(day, time(draw(st.integers(9, 17)), 20), tzinfo=zone).astimezone(offset)
    return {**resource, name: instant.isoformat()}


def told_by(resource, zone):
    """The day of what a resource tells; None where it tells of none."""
    for name in TOLD_BY:
        value = resource.get(name)
        text = value.get("start") if isinstance(value, dict) else value
        if text:
            return day_of(text, zone)
    return None


@st.composite
def other_bills(draw, claim):
    """A claim as it is, as charge items, or as an explanation of benefits."""
    how = draw(st.sampled_from(["Claim", "Claim", "Claim", "ChargeItem", "ExplanationOfBenefit", "corrected"]))
    if how == "Claim" or claim["status"] != "active":
        return [claim]
    if how == "corrected":
        later = {**claim, "id": f"{claim['id']}-again", "item": claim["item"][:1]}
        kind = draw(st.sampled_from(["prior", "associated"]))
        later["related"] = [
            {"claim": {"reference": f"Claim/{claim['id']}"}, "relationship": {"coding": [{"code": kind}]}}
        ]
        return [claim, later]
    if how == "ExplanationOfBenefit":
        kept = {key: part for key, part in claim.items() if key not in {"priority", "accident", "diagnosis"}}
        return [{**kept, "resourceType": how, "outcome": "complete", "insurer": {"display": "Harbor Casualty"}}]
    subject = claim["patient"]
    return [
        {
            "resourceType": "ChargeItem",
            "id": f"{claim['id']}-{number}",
            "status": "billable",
            "subject": subject,
            "code": item["productOrService"],
            "quantity": item["quantity"],
            **({"occurrenceDateTime": item["servicedDate"]} if "servicedDate" in item else {}),
            **({"context": item["encounter"][0]} if "encounter" in item else {}),
        }
        for number, item in enumerate(claim["item"], start=1)
    ]


@st.composite
def spoiled(draw, resource):
    """Now and then a resource that cannot be read, or has the shape of FHIR R5."""
    kind = resource["resourceType"]
    how = draw(st.integers(0, 60))
    if "status" not in resource or how > 1:
        return resource
    if how and kind == "Procedure" and "performedPeriod" in resource:
        rest = {key: part for key, part in resource.items() if key != "performedPeriod"}
        return {**rest, "occurrencePeriod": resource["performedPeriod"]}
    return {**resource, "status": ODD}


ANOTHER_CLINIC = {
    "resourceType": "Organization",
    "id": "another-clinic",
    "name": "Rainier Industrial Therapy (invented)",
    "address": [{"state": "WA"}],
}


class RandomExport(NamedTuple):
    """The resources of a random patient, and the time zone in which dates are meant."""

    resources: list
    zone: ZoneInfo

    def __repr__(self):
        return f"{len(self.resources)} resources in {self.zone}"


@st.composite
def exports(draw):
    story, zone = draw(stories())
    moved = draw(st.integers(0, 6)) == 0
    found = [ANOTHER_CLINIC] if moved else []
    for resource in story.resources:
        kind = resource["resourceType"]
        for part in draw(other_bills(resource)) if kind == "Claim" else [resource]:
            if moved and kind == "Encounter" and draw(st.booleans()):
                part = {**part, "serviceProvider": {"reference": "Organization/another-clinic"}}  # noqa: PLW2901
            found.append(draw(spoiled(draw(entries(part["resourceType"], part, zone)))))
    return RandomExport(found, zone)
