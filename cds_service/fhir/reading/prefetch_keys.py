"""The prefetch keys, one row each: the query, what it is read as, the facts it tells, when it is asked and needed.

A new key is a new row here and a reader of its resource. Discovery, reading, fetching and the gaps of a chart follow
from this table. Templates use only root-level context tokens and the query subset (CH-P-03, CH-P-07), with search
parameters of FHIR R4, in the shape that servers of US Core must answer; status is filtered when it is read.
"""

from collections.abc import Mapping
from dataclasses import field
from enum import Enum, auto
from functools import cache
from typing import Final

from cds_service.domain.case import Moment
from cds_service.domain.chart import Fact
from cds_service.domain.frozen import dataclass
from cds_service.fhir.reading.clinical_resources import (
    CarePlanResource,
    ConditionResource,
    DiagnosticReportResource,
    DocumentReferenceResource,
    EncounterResource,
    GoalResource,
    ObservationResource,
    ProcedureResource,
    QuestionnaireResponseResource,
)
from cds_service.fhir.reading.elements import Resource, type_name
from cds_service.fhir.reading.financial_resources import (
    ChargeItemResource,
    ClaimResource,
    ClaimResponseResource,
    CoverageResource,
    ExplanationOfBenefitResource,
)
from cds_service.fhir.reading.person_resources import (
    LocationResource,
    OrganizationResource,
    PatientResource,
    PractitionerResource,
    PractitionerRoleResource,
)
from cds_service.fhir.reading.request_resources import ServiceRequestResource

A_PAGE: Final = 100
"""Results of a search on the first page: enough for a program, the newest first."""
ALWAYS: Final = frozenset(Moment)
VISIT_MOMENTS: Final = frozenset({Moment.VISIT_START, Moment.VISIT_CLOSE})
WITH_PROGRAM: Final = VISIT_MOMENTS | {Moment.OVERVIEW}
NOT_BOOKING: Final = ALWAYS - {Moment.BOOKING}


class Share(Enum):
    """How much of a fact a key tells."""

    WHOLE = auto()
    """Without the key the fact is not known."""
    ENOUGH = auto()
    """The key tells it, and so does any other key with this share."""
    PART = auto()
    """The key tells a part, beside what others tell."""
    SIGN = auto()
    """The key may show it; while nothing does, each lacking key leaves it open."""


@dataclass(frozen=True, slots=True)
class OtherSource:
    """Another type of resource that tells the facts of a key, asked where a server refuses the key's own query.

    ``whole`` is whether finding some of it means that all is there; ``read`` whether it tells the fact at all, rather
    than only naming a document whose content nobody reads.
    """

    resource_type: str
    whole: bool = False
    read: bool = True

    def query(self, patient: str) -> str:
        """The search for a patient, whose id is written as in a query."""
        return f"{self.resource_type}?patient={patient}"


