"""The authorization packets that an answered call makes, from what its answer was made of."""

from collections.abc import Mapping
from typing import Final

from cds_service.domain.coverage_and_claims import AuthorizationState
from cds_service.domain.packet import Packet, PacketUse
from cds_service.hooks.answer import Answered
from cds_service.hooks.program_picture import timeline_of_answer
from cds_service.packets.drawing_up import packet_of

_UNANSWERED: Final[Mapping[PacketUse, Packet]] = {}


def packets_of_answer(answered: Answered) -> Mapping[PacketUse, Packet]:
    """The packets by what they are for, an appeal only where a denied visit has lines to argue for.

    Empty for a call about something else.
    """
    if answered.consultation is None:
        return _UNANSWERED
    packets = {use: packet_of_answer(answered, use) for use in PacketUse}
    return {use: packet for use, packet in packets.items() if packet is not None and _is_of_use(packet)}


def packet_of_answer(answered: Answered, use: PacketUse) -> Packet | None:
    """The packet for one use; None for a call about something else."""
    if answered.consultation is None:
        return None
    return packet_of(answered.consultation, use, answered.received, answered.settings.policies)


def usual_use(answered: Answered) -> PacketUse:
    """What is asked for by default: more of a program that the payer has approved before, else a first approval."""
    timeline = timeline_of_answer(answered)
    answers = timeline.answers if timeline is not None else ()
    approved = any(answer.state is AuthorizationState.APPROVED for answer in answers)
    return PacketUse.RENEWAL if approved else PacketUse.FIRST


def _is_of_use(packet: Packet) -> bool:
    return packet.use is not PacketUse.APPEAL or bool(packet.lines)
