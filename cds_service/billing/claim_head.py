"""What the chart tells for the head of a claim, and what a biller has to add to it."""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from cds_service.domain.care import Performer
from cds_service.domain.case import Case
from cds_service.domain.chart import Caveat, Doubt, Fact
from cds_service.domain.codes import WORK_REHAB, PayerClass
from cds_service.domain.coverage_and_claims import ClaimNumber, InjuryDate
from cds_service.domain.findings import CareTeamMember, CareTeamRole, ChargeLine, ClaimHead, Diagnosis
from cds_service.domain.visit import Visit

MOST_ON_TEAM: Final = 100
"""People that a claim names as its care team."""
_EXTERNAL_CAUSE: Final = re.compile(r"[V-Y]\d", re.ASCII)


def head_of(case: Case, visit: Visit, lines: Collection[ChargeLine]) -> ClaimHead:
    """All the chart tells for the claim of a visit; nothing is invented."""
    approval = case.authorization_on(visit.date)
    conditions = dict.fromkeys(c for session in visit.sessions for c in session.conditions)
    return ClaimHead(
        authorization=approval.number if approval is not None else None,
        coverage=case.payer.reference if case.payer is not None else None,
        claim_number=_claim_number(case, conditions),
        provider=next((encounter.provider for encounter in visit.encounters if encounter.provider), None),
        facility=case.chart.facility,
        accident=_accident(case, visit, conditions),
        diagnoses=_diagnoses(case, conditions),
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


def _diagnoses(case: Case, conditions: Iterable[str]) -> tuple[Diagnosis, ...]:
    """The treated conditions. External causes (V00 to Y99) come after them, and are never all there is."""
    found = [Diagnosis(diagnosis, case.chart.diagnosis_codes.get(diagnosis)) for diagnosis in conditions]
    causes = [diagnosis for diagnosis in found if diagnosis.code is not None and _EXTERNAL_CAUSE.match(diagnosis.code)]
    treated = [diagnosis for diagnosis in found if diagnosis not in causes]
    return (*treated, *causes) if treated else ()


def _accident(case: Case, visit: Visit, conditions: Collection[str]) -> InjuryDate | None:
    """The day of the work injury: of the accident on a claim, else of the onset of what is treated.

    None where nothing shows that the injury is work-related, and where several days are told.
    """
    if not case.chart.injury:
        return None
    dated = [injury for injury in case.chart.injury_dates if injury.date <= visit.date]
    found = [injury for injury in dated if _is_claim(injury.reference)] or [
        injury for injury in dated if injury.reference in conditions
    ]
    if len({injury.date for injury in found}) != 1:
        return None
    states = {injury.state for injury in found if injury.state is not None}
    return found[0]._replace(state=states.pop() if len(states) == 1 else None)


def _is_claim(reference: str) -> bool:
    return reference.startswith("Claim")


def _claim_number(case: Case, conditions: Collection[str]) -> ClaimNumber | None:
    """The payer's number of the injury's claim; None where several are told."""
    payer = case.payer.reference if case.payer is not None else None
    numbers = [
        number
        for number in case.chart.claim_numbers
        if number.reference == payer or number.reference in conditions or _is_claim(number.reference)
    ]
    return numbers[0] if len({number.value for number in numbers}) == 1 else None


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
