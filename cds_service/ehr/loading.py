"""Puts stories into a FHIR server, so that any client can be tried against it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

from rich.console import Console
from rich.progress import Progress

from cds_service.ehr.trial_server import FhirServer, reference_to
from cds_service.stories.resources.pieces import EXAMPLE, TERMINOLOGY, FhirJson, coding
from cds_service.stories.story import Story
from cds_service.stories.story_files import bundled, load

TEST_DATA: Final = coding(f"{TERMINOLOGY}/v3-ActReason", "HTEST", "test health data")
OF_A_PATIENT: Final = (
    "CarePlan",
    "Claim",
    "ClaimResponse",
    "Condition",
    "Coverage",
    "Encounter",
    "Goal",
    "Observation",
    "Procedure",
    "QuestionnaireResponse",
    "ServiceRequest",
)
"""Types of which a story holds other resources on another day; all are searched by patient."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a story: resources put, and resources of an earlier load removed."""

    story: str
    patient: str
    put: int
    removed: int


def in_order(resources: Sequence[FhirJson]) -> list[FhirJson]:
    """Resources with those referred to before those that refer to them; as given where they refer in a circle."""
    by_reference = {reference_to(resource): resource for resource in resources}
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for reference, resource in by_reference.items():
        sorter.add(reference, *(to for to in _references(resource) if to in by_reference and to != reference))
    try:
        return [by_reference[reference] for reference in sorter.static_order()]
    except CycleError:
        return list(resources)


def resources_of(story: Story) -> list[FhirJson]:
    """What a server has to hold of a story, marked as its test data, in the order to be put.

    Orders that are sent out are on the server by then; other drafts and proposed appointments exist in the context of
    a call only.
    """
    ordered = story.drafts if "order-dispatch" in story.hooks else ()
    return [_marked(resource, story.name) for resource in in_order([*story.resources, *ordered])]


def load_story(server: FhirServer, story: Story, step: Callable[[], None] = lambda: None) -> Loaded:
    """Put a story on a server; a second time changes nothing, and on another day the story has moved on.

    Only resources that an earlier load of this story marked are removed.

    Args:
        server: Where to.
        story: The story, for one today.
        step: Called after each resource.

    Raises:
        FhirServerError: the server refuses a resource; names it and the server's answer.
    """
    resources = resources_of(story)
    for resource in resources:
        server.put(resource)
        step()
    kept = {reference_to(resource) for resource in resources}
    found = [resource for kind in OF_A_PATIENT for resource in server.search(f"{kind}?patient={story.patient_id}")]
    outdated = [
        resource for resource in found if _tag(story.name) in _tags(resource) and reference_to(resource) not in kept
    ]
    for resource in reversed(in_order(outdated)):
        server.delete(reference_to(resource))
    return Loaded(story.name, story.patient_id, len(resources), len(outdated))


def load_stories(console: Console, server: FhirServer, names: Iterable[str], today: date) -> list[Loaded]:
    """Put bundled stories on a server, all of them when none is named, and show how far it is.

    Raises:
        StoryError: there is no such story.
        FhirServerError: the server refuses a resource.
    """
    stories = [load(name, today) for name in (*names,) or bundled()]
    loaded: list[Loaded] = []
    with Progress(console=console, transient=True) as progress:
        for story in stories:
            task = progress.add_task(story.name, total=len(resources_of(story)))
            loaded.append(load_story(server, story, lambda task=task: progress.advance(task)))  # type: ignore[misc]
    return loaded


def _marked(resource: FhirJson, story: str) -> FhirJson:
    meta = resource.get("meta", {})
    return {**resource, "meta": {**meta, "security": [TEST_DATA], "tag": [*meta.get("tag", ()), _tag(story)]}}


def _tag(story: str) -> FhirJson:
    return coding(EXAMPLE, story)


def _tags(resource: Mapping[str, Any]) -> list[FhirJson]:
    tags = resource.get("meta", {}).get("tag", ())
    return [coding(tag.get("system", ""), tag.get("code", "")) for tag in tags]


def _references(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        reference = value.get("reference")
        if isinstance(reference, str):
            yield reference
        for part in value.values():
            yield from _references(part)
    elif isinstance(value, list):
        for part in value:
            yield from _references(part)
