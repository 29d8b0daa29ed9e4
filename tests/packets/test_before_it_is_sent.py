"""What has to be said before a request is sent, and the lines of an appeal."""

import pytest

from cds_service.domain.packet import PacketUse
from tests.packets.drawn_up import COURSE, bundled_packet, drawn_up, story_of

VISITS = """
visits: [{day: -7, from: "08:00", minutes: 120}, {day: today, from: "08:00", minutes: 120}]
"""

TWO_PAYERS = "coverage: [{class: workers-compensation, order: 1}, {class: commercial, order: 2}]"


def notices(tmp_path, text, use=PacketUse.RENEWAL):
    return " ".join(drawn_up(story_of(tmp_path, VISITS + text), use).notices)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("coverage: none", "No payer is in force on Mar 16"),
        (TWO_PAYERS, "Two payers are on record"),
        ("plan: none", "No active plan of care is on record"),
        ("authorizations: {from: -40, to: -2}", "The approval ended on Mar 14: this is a new request"),
        ("authorizations: {from: -40, to: 20}", "Send it by Mar 29: the approval ends on Apr 5, 7 days later."),
        ("authorizations: {from: -40, to: 3}", "The last safe day to ask was Mar 12"),
        ("authorizations: {state: pending}", "A request is already pending"),
        ("authorizations: {state: denied}", "The payer denied a request on record"),
        ("prefetch: {coverage: failed}", "The payer is not known"),
    ],
)  # fmt: skip
def test_it_is_said_plainly(tmp_path, text, said):
    assert said in notices(tmp_path, text)


def test_a_first_request_beside_an_approval_is_not_needed(tmp_path):
    assert "a first request is not needed" in notices(tmp_path, "authorizations: {from: -7, to: 60}", PacketUse.FIRST)


def test_nothing_is_renewed_that_was_never_approved(tmp_path):
    assert "No approval is on record to renew" in notices(tmp_path, "authorizations: none")


def test_hostile_names_stay_one_line_of_text(tmp_path):
    hostile = 'patient: {name: "Eve <script>alert(1)</script>\\n\\u202eExample"}\n'
    packet = drawn_up(story_of(tmp_path, hostile + COURSE), PacketUse.FIRST)

    assert "<script>" not in packet.necessity.text
    assert "\n" not in packet.necessity.text
    assert "\u202e" not in packet.necessity.text


def test_an_appeal_argues_every_line_with_rule_value_citation_and_facts():
    packet = bundled_packet("texas-hardening-pt-pta", PacketUse.APPEAL, "encounter-discharge")

    assert ["97545", "97546"] == [entry.line.code for entry in packet.lines]
    for entry in packet.lines:
        assert ("visit-charges", "Charges of the visit") in entry.rules
        assert all(value.source.title for value in entry.values)
        assert entry.facts
        assert "240 min of recorded treatment" in entry.why
    assert "amount" not in packet.by_id
    assert any("No denial is on record" in notice for notice in packet.notices)


def test_an_appeal_without_a_visit_has_no_lines(tmp_path):
    packet = drawn_up(story_of(tmp_path, "hook: patient-view\n" + COURSE), PacketUse.APPEAL)

    assert () == packet.lines
    assert any(notice.startswith("No visit with countable time") for notice in packet.notices)


def test_an_order_tells_amount_period_and_who_asks(tmp_path):
    order = (
        "hook: order-sign\norders: {quantity: 10, times: {count: 10, frequency: 5, minutes: 120, start: 2, end: 16}}\n"
    )
    packet = drawn_up(story_of(tmp_path, order), PacketUse.FIRST)

    assert "10 visits of 2 h, 5 a week, from Mar 18 to Apr 1" == packet.by_id["amount"].text
    assert "March 18, 2026" == packet.by_id["proposed-date"].text
    assert "97545 x10 (work rehab, first block)" == packet.by_id["services"].text
