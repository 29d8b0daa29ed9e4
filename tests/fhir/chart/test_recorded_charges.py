"""Charges that stand in ChargeItems and ExplanationOfBenefits, beside Claims or without any."""

import pytest

from tests.fhir.resources import bundle, chart_of

CPT = "http://www.ama-assn.org/go/cpt"


def item(name="ci", **changes):
    return {
        "resourceType": "ChargeItem", "id": name, "status": "billable", "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": CPT, "code": "97545"}]}, "occurrenceDateTime": "2026-03-16",
        "quantity": {"value": 1}, "context": {"reference": "Encounter/e"},
    } | changes  # fmt: skip


def claim(kind="Claim", name="cl", *lines, **changes):
    lines = lines or (("97545", 1, "2026-03-16"),)
    return {
        "resourceType": kind, "id": name, "status": "active", "use": "claim", "patient": {"reference": "Patient/p1"},
        "item": [
            {
                "sequence": place, "productOrService": {"coding": [{"system": CPT, "code": code}]},
                "quantity": {"value": units}, "servicedDate": day,
            }
            for place, (code, units, day) in enumerate(lines, start=1)
        ],
    } | changes  # fmt: skip


def lines_of(*resources):
    return [
        (charges.reference, charges.status, line.code, line.units, str(line.date))
        for charges in chart_of(charges=bundle(*resources)).claims
        for line in charges.lines
    ]


def test_a_charge_item_is_a_charge_of_its_day_and_encounter():
    (charges,) = chart_of(charges=bundle(item())).claims
    assert ("ChargeItem/ci", "recorded", ("Encounter/e",)) == (charges.reference, charges.status, charges.encounters)
    assert [("97545", 1.0, "2026-03-16", False)] == [
        (line.code, line.units, str(line.date), line.modifiers_told) for line in charges.lines
    ]


@pytest.mark.parametrize(
    "code",
    [
        {"coding": [{"system": CPT, "code": "97545-WH-GP"}]},
        {"coding": [{"system": CPT, "code": "97545"}, {"system": "https://a.example/m", "code": "WH"}, {"code": "gp"}]},
        {"coding": [{"system": CPT, "code": "97545"}], "text": "97545 WH GP"},
        {"coding": [{"system": CPT, "code": "97545"}], "text": "97545-WH, GP"},
        {"coding": [{"system": CPT, "code": "97545:WH:GP"}]},
    ],
)  # fmt: skip
def test_modifiers_of_a_charge_item_are_read_where_systems_put_them(code):
    ((line,),) = [charges.lines for charges in chart_of(charges=bundle(item(code=code))).claims]
    assert ("97545", ("WH", "GP"), True) == (line.code, line.modifiers, line.modifiers_told)


@pytest.mark.parametrize("text", ["Work conditioning", "97545 two hours of work conditioning", "120 min GP"])
def test_words_of_a_charge_item_are_no_modifiers(text):
    code = {"coding": [{"system": CPT, "code": "97545"}], "text": text}
    ((line,),) = [charges.lines for charges in chart_of(charges=bundle(item(code=code))).claims]
    assert () == line.modifiers


@pytest.mark.parametrize("status", ["not-billable", "aborted", "entered-in-error"])
def test_what_is_not_charged_is_no_charge(status):
    assert [] == lines_of(item(status=status))


def test_a_charge_item_without_status_is_left_out_and_named():
    gaps = chart_of(charges=bundle(item(status=None))).gaps
    assert [("ChargeItem/ci", "has no FHIR status")] == [(gap.reference, gap.why) for gap in gaps]


def test_another_patients_charges_are_not_used():
    assert [] == lines_of(item(subject={"reference": "Patient/other"}))
    assert [] == lines_of(claim("ExplanationOfBenefit", "eob", patient={"reference": "Patient/other"}))


def test_a_charge_that_stands_on_a_claim_too_counts_once():
    lines = lines_of(claim(), item(), claim("ExplanationOfBenefit", "eob"))
    assert [("Claim/cl", "active", "97545", 1.0, "2026-03-16")] == lines


def test_two_charge_items_of_one_code_and_day_are_two():
    assert ["ChargeItem/a", "ChargeItem/b"] == [line[0] for line in lines_of(item("a"), item("b"))]


def test_what_a_payer_settled_of_a_claim_on_record_is_that_claim():
    settled = claim("ExplanationOfBenefit", "eob", ("97546", 2, "2026-03-16"), claim={"reference": "Claim/cl"})
    assert ["Claim/cl"] == [line[0] for line in lines_of(claim(), settled)]


def test_what_a_payer_settled_counts_where_no_claim_is_on_record():
    settled = claim("ExplanationOfBenefit", "eob", ("97545", 1, "2026-03-16"), ("97546", 2, "2026-03-16"))
    again = settled | {"id": "adjusted"}
    assert [
        ("ExplanationOfBenefit/eob", "recorded", "97545", 1.0, "2026-03-16"),
        ("ExplanationOfBenefit/eob", "recorded", "97546", 2.0, "2026-03-16"),
    ] == lines_of(settled, again)


@pytest.mark.parametrize(
    "changes", [{"status": "cancelled"}, {"use": "preauthorization"}, {"status": "entered-in-error"}]
)
def test_what_is_no_settled_claim_is_no_charge(changes):
    assert [] == lines_of(claim("ExplanationOfBenefit", "eob", **changes))


def test_a_number_on_what_a_payer_settled_is_weak():
    settled = claim("ExplanationOfBenefit", "eob", preAuthRef=["PA-9"])
    (number,) = chart_of(charges=bundle(settled)).authorizations
    assert ("PA-9", True) == (number.number, number.weak)
