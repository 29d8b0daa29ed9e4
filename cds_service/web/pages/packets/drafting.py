"""The packets that an answered call makes."""

from cds_service.domain.packet import PacketUse
from cds_service.hooks.answer import Answered
from cds_service.hooks.request_packets import packets_of_answer, usual_use
from cds_service.web.pages.packets.sealed_packets import SEAL_PURPOSE, Drafted, PacketSeal
from cds_service.web.site import Site


def drafted_of(answered: Answered | None, client: str | None = None) -> Drafted | None:
    """All packets of an answered call; None for a call about something else, or one that was refused."""
    packets = packets_of_answer(answered) if answered is not None else {}
    if answered is None or not packets:
        return None
    usual = usual_use(answered)
    return Drafted(packets, usual if usual in packets else PacketUse.FIRST, client)


def sealed_packets(site: Site, answered: Answered | None) -> str | None:
    """The packets of an answered call as the browser carries them; None where there are none."""
    drafted = drafted_of(answered)
    return packet_seal(site).closed(drafted) if drafted is not None else None


def packet_seal(site: Site) -> PacketSeal:
    """The seal of this deployment."""
    return PacketSeal(site.records.secret(SEAL_PURPOSE), program=site.version)