@dataclass(frozen=True, slots=True)
class SecondChoice:
    """Searches that together stand in for a refused one; ``part`` says what they show when that is not all."""

    queries: tuple[str, ...]
    part: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefetchKey:
    """A prefetch key.

    ``resource`` is the type it asks for: one resource of the context whose id is ``read_by``, or with None a search
    by patient with ``filters``, the newest first by ``newest_by``. ``also`` are types that tell the same as the own
    one, ``beside`` others that are read where they come under the key: requests, orders, documents.

    ``tells`` has the facts with the share of each, the fact by which the key's gaps are named first. ``asked_at`` are
    the moments at which it is asked for, ``needed_at`` those at which nothing can be said without it or another such
    key (CH-P-12; orders need none, CH-P-13).

    Where a server refuses the search, it is asked again without sort and filters; or with the values of the filter
    ``one_by_one`` one at a time; or with the single filter ``narrowed``, which shows a part only. A wider search loses
    nothing, since all is filtered again when it is read. Then ``other_sources`` are asked.
    """

    name: str
    resource: type[Resource]
    tells: Mapping[Fact, Share]
    asked_at: frozenset[Moment] = ALWAYS
    needed_at: frozenset[Moment] = frozenset()
    read_by: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    newest_by: str | None = None
    also: frozenset[type[Resource]] = frozenset()
    beside: frozenset[type[Resource]] = frozenset()
    one_by_one: str | None = None
    narrowed: tuple[str, str] | None = None
    other_sources: tuple[OtherSource, ...] = ()

    @property
    def resource_type(self) -> str:
        """The name of the type it asks for."""
        return type_name(self.resource)

    @property
    def fact(self) -> Fact:
        """The fact it tells first of all, by which its gaps are named."""
        return next(iter(self.tells))

    @property
    def is_search(self) -> bool:
        """Whether it is a search, not a read."""
        return self.read_by is None

    @property
    def template(self) -> str:
        """The query with the tokens of the context."""
        if self.read_by is not None:
            return f"{self.resource_type}/{{{{context.{self.read_by}}}}}"
        parts = ["patient={{context.patientId}}", *(f"{name}={value}" for name, value in self.filters.items())]
        if self.newest_by is not None:
            parts += [f"_sort=-{self.newest_by}", f"_count={A_PAGE}"]
        return f"{self.resource_type}?{'&'.join(parts)}"

    def query(self, ids: Mapping[str, str | None]) -> str | None:
        """The template filled with ids of the context, written as in a query; None where the context lacks it."""
        name = self.read_by or "patientId"
        value = ids.get(name)
        return self.template.replace(f"{{{{context.{name}}}}}", value) if value is not None else None

    def second_choice(self, patient: str) -> SecondChoice | None:
        """The searches to try once where its own is refused; None when there is nothing else to ask.

        US Core obliges a server to answer few searches: by patient alone for most types, with one category for care
        plans and observations.
        """
        search = f"{self.resource_type}?patient={patient}"
        if self.one_by_one is not None:
            values = self.filters[self.one_by_one].split(",")
            return SecondChoice(tuple(f"{search}&{self.one_by_one}={value}" for value in values))
        if self.narrowed is not None:
            narrowing, part = self.narrowed
            return SecondChoice((f"{search}&{narrowing}",), part)
        return SecondChoice((search,)) if self.filters or self.newest_by is not None else None


CATEGORY_OF_PLANS: Final = "assess-plan"
"""The category that every care plan of US Core has."""
_DOCUMENTS: Final = OtherSource("DocumentReference", read=False)

_ROWS: Final = (
    PrefetchKey(
        name="encounter",
        resource=EncounterResource,
        tells={Fact.ENCOUNTER: Share.ENOUGH, Fact.INJURY: Share.SIGN},
        asked_at=VISIT_MOMENTS,
        read_by="encounterId",
    ),
    PrefetchKey(
        name="patient",
        resource=PatientResource,
        tells={Fact.PATIENT: Share.WHOLE},
        read_by="patientId",
    ),
    PrefetchKey(
        name="coverage",
        resource=CoverageResource,
        tells={Fact.COVERAGE: Share.WHOLE, Fact.INJURY: Share.SIGN},
    ),
    PrefetchKey(
        name="carePlans",
        resource=CarePlanResource,
        tells={
            Fact.PLAN_OF_CARE: Share.WHOLE,
            Fact.DISCIPLINE: Share.ENOUGH,
            Fact.PROGRAM: Share.ENOUGH,
            Fact.INJURY: Share.SIGN,
        },
        needed_at=frozenset({Moment.VISIT_START, Moment.OVERVIEW}),
        beside=frozenset({ServiceRequestResource, DocumentReferenceResource}),
        narrowed=(
            f"category={CATEGORY_OF_PLANS}",
            f"only care plans of the category {CATEGORY_OF_PLANS} could be asked for",
        ),
        other_sources=(_DOCUMENTS,),
    ),
    PrefetchKey(
        name="encounters",
        resource=EncounterResource,
        tells={Fact.ENCOUNTER: Share.ENOUGH, Fact.INJURY: Share.SIGN},
        newest_by="date",
    ),
    PrefetchKey(
        name="procedures",
        resource=ProcedureResource,
        tells={
            Fact.SESSIONS: Share.WHOLE,
            Fact.SESSION_TIME: Share.WHOLE,
            Fact.PERFORMERS: Share.WHOLE,
            Fact.EVALUATIONS: Share.WHOLE,
            Fact.ASSESSMENTS: Share.PART,
            Fact.DISCIPLINE: Share.ENOUGH,
            Fact.PROGRAM: Share.ENOUGH,
        },
        needed_at=WITH_PROGRAM,
        newest_by="date",
    ),
    PrefetchKey(
        name="conditions",
        resource=ConditionResource,
        tells={Fact.INJURY: Share.SIGN},
    ),
    PrefetchKey(
        name="authorizations",
        resource=ClaimResponseResource,
        tells={Fact.AUTHORIZATIONS: Share.WHOLE},
        filters={"use": "preauthorization"},
        newest_by="created",
        beside=frozenset(
            {ClaimResource, ServiceRequestResource, DocumentReferenceResource, ExplanationOfBenefitResource}
        ),
        other_sources=(_DOCUMENTS,),
    ),
    PrefetchKey(
        name="orders",
        resource=ServiceRequestResource,
        tells={Fact.ORDERS: Share.PART, Fact.PROGRAM: Share.ENOUGH},
        newest_by="authored",
    ),
    PrefetchKey(  # Claim.accident also tells where and how the injury happened
        name="charges",
        resource=ClaimResource,
        tells={Fact.CHARGES: Share.WHOLE, Fact.INJURY: Share.SIGN},
        filters={"use": "claim"},
        newest_by="created",
        also=frozenset({ExplanationOfBenefitResource, ChargeItemResource}),
        other_sources=(OtherSource("ChargeItem", whole=True), OtherSource("ExplanationOfBenefit")),
    ),
    PrefetchKey(
        name="observations",
        resource=ObservationResource,
        tells={Fact.ASSESSMENTS: Share.WHOLE},
        beside=frozenset({DiagnosticReportResource, DocumentReferenceResource}),
        asked_at=NOT_BOOKING,
        filters={"category": "survey,exam,functional-status,activity,therapy,procedure"},
        newest_by="date",
        one_by_one="category",
    ),
    PrefetchKey(
        name="questionnaireResponses",
        resource=QuestionnaireResponseResource,
        tells={Fact.ASSESSMENTS: Share.PART},
        asked_at=NOT_BOOKING,
        newest_by="authored",
    ),
    PrefetchKey(
        name="goals",
        resource=GoalResource,
        tells={Fact.GOALS: Share.WHOLE},
        asked_at=WITH_PROGRAM,
    ),
)
PREFETCH_KEYS: Final[Mapping[str, PrefetchKey]] = {key.name: key for key in _ROWS}
INJURY_SOURCES: Final = ("coverage", "conditions", "carePlans", "encounters", "encounter", "charges")
"""Keys that may show a work-related injury, the likeliest first."""

