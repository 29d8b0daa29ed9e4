"""What the chart tells for the head of a claim, and what a biller has to add to it."""

from collections.abc import Collection, Iterator
from typing import Final

from cds_service.domain.care import Performer
from cds_service.domain.case import Case
from cds_service.domain.chart import Caveat, Doubt, Fact
from cds_service.domain.codes import WORK_REHAB, PayerClass
from cds_service.domain.findings import CareTeamMember, CareTeamRole, ChargeLine, ClaimHead
from cds_service.domain.injury_on_claim import claim_number_of, diagnoses_of, injury_day_of
from cds_service.domain.visit import Visit

MOST_ON_TEAM: Final = 100
"""People that a claim names as its care team."""


def head_of(case: Case, visit: Visit, lines: Collection[ChargeLine]) -> ClaimHead:
    """All the chart tells for the claim of a visit; nothing is invented."""
    approval = case.authorization_on(visit.date)
    conditions = dict.fromkeys(c for session in visit.sessions for c in session.conditions)
    return ClaimHead(
        authorization=approval.number if approval is not None else None,
        coverage=case.payer.reference if case.payer is not None else None,
        claim_number=claim_number_of(case, conditions),
        provider=next((encounter.provider for encounter in visit.encounters if encounter.provider), None),
        facility=case.chart.facility,
        accident=injury_day_of(case, visit.date, conditions),
        diagnoses=diagnoses_of(case, conditions),
        team=_team(visit, lines),
    )


def to_add(case: Case, head: ClaimHead) -> tuple[str, ...]:
    """What a biller needs and the chart does not tell: diagnosis; of a work injury its date and claim number (N23)."""
    missing = []
    compensation = case.payer is not None and case.payer.payer_class is PayerClass.WORKERS_COMPENSATION
    if (compensation or case.chart.injury) and head.accident is None:
        missing.append("date of injury")
    if compensation and head.claim_number is None:
        missing.append("claim number")
    if not any(diagnosis.code for diagnosis in head.diagnoses):
        missing.append("diagnosis code")
    return tuple(missing)


def _team(visit: Visit, lines: Collection[ChargeLine]) -> tuple[CareTeamMember, ...]:
    """Who treated, each with the codes of the lines that are theirs."""
    codes = {line.code for line in lines}
    program = WORK_REHAB & codes
    treated: list[tuple[Performer, frozenset[str]]] = [
        (performer, program) for session in visit.sessions for performer in session.performers
    ]
    treated += [
        (performer, frozenset({service.code}))
        for service in visit.services
        if service.code in codes
        for performer in service.performers
    ]
    team: dict[str, CareTeamMember] = {}
    for performer, of_lines in treated:
        if performer.reference not in team and len(team) >= MOST_ON_TEAM:
            continue
        before = team[performer.reference].codes if performer.reference in team else frozenset[str]()
        team[performer.reference] = CareTeamMember(performer.reference, _role(performer), before | of_lines)
    order: list[CareTeamRole | None] = [CareTeamRole.PRIMARY, CareTeamRole.SUPERVISOR, None, CareTeamRole.ASSIST]
    return tuple(sorted(team.values(), key=lambda member: order.index(member.role)))


def not_on_head(visit: Visit) -> Iterator[Caveat]:
    """That not all who treated are named, where they are more than a claim can be for."""
    treated = [session.performers for session in visit.sessions]
    treated += [service.performers for service in visit.services]
    if sum(map(len, treated)) <= MOST_ON_TEAM:
        return
    people = {performer.reference for performers in treated for performer in performers}
    if len(people) > MOST_ON_TEAM:
        why = f"who treated: the claim names {MOST_ON_TEAM} of {len(people)} people"
        yield Doubt(Fact.PERFORMERS, why)


def _role(performer: Performer) -> CareTeamRole | None:
    """A therapist is primary, an assistant assists; nobody is called a supervisor whom the record does not name so."""
    if performer.supervises:
        return CareTeamRole.SUPERVISOR
    if performer.role is None:
        return None
    return CareTeamRole.ASSIST if performer.role.assistant else CareTeamRole.PRIMARY
