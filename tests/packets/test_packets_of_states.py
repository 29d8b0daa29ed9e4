"""The packet of a state's payer: each element that its policy lists, filled with evidence or named as missing."""

from datetime import date

import pytest

from cds_service.domain.packet import PacketUse
from tests.packets.drawn_up import COURSE, bundled_packet, drawn_up, named, story_of, wanted_by

ELEMENTS, FORM = "authorization.request_elements", "authorization.form_fields"
IN_FORCE = date(2026, 10, 5)
"""After the form of California became mandatory."""


def in_state(tmp_path, state, more=""):
    return drawn_up(story_of(tmp_path, f"patient: {{state: {state}}}\n{COURSE}{more}", IN_FORCE), PacketUse.RENEWAL)


def test_texas_asks_for_what_its_rule_is_said_to_list_and_what_is_recommended():
    packet = bundled_packet("texas-hardening-pt-pta", PacketUse.RENEWAL)
    recommended = wanted_by("us-workers-compensation", ELEMENTS)

    assert wanted_by("us-tx-dwc", ELEMENTS) | recommended == named(packet)
    assert "us-tx-dwc" == packet.policy
    assert (3, "concurrent-review") == (packet.request.value.days, packet.request.value.extension)


def test_california_asks_for_rule_and_form_and_nothing_else(tmp_path):
    packet = in_state(tmp_path, "CA")

    assert wanted_by("us-ca-dwc", ELEMENTS, FORM) == named(packet)
    assert "DWC Form RFA" == packet.request.value.form
    assert "To be signed by the treating physician before it is sent." == packet.by_id["signature"].missing
    assert {"verified"} == {packet.by_id[name].value.confidence for name in wanted_by("us-ca-dwc", ELEMENTS)}


def test_before_its_rule_california_has_our_own_list(tmp_path):
    story = story_of(tmp_path, f"patient: {{state: CA}}\n{COURSE}", date(2025, 10, 6))
    packet = drawn_up(story, PacketUse.RENEWAL)

    assert wanted_by("us-workers-compensation", ELEMENTS) == named(packet)
    assert any("the list is our own" in notice for notice in packet.notices)


def test_louisiana_asks_for_its_form_and_the_rest_of_the_rule_is_a_question(tmp_path):
    packet = in_state(tmp_path, "LA")
    recommended = wanted_by("us-workers-compensation", ELEMENTS)

    assert wanted_by("us-la-owc", ELEMENTS, FORM) | recommended == named(packet)
    assert "LWC-WC-1010" == packet.request.value.form
    assert packet.by_id["test-results"].asked
    assert not packet.by_id["history"].asked, "the copy of the form was read as far as the history"


@pytest.mark.parametrize("state", ["TX", "CA", "LA", "ND", "UT", "NY", "IA"])
def test_every_element_is_filled_with_evidence_or_says_what_to_do(tmp_path, state):
    packet = in_state(tmp_path, state)

    assert packet.elements
    for element in packet.elements:
        assert element.value.source.title
        assert element.text or element.missing, element.id
        assert bool(element.text) == bool(element.evidence), element.id
        assert not element.missing or element.missing.endswith("."), element.missing


def test_old_results_do_not_satisfy_a_payer_that_limits_their_age(tmp_path):
    old = COURSE.replace("day: -16, code", "day: -60, code").replace("day: -16, tool", "day: -59, tool")
    packet = drawn_up(
        story_of(tmp_path, f"patient: {{state: CA}}\n{old.replace('day: -3', 'day: -40')}", IN_FORCE), PacketUse.FIRST
    )
    # the rule lists no evaluation: what shows the need is the paragraph, and its results are told with their days
    assert "Aug 26" in packet.necessity.text


def test_a_packet_without_the_json_of_resources_invents_no_names(tmp_path):
    packet = in_state(tmp_path, "IA", "\n")
    assert "" == packet.by_id["requester"].text
    assert "No order names who asks: write name, and license number or NPI." == packet.by_id["requester"].missing
