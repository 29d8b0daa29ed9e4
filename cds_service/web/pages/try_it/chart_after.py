"""A story's chart after a suggestion was accepted, as the EHR would have it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from cds_service.stories.resources.pieces import FhirJson
from cds_service.stories.story import Story


def accepted(story: Story, suggestion: Mapping[str, Any]) -> Story:
    """The story with the actions of a suggestion carried out: on orders in its drafts, on all else in its chart."""
    material = story.material
    drafts, resources = list(material.drafts), list(material.resources)
    selected = list(material.selected)
    for action in suggestion.get("actions", ()):
        resource = action.get("resource")
        is_order = _type_of(action) == "ServiceRequest"
        held = drafts if is_order else resources
        _carry_out(action, resource, held)
        if is_order and action["type"] == "create":
            selected.append(_reference(resource))
    changed = replace(
        material,
        drafts=tuple(drafts),
        resources=tuple(resources),
        selected=tuple(chosen for chosen in selected if chosen in set(map(_reference, drafts))),
    )
    return replace(story, drafts=changed.drafts, resources=changed.resources, material=changed)


def _carry_out(action: Mapping[str, Any], resource: FhirJson | None, held: list[FhirJson]) -> None:
    match action["type"]:
        case "create" if resource is not None:
            held.append(resource)
        case "update" if resource is not None:
            held[:] = [resource if _reference(old) == _reference(resource) else old for old in held]
        case "delete":
            gone = set(_deleted(action))
            held[:] = [old for old in held if _reference(old) not in gone]
        case _:
            pass


def _deleted(action: Mapping[str, Any]) -> Iterable[str]:
    named = action.get("resourceId", ())
    yield from [named] if isinstance(named, str) else named
    if action.get("resource") is not None:
        yield _reference(action["resource"])


def _type_of(action: Mapping[str, Any]) -> str:
    resource = action.get("resource")
    if resource is not None:
        return str(resource.get("resourceType"))
    return next(iter(_deleted(action)), "").partition("/")[0]


def _reference(resource: Mapping[str, Any]) -> str:
    return f"{resource.get('resourceType')}/{resource.get('id')}"
