"""All that a packet is drawn from, read once."""

from collections.abc import Mapping
from datetime import date

from cds_service.domain.care import RequestAnswer
from cds_service.domain.case import Case
from cds_service.domain.chart import Fact
from cds_service.domain.findings import AmountAsked, ClaimHead, ServiceAsked
from cds_service.domain.frozen import dataclass
from cds_service.domain.packet import PacketUse, Parties
from cds_service.domain.program_timeline import Timeline
from cds_service.domain.values import PolicyValue
from cds_service.fhir.reading.parties import GivesJson
from cds_service.packets.measured_courses import MeasuredSinceStart
from cds_service.policies.model import PolicyView
from cds_service.policies.shapes import Request


@dataclass(frozen=True, slots=True)
class PacketMaterial:
    """What the record has for a packet.

    ``unsent`` are the facts that nobody sent, or that are not asked for at the moment of the case: that none of it is
    here says nothing of the record. ``injury`` is its name in words, ``conditions`` the references behind it.
    ``answers`` are those of completed questionnaires by element. ``request`` says how this payer is asked, ``timeline``
    is None before a first visit.
    """

    use: PacketUse
    case: Case
    policy: PolicyView
    unsent: frozenset[Fact]
    json_of: GivesJson
    parties: Parties
    services: tuple[ServiceAsked, ...]
    amount: AmountAsked
    head: ClaimHead
    conditions: tuple[str, ...]
    injury: str
    measured: MeasuredSinceStart
    request: PolicyValue[Request] | None
    timeline: Timeline | None
    answers: Mapping[str, RequestAnswer]

    @property
    def today(self) -> date:
        """The day on which it is drawn up."""
        return self.case.today
