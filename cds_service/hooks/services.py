"""The services, one for each hook: the table behind discovery and behind every call.

Discovery lists one id a hook, because clients keep services by URL; hooks of one moment in the workflow share a second
id, which answers for all of them and under which they are counted. A client that replaces stale cards by id can have
the shared ids listed: a later call then replaces the cards of an earlier one (CH-D-10).
Prefetch templates use only root-level context tokens and the query subset (CH-P-03, CH-P-07), with search parameters
of FHIR R4, and the same key means the same query in every service.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from cds_service.domain.case import Moment
from cds_service.domain.frozen import dataclass

SPECIFICATION: Final = "2.0.1"

TEMPLATES: Final[Mapping[str, str]] = {
    "patient": "Patient/{{context.patientId}}",
    "encounter": "Encounter/{{context.encounterId}}",
    "coverage": "Coverage?patient={{context.patientId}}",
    "carePlans": "CarePlan?patient={{context.patientId}}",
    "encounters": "Encounter?patient={{context.patientId}}&_sort=-date&_count=100",
    "procedures": "Procedure?patient={{context.patientId}}&_sort=-date&_count=100",
    "conditions": "Condition?patient={{context.patientId}}",
    "goals": "Goal?patient={{context.patientId}}",
    "observations": (
        "Observation?patient={{context.patientId}}"
        "&category=survey,exam,functional-status,activity,therapy,procedure&_sort=-date&_count=100"
    ),
    "questionnaireResponses": "QuestionnaireResponse?patient={{context.patientId}}&_sort=-authored&_count=100",
    "authorizations": "ClaimResponse?patient={{context.patientId}}&use=preauthorization&_sort=-created&_count=100",
    "orders": "ServiceRequest?patient={{context.patientId}}&_sort=-authored&_count=100",
    "charges": "Claim?patient={{context.patientId}}&use=claim&_sort=-created&_count=100",
}
"""Every prefetch key with its query: the newest first, and enough of them for a program on the first page.

Whatever of it a server refuses, ``second_choices`` asks again without; status is filtered when it is read.
``charges`` also tell where and how the injury happened (Claim.accident)."""

_EVERYWHERE: Final = (
    "patient",
    "coverage",
    "carePlans",
    "encounters",
    "procedures",
    "conditions",
    "authorizations",
    "orders",
    "charges",
)
_ASSESSMENTS: Final = ("observations", "questionnaireResponses")

_USAGE: Final = (
    "FHIR R4. Missing prefetch narrows the answer and is named in it. Codes, units and modifiers follow the payer "
    "policies installed at this site; the answer is guidance for billing, not legal advice."
)


@dataclass(frozen=True, slots=True)
class Service:
    """A service on one hook: ``id`` is its own, ``shared_id`` that of all hooks of the same moment.

    ``hook_version`` is the version of the published hook, ``prefetch`` the keys of ``TEMPLATES`` it asks for,
    ``moment`` the point in the workflow that its rules belong to.
    """

    shared_id: str
    hook: str
    hook_version: str
    title: str
    description: str
    prefetch: tuple[str, ...]
    moment: Moment
    usage_requirements: str = _USAGE

    @property
    def id(self) -> str:
        """The id that no other hook has."""
        return f"work-rehab-{self.hook}"

    @property
    def templates(self) -> dict[str, str]:
        """Prefetch key to template."""
        return {key: TEMPLATES[key] for key in self.prefetch}


def _order(hook: str, hook_version: str) -> Service:
    return Service(
        shared_id="work-rehab-order",
        hook=hook,
        hook_version=hook_version,
        title="Work rehabilitation: order",
        description=(
            "Checks orders for work conditioning and work hardening: the right code and units, the discipline "
            "modifier, and whether coverage, authorization, evaluation or the plan of care stand in the way."
        ),
        prefetch=(*_EVERYWHERE, *_ASSESSMENTS),
        moment=Moment.ORDER,
    )


SERVICES: Final[tuple[Service, ...]] = (
    _order("order-select", "1.0"),
    _order("order-sign", "1.0"),
    _order("order-dispatch", "1.1"),
    Service(
        shared_id="work-rehab-visit",
        hook="encounter-start",
        hook_version="1.0",
        title="Work rehabilitation: visit",
        description=(
            "At the start of a work conditioning or work hardening visit: authorization, program length, "
            "reassessment and plan of care, while there is still time to act."
        ),
        prefetch=("encounter", *_EVERYWHERE, *_ASSESSMENTS, "goals"),
        moment=Moment.VISIT_START,
    ),
    Service(
        shared_id="work-rehab-visit",
        hook="encounter-discharge",
        hook_version="1.0",
        title="Work rehabilitation: visit",
        description=(
            "At the end of a work conditioning or work hardening visit: proposes the charges with units and "
            "modifiers, and names what is missing in time records, documentation, authorization and coverage."
        ),
        prefetch=("encounter", *_EVERYWHERE, *_ASSESSMENTS, "goals"),
        moment=Moment.VISIT_CLOSE,
    ),
    Service(
        shared_id="work-rehab-schedule",
        hook="appointment-book",
        hook_version="1.0",
        title="Work rehabilitation: schedule",
        description=(
            "Compares booked work conditioning and work hardening visits with authorization, program length, "
            "intensity and plan of care on the booked dates."
        ),
        prefetch=_EVERYWHERE,
        moment=Moment.BOOKING,
    ),
    Service(
        shared_id="work-rehab-program",
        hook="patient-view",
        hook_version="1.0",
        title="Work rehabilitation: program",
        description=(
            "The state of a running work conditioning or work hardening program: authorization left, program "
            "length, reassessments and plan of care."
        ),
        prefetch=(*_EVERYWHERE, *_ASSESSMENTS, "goals"),
        moment=Moment.OVERVIEW,
    ),
)


_BY_ID: Final[Mapping[str, Mapping[str, Service]]] = {
    service_id: {one.hook: one for one in SERVICES if service_id in {one.id, one.shared_id}}
    for service in SERVICES
    for service_id in (service.id, service.shared_id)
}
PERMITTED: Final[Mapping[str, frozenset[str]]] = {
    service_id: frozenset({service_id, *(one.id for one in by_hook.values())}) for service_id, by_hook in _BY_ID.items()
}
"""The ids that a client may call who may call this one: a shared id permits those of its hooks too."""


def hooks_of(service_id: str) -> Mapping[str, Service]:
    """The services that answer to an id, listed or shared, by hook; empty when there is no such id."""
    return _BY_ID.get(service_id, {})


def shared_id(service_id: str) -> str:
    """The id under which calls of this one are counted.

    Raises:
        KeyError: there is no such service.
    """
    return next(iter(_BY_ID[service_id].values())).shared_id


def discovery(services: Iterable[Service] = SERVICES, *, shared: bool = False) -> dict[str, Any]:
    """The answer of ``GET /cds-services``: every service in the order of the table, nothing empty (CH-D).

    ``shared`` lists the shared ids instead of one a hook.
    """
    return {"services": [_entry(one, one.shared_id if shared else one.id) for one in services]}


def _entry(service: Service, listed_id: str) -> dict[str, Any]:
    entry = {
        "hook": service.hook,
        "hookVersion": service.hook_version,
        "version": SPECIFICATION,
        "id": listed_id,
        "title": service.title,
        "description": service.description,
        "prefetch": service.templates,
        "usageRequirements": service.usage_requirements,
    }
    return {name: value for name, value in entry.items() if value}
