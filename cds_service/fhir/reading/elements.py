"""Parts of FHIR R4 resources as far as the rules need them, and what all resources have in common.

Resources are typed records decoded straight from the request's bytes. Elements that no rule reads are skipped by the
decoder. Dates stay text, because FHIR dates may be partial. All records are read-only and hold no cycles, so the
garbage collector need not follow them.
"""

import msgspec


class Record(msgspec.Struct, rename="camel", gc=False, frozen=True):
    """Base of all records: camelCase names, unknown elements ignored."""


class Coding(Record, frozen=True):
    """FHIR Coding."""

    system: str | None = None
    code: str | None = None
    display: str | None = None


class CodeableConcept(Record, frozen=True):
    """FHIR CodeableConcept."""

    coding: tuple[Coding, ...] = ()
    text: str | None = None


class BareCoding(Record, frozen=True):
    """A Coding of which only the code is read."""

    code: str | None = None


class Category(Record, frozen=True):
    """A CodeableConcept of which only codes and text are read."""

    coding: tuple[BareCoding, ...] = ()
    text: str | None = None


class Ref(Record, frozen=True):
    """FHIR Reference of which only the literal reference is read."""

    reference: str | None = None


class Identifier(Record, frozen=True):
    """FHIR Identifier."""

    system: str | None = None
    value: str | None = None


class TypedIdentifier(Identifier, frozen=True):
    """FHIR Identifier with what it is called."""

    type: CodeableConcept | None = None


class NamedRef(Record, frozen=True):
    """FHIR Reference with the name and identifier of its target."""

    reference: str | None = None
    display: str | None = None
    identifier: Identifier | None = None


class PrimitiveElement(Record, frozen=True):
    """What stands beside a primitive value, under the same name with an underscore."""

    extension: tuple["Extension", ...] = ()


class Period(Record, frozen=True):
    """FHIR Period, as written."""

    start: str | None = None
    end: str | None = None
    start_element: PrimitiveElement | None = msgspec.field(default=None, name="_start")
    end_element: PrimitiveElement | None = msgspec.field(default=None, name="_end")


class Quantity(Record, frozen=True):
    """FHIR Quantity."""

    value: float | None = None
    unit: str | None = None
    code: str | None = None


class QuantityRange(Record, frozen=True):
    """FHIR Range."""

    low: Quantity | None = None
    high: Quantity | None = None


class Ratio(Record, frozen=True):
    """FHIR Ratio."""

    numerator: Quantity | None = None
    denominator: Quantity | None = None


class SampledData(Record, frozen=True):
    """FHIR SampledData of which only the samples are read."""

    data: str | None = None


class Annotation(Record, frozen=True):
    """FHIR Annotation."""

    text: str | None = None


class Repeat(Record, frozen=True):
    """FHIR Timing.repeat."""

    bounds_period: Period | None = None
    bounds_duration: Quantity | None = None
    bounds_range: QuantityRange | None = None
    count: int | None = None
    duration: float | None = None
    duration_max: float | None = None
    duration_unit: str | None = None
    frequency: float | None = None
    period: float | None = None
    period_unit: str | None = None
    day_of_week: tuple[str, ...] = ()


class Timing(Record, frozen=True):
    """FHIR Timing."""

    event: tuple[str, ...] = ()
    repeat: Repeat | None = None


class Address(Record, frozen=True):
    """FHIR Address down to the state."""

    use: str | None = None
    state: str | None = None
    country: str | None = None


class Extension(Record, frozen=True):
    """FHIR Extension with the value types that prior authorization uses."""

    url: str | None = None
    extension: tuple["Extension", ...] = ()
    value_string: str | None = None
    value_code: str | None = None
    value_date: str | None = None
    value_date_time: str | None = None
    value_reference: Ref | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_coding: Coding | None = None
    value_quantity: Quantity | None = None
    value_period: Period | None = None


def _tag(name: str) -> str:
    """The FHIR resource type of ``CoverageResource`` is Coverage."""
    return name.removesuffix("Resource")


class Resource(Record, frozen=True, tag_field="resourceType", tag=_tag):
    """Base of all resources: each is named by its FHIR type with ``Resource`` behind; the tag is the type."""

    id: str | None = None


class DomainResource(Resource, frozen=True):
    """A resource whose contained resources are decoded only when something refers to them."""

    contained: tuple[msgspec.Raw, ...] = ()


def type_name(kind: type[Resource]) -> str:
    """The FHIR resource type of a record's class."""
    return str(kind.__struct_config__.tag)


def type_of(resource: Resource) -> str:
    """The FHIR resource type of a record."""
    return type_name(type(resource))
