"""From a hook call to the question it asks: what it carries is read, and what it lacks is fetched."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from cds_service.consultation.question import Question
from cds_service.fhir.reading.drafts import read_drafts
from cds_service.fhir.reading.prefetch import Prefetch
from cds_service.fhir.reading.prefetch_reader import read_prefetch
from cds_service.hooks.call import HookCall

Fetch: TypeAlias = Callable[[HookCall, Prefetch], Prefetch]
"""Completes what a call gave with what can be fetched."""


def of_drafts(call: HookCall) -> Question:
    """The question that a call asks, as far as its context tells: nothing of the record is read."""
    return Question(
        moment=call.service.moment,
        patient_id=call.patient_id,
        prefetch=Prefetch(),
        drafts=read_drafts(call.drafts if call.drafts is not None else call.appointments),
        selections=frozenset(call.selections) if call.selections is not None else None,
        dispatched=call.dispatched,
        encounter_id=call.encounter_id,
        server=call.fhir_server,
    )


def record_of(call: HookCall) -> Prefetch:
    """The record that a call carries, as its service reads it."""
    return read_prefetch(call.prefetch, call.service.prefetch)


def question_of(call: HookCall) -> Question:
    """The question that a call asks, with what it carries."""
    return replace(of_drafts(call), prefetch=record_of(call))


def completed(question: Question, call: HookCall, fetch: Fetch) -> Question:
    """The question with what its call lacks fetched, where it may be about work rehabilitation."""
    if not question.may_be_work_rehab:
        return question
    prefetch = fetch(call, question.prefetch)
    return question if prefetch is question.prefetch else replace(question, prefetch=prefetch)
