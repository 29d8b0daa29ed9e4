"""What was not sent is not missing in the record; a record that has all of it leaves nothing to write but documents."""

import pytest

from cds_service.domain.packet import PacketUse
from tests.packets.drawn_up import COURSE, bundled_packet, drawn_up, story_of


@pytest.mark.parametrize(
    ("name", "use"),
    [("texas-hardening-pt-pta", PacketUse.RENEWAL), ("past-six-weeks-without-approval", PacketUse.FIRST)],
)
def test_a_record_with_order_claim_number_and_people_lacks_only_the_job_description(name, use):
    packet = bundled_packet(name, use)

    assert ["job-demands"] == [element.id for element in packet.missing]
    assert "Thera Demopist, PT, NPI 1000000020" == packet.by_id["requester"].text


def test_the_therapist_who_began_the_visit_is_named_before_the_assistant_who_went_on():
    treating = bundled_packet("texas-hardening-pt-pta", PacketUse.RENEWAL).by_id["rendering-provider"]

    assert "Thera Demopist, PT, NPI 1000000020; Assi Mockwell, PTA, license EXAMPLE-PTA-1" == treating.text


@pytest.mark.parametrize("element", ["medical-necessity", "progress", "goals"])
def test_what_a_booking_does_not_ask_for_is_not_said_to_be_missing_in_the_record(element):
    packet = bundled_packet("booking-past-authorization", PacketUse.RENEWAL, "appointment-book")

    assert packet.by_id[element].missing.startswith("The EHR did not send")
    assert any("Not all of the record was sent (assessments and goals)" in notice for notice in packet.notices)


def test_what_was_asked_for_and_not_there_is_missing(tmp_path):
    missing = drawn_up(story_of(tmp_path, "visits: {day: today, minutes: 120}\nplan: {goals: []}"), PacketUse.FIRST)

    assert missing.by_id["medical-necessity"].missing.startswith("No result of function is on record")
    assert missing.by_id["amount"].missing.startswith("No order says")


@pytest.mark.parametrize("element", ["amount", "proposed-date", "requester", "requester-contact"])
def test_orders_that_were_not_sent_are_not_said_to_say_nothing(tmp_path, element):
    packet = drawn_up(story_of(tmp_path, f"{COURSE}\nprefetch: {{orders: failed}}"), PacketUse.RENEWAL)

    assert "The EHR did not send this: take it from the record." == packet.by_id[element].missing
