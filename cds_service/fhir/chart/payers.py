"""Coverage: the class of payer and the names by which policies know the payer."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from cds_service.domain.codes import PayerClass
from cds_service.domain.coverage_and_claims import Coverage
from cds_service.fhir.chart import payer_classes
from cds_service.fhir.chart.patients_own import Own
from cds_service.fhir.chart.payer_classes import MAY_BE, Classes, Told, classes_together
from cds_service.fhir.chart.payer_states import state_of
from cds_service.fhir.reading.calendar import Calendar
from cds_service.fhir.reading.concept_words import texts
from cds_service.fhir.reading.elements import CodeableConcept, NamedRef, Period, Resource
from cds_service.fhir.reading.financial_resources import CoverageClass, CoverageResource
from cds_service.fhir.reading.person_resources import OrganizationResource
from cds_service.fhir.reading.references import References

_PERSONS: Final = ("Patient/", "RelatedPerson/")
_MEDICARE_NUMBERS: Final = ("sid/us-mbi", "sid/us-medicare", "sid/us-hicn", "bluebutton.cms.gov")
_TYPE: Final = "the coverage type"
_GROUPS: Final = frozenset({"group", "subgroup"})
# A group is mostly an employer, whose name may well hold "auto", "veterans" or "department of labor".
_TOLD_OF_GROUPS: Final = frozenset({PayerClass.MEDICARE, PayerClass.MEDICAID})
_STATUSES: Final = frozenset({"active", "cancelled", "draft", "entered-in-error"})
COVERAGE_WITHOUT_STATUS: Final = "the coverage does not say that it is active"
SUPPLEMENTS: Final = "the plan supplements Medicare, which pays before it"


def coverages_of(own: Own, references: References, calendar: Calendar) -> list[Coverage]:
    """The patient's active coverages that may pay therapy."""
    organizations = own.prefetch.of(OrganizationResource)
    return [
        coverage_of(record, reference, organizations, references, calendar)
        for reference, record in own.of(CoverageResource)
        if _is_active(own, record, reference) and pays_therapy(record) and own.has_readable_period(record, reference)
    ]


def _is_active(own: Own, coverage: CoverageResource, reference: str) -> bool:
    """Whether a coverage is active, or does not say that it is not."""
    status = (coverage.status or "active").strip().lower()
    if status not in _STATUSES:
        own.leave_out(CoverageResource, reference, "its status is none that FHIR knows")
    return status == "active"


def coverage_of(
    record: CoverageResource,
    reference: str,
    organizations: Mapping[str, OrganizationResource],
    references: References,
    calendar: Calendar,
) -> Coverage:
    """One coverage; ``payers`` are references, identifiers and names of its payors and of their organizations."""
    referred = tuple(dict.fromkeys(_references(record, references)))
    names = tuple(dict.fromkeys(_names(record, organizations, references)))
    written = _Written(record.type, names, record.classes, record.network, tuple(_systems(record)))
    kind, doubts = _class_of(written)
    if kind is PayerClass.UNKNOWN and record.payor and all(_is_person(payor, references) for payor in record.payor):
        kind = PayerClass.SELF_PAY
    if not record.status:
        doubts = (*doubts, COVERAGE_WITHOUT_STATUS)
    period = record.period or Period()
    return Coverage(
        reference=reference,
        payer_class=kind,
        payers=(*referred, *names),
        order=record.order,
        start=calendar.first_day(period.start),
        end=calendar.last_day(period.end),
        doubts=doubts,
        subscriber=record.subscriber_id or None,
        state=state_of(names) if kind is PayerClass.WORKERS_COMPENSATION else None,
    )


def pays_therapy(record: CoverageResource) -> bool:
    """Whether the coverage is more than one for teeth, eyes, drugs or life only, as far as its type tells."""
    codings = record.type.coding if record.type is not None else ()
    return not codings or not all(map(payer_classes.pays_no_therapy, codings))


class _Written(NamedTuple):
    """What a coverage says of its payer and plan; patients of one plan have it alike."""

    kind: CodeableConcept | None
    names: tuple[str, ...]
    plan: tuple[CoverageClass, ...]
    network: str | None
    systems: tuple[str, ...]


