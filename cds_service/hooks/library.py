"""The door for programs: a patient's FHIR resources are put to the pipeline without a request around them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, TypeAlias

import orjson

from cds_service.consultation.consult import consult
from cds_service.consultation.question import Question
from cds_service.domain.findings import Evaluation
from cds_service.fhir.reading.drafts import read_drafts
from cds_service.fhir.reading.key_types import KEY_OF_TYPE, slots_of_all
from cds_service.fhir.reading.prefetch import Prefetch
from cds_service.fhir.reading.prefetch_reader import read_prefetch
from cds_service.hooks.services import SERVICES, HookService
from cds_service.policies.stack import PolicyStack

ResourceJson: TypeAlias = Mapping[str, Any]
"""A FHIR R4 resource as decoded JSON."""

_SERVICE_OF_HOOK: Final = {service.hook: service for service in SERVICES}


def evaluate(
    hook: str,
    record: Mapping[str, Any] | Iterable[ResourceJson],
    policies: PolicyStack,
    *,
    now: datetime,
    encounter: str | None = None,
    drafts: Iterable[ResourceJson] = (),
    jurisdiction: str | None = None,
) -> Evaluation | None:
    """What the rules find at a moment of the workflow; None when it is not about work rehabilitation.

    Args:
        hook: The CDS Hooks hook of that moment, like ``encounter-discharge``.
        record: The patient's record: prefetch by key, of which a missing key is not known; or all resources of the
            patient, of which a missing kind is known not to exist.
        policies: What to decide by.
        now: The present moment, with its time zone.
        encounter: Id of the encounter in question; by default that of the prefetch key ``encounter``.
        drafts: The draft orders, or the appointments to book, that the question is about.
        jurisdiction: State that stands in when nothing in the record tells, like ``US-TX``.

    Raises:
        ValueError: there is no such hook, or the record names no patient.
        DataNeeded: nothing can be said without data that was not given.
    """
    service = _SERVICE_OF_HOOK.get(hook)
    if service is None:
        raise ValueError(f"no hook is called {hook!r}; there are: {', '.join(_SERVICE_OF_HOOK)}")
    by_key, prefetch = _read(service, record, encounter)
    question = Question(
        moment=service.moment,
        patient_id=_id_of(by_key, "patient"),
        prefetch=prefetch,
        drafts=read_drafts(orjson.dumps([*drafts])),
        encounter_id=encounter or (_id_of(by_key, "encounter") if by_key.get("encounter") else None),
        jurisdiction=jurisdiction,
    )
    consultation = consult(question, policies, now=now)
    return consultation.evaluation if consultation is not None else None


def _read(
    service: HookService, record: Mapping[str, Any] | Iterable[ResourceJson], encounter: str | None
) -> tuple[Mapping[str, Any], Prefetch]:
    """The record by prefetch key, and as read: of a list of resources it is known that there are no others."""
    if isinstance(record, Mapping):
        return record, read_prefetch(orjson.dumps(record), service.prefetch)
    resources = tuple(record)
    by_key = _by_key(service, resources, encounter)
    prefetch = read_prefetch(orjson.dumps(by_key), service.prefetch)
    kinds = {resource.get("resourceType", "") for resource in resources}
    return by_key, replace(prefetch, slots=slots_of_all(prefetch.slots, kinds))


def _by_key(service: HookService, resources: Iterable[ResourceJson], encounter: str | None) -> Mapping[str, Any]:
    """Resources as prefetch; those that no key asks for, like places and people, go beside the encounters."""
    entries: defaultdict[str, list[dict[str, ResourceJson]]] = defaultdict(list)
    prefetch: dict[str, Any] = dict.fromkeys(service.prefetch)
    for resource in resources:
        kind = resource.get("resourceType", "")
        if kind == "Patient":
            prefetch["patient"] = resource
            continue
        if kind == "Encounter" and resource.get("id") == encounter and "encounter" in prefetch:
            prefetch["encounter"] = resource
        entries[KEY_OF_TYPE.get(kind, "encounters")].append({"resource": resource})
    bundles = {
        key: {"resourceType": "Bundle", "type": "searchset", "entry": found}
        for key, found in entries.items()
        if key in prefetch
    }
    return prefetch | bundles


def _id_of(prefetch: Mapping[str, Any], key: str) -> str:
    resource = prefetch.get(key)
    identity = resource.get("id") if isinstance(resource, Mapping) else None
    if not isinstance(identity, str) or not identity:
        raise ValueError(f"the record has no {key} with an id")
    return identity
