"""CDS Hooks requests as an EHR would send them."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from cds_service.fhir.reading.elements import type_name
from cds_service.fhir.reading.prefetch_keys import PREFETCH_KEYS
from cds_service.hooks.services import SERVICES
from cds_service.stories.resources.pieces import EXAMPLE, FhirJson

SERVICE_BY_HOOK: Final = {service.hook: service for service in SERVICES}
_INSTANCES: Final = uuid5(NAMESPACE_URL, EXAMPLE)
_ASSESSMENT_CATEGORIES: Final = frozenset(PREFETCH_KEYS["observations"].filters["category"].split(","))


def _categories(resource: FhirJson) -> set[str]:
    return {
        coding.get("code", "") for category in resource.get("category", ()) for coding in category.get("coding", ())
    }


_FILTERS: Final[Mapping[str, Callable[[FhirJson], bool]]] = {
    "coverage": lambda coverage: coverage.get("status") == "active",
    "observations": lambda observation: bool(_categories(observation) & _ASSESSMENT_CATEGORIES),
    "questionnaireResponses": lambda response: response.get("status") == "completed",
    "authorizations": lambda authorization: authorization.get("use") == "preauthorization",
    "charges": lambda claim: claim.get("use") == "claim",
}
"""What the search parameters of the templates let through, besides type and patient."""

_PAGES: Final = frozenset({"oldest", "newest"})
_MOST_ON_A_PAGE: Final = 10

_INCLUDED: Final[Mapping[str, tuple[str, ...]]] = {
    "encounters": ("Organization",),
    "procedures": ("PractitionerRole",),
    "orders": ("Practitioner",),
    "observations": ("DiagnosticReport", "DocumentReference"),
}
"""Resources that a client sends along in the Bundle of a key, because the found ones refer to them."""


@dataclass(frozen=True, slots=True)
class Material:
    """What requests are made of.

    ``patient`` and ``encounter`` are ids, ``user`` and ``performer`` references. ``selected`` are references to the
    drafts chosen. ``overrides`` say what became of a prefetch key on its way (``absent``, ``null``, ``failed``,
    ``empty``, or ``oldest`` and ``newest``: only that page of it); None is a request without any prefetch.
    """

    patient: str
    user: str
    performer: str
    encounter: str | None
    encounter_named: bool
    resources: tuple[FhirJson, ...]
    drafts: tuple[FhirJson, ...]
    selected: tuple[str, ...]
    appointments: tuple[FhirJson, ...]
    overrides: Mapping[str, str] | None


def request_of(hook: str, material: Material) -> dict[str, Any]:
    """The request of a hook; its ``hookInstance`` is derived from everything else in it."""
    request: dict[str, Any] = {"hook": hook, "context": _context(hook, material)}
    if material.overrides is not None:
        resources = [*material.resources, *(material.drafts if hook == "order-dispatch" else ())]
        request["prefetch"] = _prefetch(SERVICE_BY_HOOK[hook].prefetch, resources, material, material.overrides)
    instance = uuid5(_INSTANCES, json.dumps(request, sort_keys=True, default=str))
    return {"hook": hook, "hookInstance": str(instance), **request}


def _context(hook: str, material: Material) -> dict[str, Any]:
    if hook == "order-dispatch":
        orders = [f"{draft['resourceType']}/{draft['id']}" for draft in material.drafts]
        return {"patientId": material.patient, "dispatchedOrders": orders, "performer": material.performer}
    context: dict[str, Any] = {"userId": material.user, "patientId": material.patient}
    if hook.startswith("encounter-") or material.encounter_named:
        context["encounterId"] = material.encounter
    if hook == "order-select":
        context["selections"] = list(material.selected)
    if hook in {"order-select", "order-sign"}:
        context["draftOrders"] = bundle(material.drafts, "collection")
    if hook == "appointment-book":
        context["appointments"] = bundle(material.appointments, "collection")
    return context


def _prefetch(
    keys: Iterable[str], resources: Iterable[FhirJson], material: Material, overrides: Mapping[str, str]
) -> dict[str, Any]:
    found = list(resources)
    filled: dict[str, Any] = {}
    for key in keys:
        override = overrides.get(key)
        if override == "absent":
            continue
        if override == "null":
            filled[key] = None
        elif override == "failed":
            filled[key] = _failure(key)
        elif override == "empty":
            filled[key] = bundle((), "searchset")
        else:
            filled[key] = _answer(key, found, material)
        if override in _PAGES:
            filled[key] = _page(filled[key], newest=override == "newest")
    return filled


def _page(searchset: FhirJson, *, newest: bool) -> FhirJson:
    """Ten results of a searchset at most, and never all, without a link to the others; the total is that of all."""
    entries = searchset.get("entry", [])
    results = [entry for entry in entries if entry["search"]["mode"] == "match"]
    size = min(_MOST_ON_A_PAGE, len(results) - 1)
    shown = results[len(results) - size :] if newest else results[:size]
    return {**searchset, "entry": [*shown, *(entry for entry in entries if entry["search"]["mode"] != "match")]}


def _answer(key: str, resources: list[FhirJson], material: Material) -> FhirJson | None:
    kind, also = PREFETCH_KEYS[key].resource_type, set(map(type_name, PREFETCH_KEYS[key].also))
    if key in {"patient", "encounter"}:
        wanted = material.patient if key == "patient" else material.encounter
        return next(
            (resource for resource in resources if resource["resourceType"] == kind and resource.get("id") == wanted),
            None,
        )
    passes = _FILTERS.get(key)
    matches = [
        resource
        for resource in resources
        if resource["resourceType"] in also
        or (resource["resourceType"] == kind and (passes is None or passes(resource)))
    ]
    included = (
        [resource for resource in resources if resource["resourceType"] in _INCLUDED.get(key, ())] if matches else []
    )
    return bundle(matches, "searchset", included)


def bundle(resources: Iterable[FhirJson], kind: str, included: Iterable[FhirJson] = ()) -> FhirJson:
    """A Bundle; in a searchset, entries say whether they matched or are sent along."""
    modes = (("match", resources), ("include", included))
    entries: list[FhirJson] = []
    total = 0
    for mode, found in modes:
        for resource in found:
            entry: FhirJson = {"fullUrl": f"{EXAMPLE}/fhir/{resource['resourceType']}/{resource.get('id', '')}"}
            entry["resource"] = resource
            if kind == "searchset":
                entry["search"] = {"mode": mode}
                total += mode == "match"
            entries.append(entry)
    whole: FhirJson = {"resourceType": "Bundle", "type": kind}
    if kind == "searchset":
        whole["total"] = total
    if entries:
        whole["entry"] = entries
    return whole


def _failure(key: str) -> FhirJson:
    issue = {"severity": "error", "code": "exception", "diagnostics": f"The query for {key} failed."}
    return {"resourceType": "OperationOutcome", "issue": [issue]}
