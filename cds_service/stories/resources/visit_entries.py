"""FHIR R4 resources of a visit: its encounter, and the procedures of what was done in it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cds_service.domain.codes import LABELS
from cds_service.stories.care_words import (
    EncounterWords,
    EvaluationWords,
    ServiceWords,
    SessionWords,
    TreatmentWords,
    VisitWords,
)
from cds_service.stories.resources.persons import contained_roles, role_reference, therapist
from cds_service.stories.resources.pieces import (
    TERMINOLOGY,
    FhirJson,
    StorySetting,
    billing_codings,
    coding,
    concept,
    elements,
    instants,
    performed,
    program_words,
    service_concept,
    span,
)
from cds_service.stories.resources.worker import site_reference

_CLASSES: Final = {"AMB": "ambulatory", "VR": "virtual"}
_SHARED: Final = frozenset({"by", "program", "code", "text", "status", "note", "injury", "date_only", "supervised_by"})


def visit(setting: StorySetting, visit: VisitWords) -> list[FhirJson]:
    """The Encounter of a visit and all that was done in it, the Encounter first."""
    day = setting.calendar.date_of(visit.day)
    sessions = _sessions(visit)
    identifier = setting.id(visit.encounter.id if visit.encounter else None, "visit", day)
    done = [_session(setting, visit, session, identifier) for session in sessions]
    done += [_service(setting, visit, service, identifier) for service in visit.services]
    if visit.evaluation:
        done.append(evaluation(setting, EvaluationWords(day=day, code=visit.evaluation, by=visit.by), identifier))
    if visit.encounter is None:
        return done
    spans = [span(setting, day, timed) for timed in (*sessions, *visit.services)]
    return [_encounter(setting, visit, visit.encounter, identifier, _around(spans)), *done]


def _sessions(visit: VisitWords) -> Sequence[TreatmentWords]:
    """Sessions as listed; else the one that the visit's own keys describe, if they tell of any."""
    if visit.sessions is None:
        return [visit] if visit.start is not None or visit.date_only else []
    shared = {name: getattr(visit, name) for name in visit.model_fields_set & _SHARED}
    return [
        session.model_copy(update={name: shared[name] for name in shared.keys() - session.model_fields_set})
        for session in visit.sessions
    ]


def _around(spans: Sequence[tuple[datetime | None, datetime | None]]) -> tuple[datetime | None, datetime | None]:
    starts = [start for start, _ in spans if start]
    stops = [stop for _, stop in spans if stop]
    return min(starts, default=None), max(stops, default=None)


def _encounter(
    setting: StorySetting,
    visit: VisitWords,
    words: EncounterWords,
    identifier: str,
    around: tuple[datetime | None, datetime | None],
) -> FhirJson:
    start, stop = span(setting, visit.day, words) if words.start else around
    program = visit.program or setting.words.program
    period = instants(start, None if "stop" in words.model_fields_set and words.stop is None else stop)
    conditions = setting.conditions(visit.injury)
    return elements(
        resourceType="Encounter",
        id=identifier,
        contained=contained_roles(setting, words.by),
        status=words.status,
        class_=coding(f"{TERMINOLOGY}/v3-ActCode", words.kind, _CLASSES.get(words.kind)),
        type=[{"text": words.text or f"{program_words(program)} visit"}],
        subject=setting.subject,
        period={"start": setting.day(visit.day)} if words.date_only or not period else period,
        participant=[{"individual": role_reference(setting, key)} for key in words.by],
        reasonReference=conditions,
        diagnosis=[{"condition": condition} for condition in conditions],
        serviceProvider=site_reference(setting),
    )


def _session(setting: StorySetting, visit: VisitWords, session: TreatmentWords, encounter: str) -> FhirJson:
    program = session.program or setting.words.program
    return _procedure(
        setting,
        identifier=setting.id(
            session.id if isinstance(session, SessionWords) else None, "session", setting.calendar.date_of(visit.day)
        ),
        status=session.status,
        code=service_concept(session.code, program, session.text),
        when=performed(setting, visit.day, session),
        by=session.by,
        supervised_by=session.supervised_by,
        encounter=encounter if visit.encounter else None,
        injury=session.injury or visit.injury,
        note=session.note,
    )


def _service(setting: StorySetting, visit: VisitWords, service: ServiceWords, encounter: str) -> FhirJson:
    return _procedure(
        setting,
        identifier=setting.id(service.id, "service", service.code, setting.calendar.date_of(visit.day)),
        status=service.status,
        code=concept(*billing_codings([service.code]), text=service.text or LABELS.get(service.code)),
        when=performed(setting, visit.day, service),
        by=service.by if service.by is not None else visit.by,
        encounter=encounter if visit.encounter else None,
        injury=visit.injury,
        note=service.note,
    )


def evaluation(setting: StorySetting, words: EvaluationWords, encounter: str | None = None) -> FhirJson:
    """An evaluation or re-evaluation as the Procedure it is billed as."""
    return _procedure(
        setting,
        identifier=setting.id(words.id, "evaluation", setting.calendar.date_of(words.day)),
        status=words.status,
        code=concept(*billing_codings([words.code]), text=LABELS.get(words.code)),
        when=performed(setting, words.day, words),
        by=words.by,
        encounter=encounter,
        injury=None,
        note=words.note,
    )


def _procedure(  # noqa: PLR0913 - one argument for each element that differs
    setting: StorySetting,
    *,
    identifier: str,
    status: str,
    code: FhirJson,
    when: FhirJson,
    by: Sequence[str] | None,
    encounter: str | None,
    injury: str | None,
    note: str | None,
    supervised_by: Sequence[str] = (),
) -> FhirJson:
    performers = [therapist(setting)] if by is None else list(by)
    supervision = {"text": "Supervising therapist"}
    return elements(
        resourceType="Procedure",
        id=identifier,
        contained=contained_roles(setting, [*performers, *supervised_by]),
        status=status,
        code=code,
        subject=setting.subject,
        encounter={"reference": f"Encounter/{encounter}"} if encounter else None,
        **when,
        performer=[
            *({"actor": role_reference(setting, key)} for key in performers),
            *({"function": supervision, "actor": role_reference(setting, key)} for key in supervised_by),
        ],
        reasonReference=setting.conditions(injury),
        note=[{"text": note}] if note else None,
    )