@lru_cache(maxsize=1024)
def _class_of(written: _Written) -> tuple[PayerClass, tuple[str, ...]]:
    """The class of payer that type, payor and plan tell together, and where they do not agree."""
    codings = written.kind.coding if written.kind is not None else ()
    of_type = texts(written.kind)
    code = classes_together(map(payer_classes.classes_of_coding, codings))
    words = {
        _TYPE: classes_together(
            map(payer_classes.classes_in_words, (*of_type, *[coding.code for coding in codings if coding.code]))
        ),
        "the payer's name": classes_together(map(payer_classes.classes_in_words, written.names)),
        "the plan": classes_together(_told_of_plan(written)),
    }
    kind, doubts = _decided(code, words)
    of_plan = [text for plan_class in written.plan for text in (plan_class.name, plan_class.value) if text]
    if any(map(payer_classes.supplements_medicare, (*of_type, *written.names, *of_plan))):
        doubts = (*doubts, SUPPLEMENTS)
    return kind, doubts


def _decided(code: Told, words: Mapping[str, Told]) -> tuple[PayerClass, tuple[str, ...]]:
    """The class that the most precise source names, narrowed by the others, and what contradicts it.

    The code of the coverage type decides before words that are as precise; where nothing is, words say more than a
    coarse code. Coarse words of payer and plan contradict nothing that is precise: insurers write many lines.
    """
    sources = [(_TYPE, code), *words.items()]
    named = [(source, reading.precise) for source, reading in sources if reading.precise]
    if not named:
        named = [(source, reading.coarse) for source, reading in (*sources[1:], *sources[:1]) if reading.coarse]
    if not named:
        return PayerClass.UNKNOWN, ()
    decider, candidates = named[0]
    for _, classes in named[1:]:
        candidates = candidates & classes or candidates
    kind = min(candidates, key=list(PayerClass).index)
    against = {source: classes for source, classes in named if kind not in classes}
    kind_of_plan = classes_together((code, words[_TYPE]))
    if not kind_of_plan.precise and not _may_be(kind_of_plan.coarse, kind):
        against[_TYPE] = kind_of_plan.coarse
    doubts = [f"{decider} says {_in_words(candidates)}"] if len(candidates) > 1 else []
    doubts.extend(
        f"{decider} says {kind.words}, {source} says {_in_words(classes)}" for source, classes in against.items()
    )
    doubts.extend(
        f"{decider} says {kind.words}, {source} says that it is not"
        for source, reading in sources
        if kind in reading.excluded
    )
    return kind, tuple(doubts)


def _may_be(coarse: Classes, kind: PayerClass) -> bool:
    """Whether a kind of plan, or one that is not told, may turn out to be this class."""
    return not coarse or any(kind is payer_class or kind in MAY_BE.get(payer_class, ()) for payer_class in coarse)


def _in_words(classes: Classes) -> str:
    return " or ".join(kind.words for kind in PayerClass if kind in classes)


def _told_of_plan(written: _Written) -> Iterator[Told]:
    """What names and numbers of the plan, its groups and its network tell."""
    for plan_class in written.plan:
        reading = classes_together(
            payer_classes.classes_in_words(text) for text in (plan_class.name, plan_class.value) if text
        )
        group = plan_class.type is not None and any(coding.code in _GROUPS for coding in plan_class.type.coding)
        yield Told(reading.precise & _TOLD_OF_GROUPS) if group else reading
    if written.network:
        yield payer_classes.classes_in_words(written.network)
    if any(part in system for system in written.systems for part in _MEDICARE_NUMBERS):
        yield Told(frozenset({PayerClass.MEDICARE}))


def _systems(record: CoverageResource) -> Iterator[str]:
    """Systems of the numbers of the coverage and of its payors."""
    identifiers = (*record.identifier, *[payor.identifier for payor in record.payor if payor.identifier is not None])
    return (identifier.system for identifier in identifiers if identifier.system)


def _is_person(payor: NamedRef, references: References) -> bool:
    return payor.reference is not None and references[payor.reference].startswith(_PERSONS)


def _references(record: CoverageResource, references: References) -> Iterator[str]:
    for payor in record.payor:
        if payor.reference is None or payor.reference.startswith("#") or _is_person(payor, references):
            continue
        yield references[payor.reference]
        yield payor.reference


def _names(
    record: CoverageResource, organizations: Mapping[str, OrganizationResource], references: References
) -> Iterator[str]:
    """Identifiers and names of the payors that are no persons, and of their organizations."""
    for payor in record.payor:
        if _is_person(payor, references):
            continue
        organization: Resource | None = None
        if payor.reference is not None and payor.reference.startswith("#"):
            organization = references.contained(record, payor.reference)
        elif payor.reference is not None:
            organization = organizations.get(references[payor.reference].removeprefix("Organization/"))
        if payor.identifier is not None and payor.identifier.value:
            yield payor.identifier.value
        if payor.display:
            yield payor.display
        if isinstance(organization, OrganizationResource):
            if organization.name:
                yield organization.name
            yield from organization.alias
            yield from (identifier.value for identifier in organization.identifier if identifier.value)
