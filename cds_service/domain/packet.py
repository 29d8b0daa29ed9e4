"""The authorization packet: what a payer wants in a request for approval, with what the chart has for each part."""

from collections.abc import Mapping
from dataclasses import field
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from cds_service.domain.chart import Caveat
from cds_service.domain.codes import Program
from cds_service.domain.coverage_and_claims import Authorization
from cds_service.domain.findings import AmountAsked, ChargeLine, ClaimHead, Evidence, ServiceAsked
from cds_service.domain.frozen import dataclass
from cds_service.domain.lazy import lazy
from cds_service.domain.program_timeline import AskBy, MeasuredResult, Trend
from cds_service.domain.values import PolicyValue


class PacketUse(StrEnum):
    """What the packet is sent for."""

    FIRST = "first"
    """The first request of a program."""
    RENEWAL = "renewal"
    """More of a program that goes on, asked before its approval ends."""
    APPEAL = "appeal"
    """Payment of a visit that the payer denied."""


class Party(NamedTuple):
    """A person or organization as the record has it; what the record does not tell is empty, and never invented.

    ``license`` is a professional license number, ``address`` one line.
    """

    reference: str = ""
    name: str = ""
    npi: str = ""
    license: str = ""
    phone: str = ""
    fax: str = ""
    address: str = ""


class Parties(NamedTuple):
    """Who a request is from, for and to. ``requester`` is None where no order or plan names one."""

    patient: Party = Party()
    birth_date: date | None = None
    requester: Party | None = None
    treating: tuple[Party, ...] = ()
    facility: Party | None = None
    payer: Party | None = None
    employer: Party | None = None


@dataclass(frozen=True, slots=True)
class PacketElement:
    """One part that a request has to hold.

    ``id`` is the element's name in policy files and its ``linkId`` in the questionnaire, ``label`` its name in plain
    words. ``value`` is the policy value that wants it. ``asked`` is whether nobody verified that value, so that the
    element is only said to be wanted. ``text`` is what goes on the request, drawn from ``evidence`` alone, and empty
    where the record has nothing; ``missing`` then names what is missing and what to do, in one sentence. Both may
    stand: a text with a part of it still to add. ``attached`` is whether it goes along as a document of its own.
    """

    id: str
    label: str
    value: PolicyValue[Any]
    text: str = ""
    missing: str = ""
    evidence: tuple[Evidence, ...] = ()
    asked: bool = False
    attached: bool = False

    @property
    def filled(self) -> bool:
        """Whether nothing of it is missing."""
        return bool(self.text) and not self.missing


class GoalOfMeasure(NamedTuple):
    """The goal for a measured tool: ``target`` in the unit of the tool, ``due`` where the goal has a date."""

    target: float
    due: date | None
    reference: str


class MeasuredCourse(NamedTuple):
    """One tool from the start of the program to now. ``trend`` compares now with the start, by the direction of better.

    ``lower_is_better`` is None where neither policy nor goal tells. ``steps`` are all results, oldest first.
    """

    tool: str
    unit: str | None
    start: MeasuredResult
    now: MeasuredResult
    goal: GoalOfMeasure | None
    trend: Trend
    lower_is_better: bool | None
    steps: tuple[MeasuredResult, ...] = ()


@dataclass(frozen=True, slots=True)
class Necessity:
    """The paragraph on medical necessity, composed from measured values for the clinician to edit.

    Each of ``sentences`` rests on ``evidence``; where nothing was measured there are none, and ``missing`` says what
    to do. It is a draft until a clinician has read it, which ``edit_first`` says.
    """

    sentences: tuple[str, ...] = ()
    courses: tuple[MeasuredCourse, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    missing: str = ""
    edit_first: str = ""

    @property
    def text(self) -> str:
        """The paragraph."""
        return " ".join(self.sentences)


class AppealLine(NamedTuple):
    """A line of the denied visit and why it is owed.

    ``rules`` are the rules that made it, each with its title, ``values`` the policy values they applied, the deciding
    one first and each with its citation in ``source``, ``facts`` what the record shows. ``why`` is one sentence.
    """

    line: ChargeLine
    rules: tuple[tuple[str, str], ...]
    values: tuple[PolicyValue[Any], ...]
    facts: tuple[Evidence, ...]
    why: str


@dataclass(frozen=True)
class Packet:
    """All that a request for approval, or an appeal, is made of.

    ``day`` is the day it is drawn up, ``patient`` a bare id. ``policy`` is the id of the policy whose elements it
    follows and ``policy_title`` its name. ``request`` is the value that says how this payer is asked, in whose
    ``value`` stand form, days to the answer and address; None where no policy says. ``notices`` are what has to be said
    before the request is sent, one plain sentence each: two payers, none, no plan, an approval that has ended, results
    of another injury that were left out. ``head`` is what a preauthorization Claim has beside its items. ``ask_by`` is
    the last safe day to ask. ``lines`` are filled for an appeal only, and ``elements`` are then those of its letter.
    """

    use: PacketUse
    day: date
    patient: str
    program: Program
    injury: str
    policy: str
    policy_title: str
    parties: Parties = Parties()
    request: PolicyValue[Any] | None = None
    services: tuple[ServiceAsked, ...] = ()
    amount: AmountAsked = AmountAsked()
    elements: tuple[PacketElement, ...] = ()
    necessity: Necessity = field(default_factory=Necessity)
    lines: tuple[AppealLine, ...] = ()
    visit: date | None = None
    approval: Authorization | None = None
    ask_by: AskBy | None = None
    head: ClaimHead = field(default_factory=ClaimHead)
    notices: tuple[str, ...] = ()
    caveats: tuple[Caveat, ...] = ()

    @lazy
    def missing(self) -> tuple[PacketElement, ...]:
        """The elements of which something is missing, in their order."""
        return tuple(element for element in self.elements if not element.filled)

    @lazy
    def by_id(self) -> Mapping[str, PacketElement]:
        """The elements by their id."""
        return {element.id: element for element in self.elements}
