"""The services: one on each hook, and an id that the hooks of one moment in the workflow share.

Clients keep services by URL, so discovery lists each hook under an id of its own; the shared ids answer to every hook
of their moment, and calls are counted under them. A client that replaces stale cards by id can have the shared ids
listed: a later call then replaces the cards of an earlier one (CH-D-10). A new hook is a new row here.
"""

from collections.abc import Iterable, Mapping
from typing import Final, TypedDict

from cds_service.domain.case import Moment
from cds_service.domain.frozen import dataclass
from cds_service.fhir.reading.prefetch_keys import PREFETCH_KEYS, asked_at

SPECIFICATION: Final = "2.0.1"
_USAGE: Final = (
    "FHIR R4. Missing prefetch narrows the answer and is named in it. Codes, units and modifiers follow the payer "
    "policies installed at this site; the answer is guidance for billing, not legal advice."
)


@dataclass(frozen=True, slots=True)
class HookService:
    """A service on one hook: ``id`` is its own, ``shared_id`` that of all hooks of the same moment.

    ``hook_version`` is the version of the published hook, ``moment`` the point in the workflow that its rules belong
    to. ``context`` names the fields of the hook's context that are read, in that order; ``?`` marks those that may be
    absent (CH-C).
    """

    hook: str
    hook_version: str
    shared_id: str
    moment: Moment
    context: tuple[str, ...]
    title: str
    description: str
    usage_requirements: str = _USAGE

    @property
    def id(self) -> str:
        """The id that no other hook has."""
        return f"work-rehab-{self.hook}"

    @property
    def prefetch(self) -> tuple[str, ...]:
        """The prefetch keys it asks for."""
        return asked_at(self.moment)

    @property
    def templates(self) -> dict[str, str]:
        """Prefetch key to template."""
        return {name: PREFETCH_KEYS[name].template for name in self.prefetch}


def _order(hook: str, hook_version: str, context: tuple[str, ...]) -> HookService:
    return HookService(
        hook=hook,
        hook_version=hook_version,
        shared_id="work-rehab-order",
        moment=Moment.ORDER,
        context=context,
        title="Work rehabilitation: order",
        description=(
            "Checks orders for work conditioning and work hardening: the right code and units, the discipline "
            "modifier, and whether coverage, authorization, evaluation or the plan of care stand in the way."
        ),
    )


_AT_ENCOUNTER: Final = ("patientId", "encounterId", "userId")
_ABOUT_PATIENT: Final = ("patientId", "encounterId?", "userId")

SERVICES: Final[tuple[HookService, ...]] = (
    _order("order-select", "1.0", (*_ABOUT_PATIENT, "draftOrders", "selections")),
    _order("order-sign", "1.0", (*_ABOUT_PATIENT, "draftOrders")),
    _order("order-dispatch", "1.1", ("patientId", "dispatchedOrders", "performer")),
    HookService(
        hook="encounter-start",
        hook_version="1.0",
        shared_id="work-rehab-visit",
        moment=Moment.VISIT_START,
        context=_AT_ENCOUNTER,
        title="Work rehabilitation: visit",
        description=(
            "At the start of a work conditioning or work hardening visit: authorization, program length, "
            "reassessment and plan of care, while there is still time to act."
        ),
    ),
    HookService(
        hook="encounter-discharge",
        hook_version="1.0",
        shared_id="work-rehab-visit",
        moment=Moment.VISIT_CLOSE,
        context=_AT_ENCOUNTER,
        title="Work rehabilitation: visit",
        description=(
            "At the end of a work conditioning or work hardening visit: proposes the charges with units and "
            "modifiers, and names what is missing in time records, documentation, authorization and coverage."
        ),
    ),
    HookService(
        hook="appointment-book",
        hook_version="1.0",
        shared_id="work-rehab-schedule",
        moment=Moment.BOOKING,
        context=(*_ABOUT_PATIENT, "appointments"),
        title="Work rehabilitation: schedule",
        description=(
            "Compares booked work conditioning and work hardening visits with authorization, program length, "
            "intensity and plan of care on the booked dates."
        ),
    ),
    HookService(
        hook="patient-view",
        hook_version="1.0",
        shared_id="work-rehab-program",
        moment=Moment.OVERVIEW,
        context=_ABOUT_PATIENT,
        title="Work rehabilitation: program",
        description=(
            "The state of a running work conditioning or work hardening program: authorization left, program "
            "length, reassessments and plan of care."
        ),
    ),
)


ASKED_FOR: Final = tuple(dict.fromkeys(name for service in SERVICES for name in service.prefetch))
"""The prefetch keys that services ask for."""
_BY_ID: Final[Mapping[str, Mapping[str, HookService]]] = {
    service_id: {service.hook: service for service in SERVICES if service_id in {service.id, service.shared_id}}
    for service_id in dict.fromkeys(name for service in SERVICES for name in (service.id, service.shared_id))
}
PERMITTED: Final[Mapping[str, frozenset[str]]] = {
    service_id: frozenset({service_id, *(service.id for service in by_hook.values())})
    for service_id, by_hook in _BY_ID.items()
}
"""The ids that a client may call who may call this one: a shared id permits those of its hooks too."""


def hooks_of(service_id: str) -> Mapping[str, HookService]:
    """The services that answer to an id, listed or shared, by hook; empty when there is no such id."""
    return _BY_ID.get(service_id, {})


def shared_id(service_id: str) -> str:
    """The id under which calls of this one are counted.

    Raises:
        KeyError: there is no such service.
    """
    return next(iter(_BY_ID[service_id].values())).shared_id


class ListedService(TypedDict):
    """A service as discovery lists it."""

    hook: str
    hookVersion: str
    version: str
    id: str
    title: str
    description: str
    prefetch: dict[str, str]
    usageRequirements: str


class Discovery(TypedDict):
    """The services that there are."""

    services: list[ListedService]


def discovery(services: Iterable[HookService] = SERVICES, *, shared: bool = False) -> Discovery:
    """The answer of ``GET /cds-services``: every service in the order of the table, nothing empty (CH-D).

    ``shared`` lists the shared ids instead of one a hook.
    """
    return {"services": [_entry(service, service.shared_id if shared else service.id) for service in services]}


def _entry(service: HookService, listed_id: str) -> ListedService:
    return {
        "hook": service.hook,
        "hookVersion": service.hook_version,
        "version": SPECIFICATION,
        "id": listed_id,
        "title": service.title,
        "description": service.description,
        "prefetch": service.templates,
        "usageRequirements": service.usage_requirements,
    }