SUPPORTING: Final[frozenset[type[Resource]]] = frozenset(
    {
        PractitionerRoleResource,
        PractitionerResource,
        OrganizationResource,
        LocationResource,
    }
)
"""Types that are read wherever they come: what resources refer to."""
FACT_OF_TYPE: Final[Mapping[str, Fact]] = {
    **{key.resource_type: key.fact for key in _ROWS},
    **{type_name(kind): key.fact for key in _ROWS for kind in key.also},
    "DocumentReference": Fact.DOCUMENTS,
    "DiagnosticReport": Fact.ASSESSMENTS,
    "Appointment": Fact.APPOINTMENTS,
    "PractitionerRole": Fact.PERFORMERS,
    "Practitioner": Fact.PERFORMERS,
    "Organization": Fact.COVERAGE,
    "Location": Fact.ENCOUNTER,
}
"""The fact that a resource tells first of all, by which gaps about it are named."""


@cache
def asked_at(moment: Moment) -> tuple[str, ...]:
    """The keys that are asked for at a moment."""
    return tuple(key.name for key in _ROWS if moment in key.asked_at)


@cache
def not_asked_at(moment: Moment) -> frozenset[Fact]:
    """The facts that are not known at a moment because the keys that tell them whole are not asked for."""
    return frozenset(
        fact
        for key in _ROWS
        for fact, share in key.tells.items()
        if share is Share.WHOLE and moment not in key.asked_at
    )


@cache
def needed_at(moment: Moment) -> tuple[str, ...]:
    """The keys of which one at least is needed at a moment, the most telling first."""
    needed = [key for key in _ROWS if moment in key.needed_at]
    return tuple(key.name for key in sorted(needed, key=lambda key: -len(key.tells)))


def sources_of(fact: Fact, *shares: Share) -> tuple[str, ...]:
    """The keys that tell a fact with one of these shares, first those that are about it before all."""
    found = [key for key in _ROWS if key.tells.get(fact) in shares]
    return tuple(key.name for key in sorted(found, key=lambda key: key.fact is not fact))


def fact_of(key: str) -> Fact:
    """The fact that a prefetch key tells first of all."""
    known = PREFETCH_KEYS.get(key)
    return known.fact if known is not None else Fact.PATIENT
