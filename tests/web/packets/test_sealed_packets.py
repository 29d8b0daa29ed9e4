"""Packets that the browser carries: they come back as they were, and only those that were sealed here."""

from threading import Thread

import pytest

from cds_service.domain.packet import PacketUse
from cds_service.web.pages.packets.plain_records import as_plain, from_plain
from cds_service.web.pages.packets.sealed_packets import SEALED_SECONDS, Drafted, PacketSeal
from tests.packet_examples import appeal_of, packet_of

SECRET = bytes(range(32))
DRAFTED = Drafted(
    {PacketUse.FIRST: packet_of(), PacketUse.APPEAL: appeal_of()}, PacketUse.APPEAL, "https://ehr.example"
)


@pytest.mark.parametrize("packet", [packet_of(), appeal_of()])
def test_a_packet_comes_back_as_it_was(packet):
    again = from_plain(as_plain(packet))

    assert as_plain(again) == as_plain(packet)
    assert again.parties == packet.parties
    assert again.ask_by == packet.ask_by


def test_what_was_sealed_is_opened():
    opened = PacketSeal(SECRET).opened(PacketSeal(SECRET).closed(DRAFTED))

    assert list(opened.packets) == [PacketUse.FIRST, PacketUse.APPEAL]
    assert (opened.usual, opened.client) == (PacketUse.APPEAL, "https://ehr.example")


def test_nobody_else_can_read_or_make_one():
    sealed = PacketSeal(SECRET).closed(DRAFTED)

    assert "Dana" not in sealed
    assert PacketSeal(bytes(32)).opened(sealed) is None
    assert PacketSeal(SECRET).opened(sealed[:-8] + "AAAAAAAA") is None


@pytest.mark.parametrize("text", ["", "x", "%%%", "A" * 40, "ü"])
def test_other_text_is_not_opened(text):
    assert PacketSeal(SECRET).opened(text) is None


def test_it_is_good_for_a_working_day():
    sealed = PacketSeal(SECRET, lambda: 0.0).closed(DRAFTED)

    assert PacketSeal(SECRET, lambda: SEALED_SECONDS - 1.0).opened(sealed) is not None
    assert PacketSeal(SECRET, lambda: SEALED_SECONDS + 1.0).opened(sealed) is None


def test_another_version_of_the_program_does_not_open_it():
    sealed = PacketSeal(SECRET, program="1.0").closed(DRAFTED)

    assert PacketSeal(SECRET, program="1.0").opened(sealed) is not None
    assert PacketSeal(SECRET, program="1.1").opened(sealed) is None


def test_only_classes_of_the_domain_are_made():
    with pytest.raises(ValueError, match="not ours"):
        from_plain(["record", "subprocess:Popen", "ls"])
    with pytest.raises(TypeError, match="Thread is no record"):
        as_plain(Thread())
