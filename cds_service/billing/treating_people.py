"""What is not known of the people who treated: who they are, what they are, and which minutes they gave (M-1, M-2)."""

from collections.abc import Iterator
from typing import Final

from cds_service.domain.care import Performer, Session
from cds_service.domain.case import Case
from cds_service.domain.chart import Caveat, Doubt, Fact, Unknown
from cds_service.domain.codes import ASSISTANT_BESIDE, Discipline
from cds_service.domain.treating import alone, only_assistants, roles_of, treating
from cds_service.domain.values import PolicyValue
from cds_service.domain.visit import Visit
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.policies.shapes import Giver

NOBODY: Final = "nobody is recorded as having treated"


def treating_gaps(case: Case, visit: Visit, policy: PolicyView) -> Iterator[Caveat]:
    """What is not known of who treated: nobody named, professions, minutes of an assistant, another discipline."""
    people = [(session, performer) for session in visit.sessions for performer in treating(session)]
    unnamed = next((session for session in visit.sessions if not treating(session)), None)
    if unnamed is not None:
        why = "check who treated: only a supervising person is recorded" if unnamed.performers else NOBODY
        yield Unknown(Fact.PERFORMERS, why, None if not people else unnamed.reference)
    yield from _professions(performer for _, performer in people)
    professions = {performer.profession for _, performer in people if performer.profession is not None}
    if professions and visit.time_by_roles.get(frozenset()):
        named = ", ".join(sorted(professions))
        yield Doubt(Fact.PERFORMERS, f"who treated is not a therapist or assistant by profession (recorded as {named})")
    several = next(
        (session for session in visit.sessions if session.performers_of_encounter and _several(session)), None
    )
    if several is not None:
        why = "the record does not say which minutes each person of the encounter gave"
        yield Unknown(Fact.PERFORMERS, why, several.encounter)
    elif _minutes_open(visit, policy):
        yield Unknown(Fact.PERFORMERS, "the minutes of the assistant alone are not recorded")
    yield from _standing_alone(visit, policy)
    for role in case.unplanned_roles:
        planned = " and ".join(discipline.value for discipline, _, _ in case.disciplines)
        yield Doubt(Fact.DISCIPLINE, f"check under which plan the {role.title} treated: the plan of care is {planned}")


def givers(visit: Visit, policy: PolicyView) -> tuple[tuple[PolicyValue[tuple[Giver, ...]], ...], tuple[Caveat, ...]]:
    """The payer's list of who may give the program and a gap, where time was given by someone who is not on it."""
    allowed = policy.get(params.PROGRAM_GIVEN_BY)
    if (
        allowed is None
        or "assistant" in allowed.value
        or not (alone(visit.time_by_roles, tuple(Discipline)) or only_assistants(visit.sessions))
    ):
        return (), ()
    why = "the payer's rule names licensed therapists: ask whether it pays time that an assistant gave alone"
    return (allowed,), (Doubt(Fact.PERFORMERS, why),)


def minutes_of_assistants_open(visit: Visit, policy: PolicyView) -> bool:
    """Whether it is not recorded which minutes an assistant gave alone."""
    by_encounter = any(
        session.performers_of_encounter
        and _several(session)
        and any(performer.role and performer.role.assistant for performer in treating(session))
        for session in visit.sessions
    )
    return by_encounter or _minutes_open(visit, policy)


def _standing_alone(visit: Visit, policy: PolicyView) -> Iterator[Caveat]:
    """An assistant's modifier that stands only beside a discipline's, which this payer does not want."""
    wanted, required = policy.get(params.ASSISTANT_MODIFIERS), policy.get(params.DISCIPLINE_REQUIRED)
    if wanted is None or (required is not None and required.value):
        return
    roles = (role for session in visit.sessions for role in roles_of(session) if role is not None and role.assistant)
    modifiers = (wanted.value.get(role.discipline) for role in roles)
    modifier = next((modifier for modifier in modifiers if modifier in ASSISTANT_BESIDE), None)
    if modifier is not None:
        beside = ASSISTANT_BESIDE[modifier]
        why = f"{modifier} stands only with {beside}, which this payer does not require: ask about {modifier}"
        yield Doubt(Fact.POLICY, why)


def _professions(people: Iterator[Performer]) -> Iterator[Caveat]:
    known = dict.fromkeys(people)
    unknown = next(
        (
            performer
            for performer in known
            if performer.role is None and not (performer.profession or performer.disputed)
        ),
        None,
    )
    if unknown is not None:
        yield Unknown(Fact.PERFORMERS, "the profession of a treating person is not known", unknown.reference)
    disputed = next((performer for performer in known if performer.disputed is not None), None)
    if disputed is not None:
        why = f"the profession of a treating person is not clear (recorded as {disputed.disputed})"
        yield Unknown(Fact.PERFORMERS, why, disputed.reference)


def _several(session: Session) -> bool:
    return len({performer.role for performer in treating(session)}) > 1


def _minutes_open(visit: Visit, policy: PolicyView) -> bool:
    """Whether an assistant treated without times beside others, and the payer wants to know."""
    wanted = policy.get(params.ASSISTANT_MODIFIERS)
    if wanted is None or not wanted.value or policy.get(params.ASSISTANT_DE_MINIMIS) is None:
        return False
    untimed = any(role is not None and role.assistant for session in visit.untimed for role in roles_of(session))
    return untimed and not only_assistants(visit.sessions)
