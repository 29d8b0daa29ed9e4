from dataclasses import replace

import pytest

from cds_service.domain.findings import Finding, Severity, Topic
from cds_service.records.entries import Naming
from cds_service.records.pseudonyms import Pseudonyms
from cds_service.records.recent_overrides import Override
from cds_service.records.suppression import suppressed
from tests.records.keeping import NOW, OVERDUE, accepted, keeping, overridden
from tests.security.signing import Ehr, Signer, client

NAMES = Naming(Pseudonyms(b"k" * 32), "https://ehr.example.org", "", "p1")
FINDING = Finding(
    rule="reassessment",
    topic=Topic.REASSESSMENT,
    kind="reassessment.due",
    severity=Severity.INFO,
    facts={},
    values=(),
    evidence=(),
    subject="2026-03-09",
)
PAST = Override("reassessment", "reassessment.due", NAMES.subject("2026-03-09"), Severity.INFO, NOW)
CHARGES = replace(FINDING, rule="visit-charges", kind="visit-charges.draft")
DURATION = "past-six-weeks-without-approval"


def test_what_was_overridden_is_held_back_and_says_why():
    assert {FINDING.key: "overridden"} == suppressed([FINDING], [PAST], NAMES)


def test_without_overrides_nothing_is_held_back():
    assert {} == suppressed([FINDING], [], NAMES)


@pytest.mark.parametrize(
    ("finding", "past"),
    [
        (replace(FINDING, severity=Severity.WARNING), PAST),
        (replace(FINDING, kind="reassessment.overdue"), PAST),
        (replace(FINDING, subject="2026-03-16"), PAST),
        (replace(FINDING, rule="progress-report"), PAST),
        (CHARGES, replace(PAST, rule="visit-charges", kind="visit-charges.draft")),
    ],
    ids=["became a warning", "another kind", "another subject", "another rule", "the charges of the visit"],
)
def test_what_got_worse_or_is_something_else_is_shown(finding, past):
    assert {} == suppressed([finding], [past], NAMES)


def test_what_is_told_on_the_card_of_the_charges_stays_with_it():
    joined = replace(FINDING, joins="visit-charges")
    assert {} == suppressed([CHARGES, joined], [PAST], NAMES)
    assert {joined.key: "overridden"} == suppressed([joined], [PAST], NAMES)


def test_what_got_better_stays_held_back():
    assert {FINDING.key: "overridden"} == suppressed([FINDING], [replace(PAST, severity=Severity.WARNING)], NAMES)


def test_a_warning_that_was_overridden_as_information_before_and_as_a_warning_since_is_held_back():
    warning = replace(FINDING, severity=Severity.WARNING)
    assert {warning.key: "overridden"} == suppressed([warning], [PAST, replace(PAST, severity=Severity.WARNING)], NAMES)


def override_all(kept, *arguments, **options):
    cards = kept.call(*arguments, **options).json["cards"]
    kept.feedback(*[overridden(card, "other") for card in cards])
    kept.written()


def withheld(reply):
    return [(entry["rule"], entry["why"]) for entry in reply.json["extension"]["work-rehab-cds.evaluation"]["withheld"]]


def test_an_overridden_card_is_not_shown_again_is_named_in_the_answer_and_recorded(kept):
    override_all(kept, OVERDUE, "patient-view")
    reply = kept.call(OVERDUE, "patient-view")
    assert [] == reply.json["cards"]
    assert [("reassessment", "overridden")] == withheld(reply)
    assert [("reassessment", "overridden")] == [
        tuple(row) for row in kept.written().rows("SELECT rule, why FROM card WHERE state = 'withheld'")
    ]


def test_it_is_not_shown_in_another_hook_either(kept):
    override_all(kept, OVERDUE, "patient-view")
    assert [] == kept.cards(OVERDUE, "encounter-start")


def test_the_charges_of_the_visit_are_shown_whatever_was_overridden(kept):
    override_all(kept)
    assert ["visit-charges.draft"] == kept.cards()


def test_a_card_with_something_new_on_it_is_shown(kept):
    override_all(kept, OVERDUE, "patient-view")
    shown = kept.call(OVERDUE, "encounter-discharge").json["cards"][0]["extension"]["work-rehab-cds.finding"]
    assert ("reassessment.overdue", ["documentation.open"]) == (
        shown["kind"],
        [joined["kind"] for joined in shown["joined"]],
    )


def test_after_the_set_time_it_is_shown_again(kept):
    override_all(kept, DURATION, "patient-view")
    kept.clock.pass_days(6.9)
    assert "program-duration.over" not in kept.cards(DURATION, "patient-view")
    kept.clock.pass_days(0.2)
    assert "program-duration.over" in kept.cards(DURATION, "patient-view")


def test_with_zero_days_it_is_always_shown(database):
    kept = keeping(database, suppress_days=0)
    override_all(kept, OVERDUE, "patient-view")
    assert ["reassessment.overdue"] == kept.cards(OVERDUE, "patient-view")
    kept.records.close()


def test_an_accepted_card_is_shown_again(kept):
    kept.feedback(*[accepted(card) for card in kept.call(OVERDUE, "patient-view").json["cards"]])
    kept.written()
    assert ["reassessment.overdue"] == kept.cards(OVERDUE, "patient-view")


def test_it_is_shown_for_another_patient(kept):
    override_all(kept, OVERDUE, "patient-view")
    assert ["program-duration.over"] == kept.cards(DURATION, "patient-view")


def test_what_one_client_overrides_another_is_shown(database):
    second_ehr = Ehr(Signer(kid="key-2", name="second"), "https://other.example.org")
    kept = keeping(
        database,
        clients=(client(program_state=False), client(second_ehr.signer, issuer=second_ehr.issuer, program_state=False)),
    )
    override_all(kept, OVERDUE, "patient-view")
    assert ["reassessment.overdue"] == kept.cards(OVERDUE, "patient-view", ehr=second_ehr)
    kept.records.close()
