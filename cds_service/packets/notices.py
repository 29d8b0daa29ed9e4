"""What has to be said before a request is sent, one plain sentence each."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from cards.packet_words import sentence
from cds_service.domain.authorizations import REFUSED
from cds_service.domain.bill import Bill
from cds_service.domain.chart import Fact
from cds_service.domain.coverage_and_claims import Authorization, AuthorizationState
from cds_service.domain.packet import PacketUse
from cds_service.domain.payment import compensation_after
from cds_service.packets.material import PacketMaterial
from cds_service.policies import parameters as params
from cds_service.rules.answers import is_required, newest_answer

_FACTS: Final = (Fact.SESSIONS, Fact.ASSESSMENTS, Fact.GOALS, Fact.ORDERS, Fact.AUTHORIZATIONS, Fact.PLAN_OF_CARE)
_GENERAL: Final = frozenset({"seed", "default"})


def notices_of(material: PacketMaterial, bill: Bill) -> tuple[str, ...]:
    """The sentences in the order of who pays, what is asked, and what the packet leaves out."""
    asked = _of_appeal(material, bill) if material.use is PacketUse.APPEAL else _of_approval(material)
    return (*_of_payer(material), *_of_plan(material), *asked, *_of_rule(material), *_of_results(material))


def _say(material: PacketMaterial, key: str, **facts: object) -> str:
    return sentence("notices", key, material.today, facts)


def _of_payer(material: PacketMaterial) -> Iterator[str]:
    case = material.case
    if Fact.COVERAGE in case.chart.unavailable:
        yield _say(material, "payer_unread")
    elif case.payer is None:
        yield _say(material, "no_payer", day=case.date_of_service)
    elif compensation_after(case) is not None:
        yield _say(material, "compensation_second")
    elif len(case.payers) > 1:
        first = material.parties.payer.name if material.parties.payer is not None else ""
        yield _say(material, "two_payers", first=first)


def _of_plan(material: PacketMaterial) -> Iterator[str]:
    case = material.case
    if case.unread_plan is not None:
        yield _say(material, "plan_unread")
    elif not case.active_plans and Fact.PLAN_OF_CARE not in case.chart.unavailable:
        yield _say(material, "no_plan")


def _of_approval(material: PacketMaterial) -> Iterator[str]:
    case, today = material.case, material.today
    newest = newest_answer(case.answers_of_episode)
    in_force = case.authorization_on(today)
    ended = _ended(case.answers_of_episode, today)
    if newest is AuthorizationState.PENDING:
        yield _say(material, "pending")
    elif newest in REFUSED:
        yield _say(material, "denied")
    if material.use is PacketUse.FIRST and in_force is not None and in_force.end is not None:
        yield _say(material, "not_needed", end=in_force.end)
    elif ended is not None and in_force is None:
        yield _say(material, "ended", end=ended)
    elif material.use is PacketUse.RENEWAL and in_force is None:
        yield _say(material, "nothing_to_renew")
    yield from _in_time(material, ended=ended is not None and in_force is None)


def _ended(answers: tuple[Authorization, ...], today: date) -> date | None:
    """The end of the last approval, where it is over."""
    ends = [answer.end for answer in answers if answer.state is AuthorizationState.APPROVED and answer.end is not None]
    return max(ends) if ends and max(ends) < today else None


def _in_time(material: PacketMaterial, *, ended: bool) -> Iterator[str]:
    """Until when it has to be sent: the last safe day of the program, or that approval is needed already."""
    by = material.timeline.ask_by if material.timeline is not None else None
    if by is None:
        if material.timeline is None and is_required(material.case, material.policy):
            yield _say(material, "required_first")
        return
    if by.now:
        used_up = by.why.name == "USED_UP"
        if used_up or not ended:
            yield _say(material, "used_up" if used_up else "required_first")
        return
    key = "ask_by" if by.date >= material.today else "ask_by_past"
    yield _say(material, key, by=by.date, why=by.why.value, end=by.ends, lead=by.lead)


def _of_rule(material: PacketMaterial) -> Iterator[str]:
    value = material.policy.get(params.REQUEST_ELEMENTS)
    form = material.policy.get(params.REQUEST_FORM_FIELDS)
    general = value is None or (value.confidence in _GENERAL and not material.policy.questions(params.REQUEST_ELEMENTS))
    if general and form is None and not (value is not None and value.unverified):
        yield _say(material, "no_request_rule")


def _of_results(material: PacketMaterial) -> Iterator[str]:
    found = material.measured
    if found.other_injury:
        names = list(dict.fromkeys(result.label or "a result without a name" for result in found.other_injury))
        yield _say(material, "other_injury", count=len(found.other_injury), names=names)
    if found.earlier:
        yield _say(material, "earlier", count=found.earlier)
    if found.two_injuries:
        yield _say(material, "two_injuries")
    chart = material.case.chart
    lacking = [fact.value.replace("-", " ") for fact in _FACTS if fact in material.unsent or chart.not_whole(fact)]
    if lacking:
        yield _say(material, "not_sent", facts=lacking)


def _of_appeal(material: PacketMaterial, bill: Bill) -> Iterator[str]:
    case = material.case
    if bill.visit is None or not (bill.visit.program_lines or bill.visit.other_lines):
        yield _say(material, "no_visit", day=case.date_of_service)
    if not any(answer.state in REFUSED for answer in case.answers_of_episode):
        yield _say(material, "no_denial")
