"""What the CDS Hooks specification demands of suggestions and their actions (CH-S-09 to CH-S-16)."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from cds_service.ehr.judged_shapes import JudgedClient, extension_problems, is_text, objects_in, uuid_problems

_RESOURCE_TYPE: Final = re.compile(r"[A-Z][A-Za-z]+")
_FHIR_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_REFERENCE: Final = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64}")
_ACTION_TYPES: Final = ("create", "update", "delete")


def suggestion_problems(path: str, card: Mapping[str, object], client: JudgedClient) -> Iterator[str]:
    """What is wrong with the suggestions of a card."""
    if "suggestions" not in card:
        return
    recommended = 0
    for where, suggestion, problem in objects_in(f"{path}.suggestions", card["suggestions"], "CH-S-11"):
        if suggestion is None:
            yield problem
            continue
        recommended += suggestion.get("isRecommended") is True
        yield from _suggestion(where, suggestion, client)
    if recommended > 1 and card.get("selectionBehavior") == "at-most-one":
        yield f"{path}.suggestions: {recommended} recommended with at-most-one (CH-S-10)"


def _suggestion(path: str, suggestion: Mapping[str, object], client: JudgedClient) -> Iterator[str]:
    if not is_text(suggestion.get("label")):
        yield f"{path}.label: missing (CH-S-11)"
    yield from uuid_problems(path, suggestion)
    if "isRecommended" in suggestion and not isinstance(suggestion["isRecommended"], bool):
        yield f"{path}.isRecommended: not true or false (CH-S-11)"
    if "actionSelectionBehavior" in suggestion:
        yield f"{path}.actionSelectionBehavior: not without agreement of the client (CH-S-16)"
    yield from extension_problems(path, suggestion)
    if "actions" in suggestion:
        yield from action_problems(f"{path}.actions", suggestion["actions"], client, "CH-S-11")


def action_problems(path: str, value: object, client: JudgedClient, rule: str) -> Iterator[str]:
    """What is wrong with the actions of a suggestion or response."""
    actions = []
    for where, action, problem in objects_in(path, value, rule):
        if action is None:
            yield problem
            continue
        yield from _action(where, action, client)
        actions.append((where, action))
    if isinstance(value, list) and not value:
        yield f"{path}: no action ({rule})"
    yield from _references(actions, client)


def _action(path: str, action: Mapping[str, object], client: JudgedClient) -> Iterator[str]:
    kind = action.get("type")
    if kind not in _ACTION_TYPES:
        yield f"{path}.type: not one of {', '.join(_ACTION_TYPES)} (CH-S-12)"
    if not is_text(action.get("description")):
        yield f"{path}.description: missing (CH-S-12)"
    if kind == "delete":
        yield from _delete(path, action, client)
    elif kind in _ACTION_TYPES:
        yield from _written(path, action)
    yield from extension_problems(path, action)


def _delete(path: str, action: Mapping[str, object], client: JudgedClient) -> Iterator[str]:
    named = action.get("resource" if client.first_version and "resourceId" not in action else "resourceId")
    if not (isinstance(named, str) and _REFERENCE.fullmatch(named)):
        yield f"{path}.resourceId: delete needs Type/id (CH-S-14)"
    if "resource" in action and not client.first_version:
        yield f"{path}.resource: not with delete (CH-S-14)"


def _written(path: str, action: Mapping[str, object]) -> Iterator[str]:
    resource = action.get("resource")
    if "resourceId" in action:
        yield f"{path}.resourceId: only with delete (CH-S-13)"
    if not isinstance(resource, Mapping):
        yield f"{path}.resource: {action['type']} needs the whole resource (CH-S-13)"
        return
    kind, identity = resource.get("resourceType"), resource.get("id")
    if not (isinstance(kind, str) and _RESOURCE_TYPE.fullmatch(kind)):
        yield f"{path}.resource.resourceType: missing (CH-S-23)"
    if "id" in resource and not (isinstance(identity, str) and _FHIR_ID.fullmatch(identity)):
        yield f"{path}.resource.id: not a FHIR id (CH-S-23)"
    if action["type"] == "update" and "id" not in resource:
        yield f"{path}.resource.id: update needs the id of the resource (CH-S-13)"


def _references(actions: list[tuple[str, Mapping[str, object]]], client: JudgedClient) -> Iterator[str]:
    written = {name for _, action in actions for name in _names(action.get("resource"))}
    deleted = {str(action["resourceId"]) for _, action in actions if "resourceId" in action}
    for path, action in actions:
        resource = action.get("resource")
        if not isinstance(resource, Mapping):
            continue
        contained = resource.get("contained")
        inside = (
            {f"#{part.get('id')}" for part in contained if isinstance(part, Mapping)}
            if isinstance(contained, list)
            else set()
        )
        for where, reference in _reference_values(f"{path}.resource", resource):
            if reference in deleted:
                yield f"{where}: {reference} is deleted by the same suggestion (CH-S-15)"
            elif not _resolves(reference, written | inside | {"#"}, client.known):
                yield f"{where}: {reference} does not resolve (CH-S-15)"


def _names(resource: object) -> Iterator[str]:
    if isinstance(resource, Mapping) and "resourceType" in resource and "id" in resource:
        yield f"{resource['resourceType']}/{resource['id']}"


def _resolves(reference: str, here: Collection[str], known: Collection[str]) -> bool:
    if reference in here or reference in known:
        return True
    if reference.startswith(("#", "urn:uuid:")):
        return False
    return not known or not _REFERENCE.fullmatch(reference)


def _reference_values(path: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        reference = value.get("reference")
        if isinstance(reference, str):
            yield f"{path}.reference", reference
        for key, member in value.items():
            yield from _reference_values(f"{path}.{key}", member)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _reference_values(f"{path}[{index}]", member)
