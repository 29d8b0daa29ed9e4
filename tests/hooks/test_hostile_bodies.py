"""What a body costs that is made to cost much: work and answer stay in proportion, and what is cut is named.

Work is counted in calls of functions, which no busy machine changes.
"""

import sys
from copy import deepcopy
from datetime import UTC, datetime
from functools import cache

import orjson
import pytest

from cds_service.app.assembly import answerer_for
from cds_service.app.settings import Settings
from cds_service.fhir.writing.draft_sizes import TOO_LARGE
from cds_service.hooks.call import read_call
from cds_service.stories import build
from tests.benchmarks import generator
from tests.playing import bundled_policies

NOW = datetime(2026, 3, 16, 15, tzinfo=UTC)
SERVICE = "work-rehab-encounter-discharge"
FEW, MANY = 300, 600
MOST_BYTES = 150_000
CPT = "http://www.ama-assn.org/go/cpt"


def resources(request, key):
    return [entry["resource"] for entry in request["prefetch"][key]["entry"]]


def add(request, key, found):
    request["prefetch"][key].setdefault("entry", []).extend({"resource": resource} for resource in found)


def copies(request, key, count, change):
    last = resources(request, key)[-1]
    add(request, key, [deepcopy(last) | {"id": f"copy-{number}"} | change(number) for number in range(count)])


def locally(kind, number, **elements):
    return {"resourceType": kind, "id": f"local-{number}", **elements}


def roles(request, count):
    text = {"text": "physical therapist"}
    resources(request, "procedures")[-1] |= {
        "contained": [locally("PractitionerRole", number, code=[text]) for number in range(count)],
        "performer": [{"actor": {"reference": f"#local-{number}"}} for number in range(count)],
    }


def activities(request, count):
    code = {"text": "work hardening"}
    resources(request, "carePlans")[-1] |= {
        "contained": [locally("ServiceRequest", number, status="active", code=code) for number in range(count)],
        "activity": [{"reference": {"reference": f"#local-{number}"}} for number in range(count)],
    }


def payors(request, count):
    coverage = request["prefetch"]["coverage"]
    coverage = coverage["entry"][-1]["resource"] if coverage["resourceType"] == "Bundle" else coverage
    coverage |= {
        "contained": [locally("Organization", number, name=f"Payer {number}") for number in range(count)],
        "payor": [{"reference": f"#local-{number}"} for number in range(count)],
    }


def performers(request, count):
    people = [{"reference": f"Practitioner/{number}", "display": f"Example {number}, PT"} for number in range(count)]
    resources(request, "procedures")[-1]["performer"] = [{"actor": person} for person in people]


def participants(request, count):
    for procedure in resources(request, "procedures"):
        procedure.pop("performer", None)
    people = [{"reference": f"Practitioner/{number}", "display": f"Example {number}, PT"} for number in range(count)]
    for encounter in resources(request, "encounters"):
        encounter["participant"] = [{"individual": person} for person in people]


def treatments(request, count):
    copies(request, "procedures", count, lambda number: {"note": [{"text": str(number)}]})


def unread(request, count):
    copies(request, "procedures", count, lambda number: {"code": None} if number % 2 else {})


def conditions(request, count):
    copies(request, "procedures", count, lambda number: {"reasonReference": [{"reference": f"Condition/{number}"}]})


def reasons(request, count):
    named = [{"reference": f"Condition/{number}"} for number in range(count)]
    resources(request, "procedures")[-1]["reasonReference"] = named


def services(request, count):
    def change(number):
        hour, minute = divmod(number % 600, 60)
        start, end = (f"2026-03-16T{8 + hour:02}:{minute:02}:{second}-06:00" for second in ("00", "30"))
        return {"code": {"coding": [{"system": CPT, "code": "97110"}]}, "performedPeriod": {"start": start, "end": end}}

    copies(request, "procedures", count, change)


def draft(request, name, items):
    lines = [
        {
            "sequence": number + 1,
            "productOrService": {"coding": [{"system": CPT, "code": "97545"}]},
            "servicedDate": "2026-03-16",
            "quantity": {"value": 1},
        }
        for number in range(items)
    ]
    text = {"text": "example"}
    return {
        "resourceType": "Claim", "id": name, "status": "draft", "use": "claim", "type": text, "priority": text,
        "created": "2026-03-16", "provider": {"display": "Example"}, "item": lines,
        "patient": {"reference": f"Patient/{request['context']['patientId']}"},
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"display": "Example"}}],
    }  # fmt: skip


def claims(request, count):
    add(request, "charges", [draft(request, f"claim-{number}", 1) for number in range(count)])


def items(request, count):
    add(request, "charges", [draft(request, "claim", count)])


def odd_items(request, count):
    claim = draft(request, "claim", count)
    for item in claim["item"]:
        item["detail"] = [{"sequence": 1, "productOrService": {"text": f"\u00e9 {item['sequence']}"}}]
    add(request, "charges", [claim])


ATTACKS = (
    roles, activities, payors, performers, participants, treatments, unread, conditions, reasons, services, claims,
    items,
)  # fmt: skip


@cache
def answerer():
    return answerer_for(Settings(), bundled_policies(), clock=lambda: NOW)


def body(attack, count):
    request = deepcopy(build(generator.program(5), generator.TODAY).request("encounter-discharge"))
    attack(request, count)
    return orjson.dumps(request)


def answer(attack, count):
    return answerer().answered(read_call(body(attack, count), SERVICE))


def work(attack, count):
    """Calls of functions that an answer takes."""
    sent = body(attack, count)
    calls = 0

    def counted(_frame, event, _argument):
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(counted)
    try:
        answerer().answered(read_call(sent, SERVICE))
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_twice_as_much_takes_at_most_about_twice_the_work(attack):
    answer(attack, 2)
    few, many = work(attack, FEW), work(attack, MANY)
    assert many < few * 2.3, (few, many)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_an_answer_does_not_grow_with_what_is_sent(attack):
    assert len(answer(attack, MANY).body) < MOST_BYTES


@pytest.mark.parametrize(
    ("attack", "named"),
    [
        (performers, "100 of 600 people were read"),
        (participants, "100 of 600 people were read"),
        (conditions, "200 of 60"),
        (reasons, "200 of 60"),
        (unread, "what else was done in the visit: 300 treatments could not be read"),
        (claims, "the lines of this date are on 599 other draft claims: they are taken off 20 of them"),
        (treatments, "more that are not listed"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_not_read_or_listed_is_named(attack, named):
    assert named in answer(attack, MANY).body.decode()


@pytest.mark.parametrize("attack", [performers, participants, reasons, unread, claims])
def test_nothing_is_recommended_that_rests_on_what_was_not_read(attack):
    cards = answer(attack, MANY).response["cards"]
    assert not any(suggestion.get("isRecommended") for card in cards for suggestion in card.get("suggestions", ()))


def test_a_draft_that_is_too_large_to_be_judged_is_not_changed_and_that_is_told():
    answered = answer(odd_items, 5000)
    assert TOO_LARGE in {gap.why for gap in answered.evaluation.gaps}
    assert not any(card.get("suggestions") for card in answered.response["cards"])
    assert any(card.get("suggestions") for card in answer(odd_items, 10).response["cards"])
