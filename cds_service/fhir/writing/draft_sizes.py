"""Drafts to be changed, as far as judging them stays in proportion: each element costs some 60 microseconds."""

from collections.abc import Mapping
from typing import Any, Final

from cds_service.domain.chart import Fact, Unknown
from cds_service.domain.findings import Change
from cds_service.fhir.judge import first_r4_error
from cds_service.fhir.reading.prefetch_keys import FACT_OF_TYPE
from cds_service.fhir.writing.proposed_actions import Received
from cds_service.fhir.writing.repair import valid

MOST_ELEMENTS: Final = 50_000
"""Elements of all drafts that are changed in one call; a claim of six lines has some 150."""
TOO_LARGE: Final = "the drafts to be changed are too large, so that not all of them have a suggestion"


class MeasuredDrafts:
    """Hands out drafts until the elements of all together are too many; ``gap`` tells of the first one beyond."""

    def __init__(self, received: Received) -> None:
        self._received = received
        self._left = MOST_ELEMENTS
        self.gap: Unknown | None = None

    def received(self, reference: str) -> Mapping[str, Any] | None:
        """The JSON of a draft as it came; None as well where it is too large to be changed."""
        resource = self._received(reference)
        if resource is None:
            return None
        elements = _elements_of(resource, self._left)
        if elements > self._left:
            self.gap = self.gap or Unknown(Fact.REQUEST, TOO_LARGE, reference)
            return None
        self._left -= elements
        return resource

    def why_not_changed(self, change: Change) -> Unknown | None:
        """Why a draft that a change concerns cannot be changed: even its repaired spelling is not R4."""
        concerned = (getattr(change, name, None) for name in ("order", "claim", "based_on"))
        reference = next((name for name in concerned if isinstance(name, str)), None)
        resource = self._received(reference) if reference is not None else None
        problem = first_r4_error(valid(resource)) if resource is not None else None
        if resource is None or problem is None:
            return None
        fact = FACT_OF_TYPE.get(str(resource.get("resourceType")), Fact.REQUEST)
        return Unknown(
            fact, f"no change of the draft can be suggested, since it is not valid FHIR R4: {problem}", reference
        )


def _elements_of(resource: object, most: int) -> int:
    """How many elements a resource has; counted no further than just beyond ``most``."""
    count, left = 0, [resource]
    while left and count <= most:
        element = left.pop()
        count += 1
        if isinstance(element, dict):
            left.extend(element.values())
        elif isinstance(element, list):
            left.extend(element)
    return count
