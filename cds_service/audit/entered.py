"""When a resource was entered into the record, as FHIR R4 tells it; ``meta.lastUpdated`` is only the last edit.

A resource that does not say it counts as known from the day of what it tells. Coverage, Encounter, Procedure, Goal and
Patient have no element for it in R4.
"""

from collections.abc import Mapping
from datetime import date
from operator import attrgetter
from typing import Any, Final, NamedTuple

import msgspec

from cds_service.fhir.reading.calendar import Calendar
from cds_service.fhir.reading.resource_versions import VersionMeta

WHEN_ENTERED: Final[Mapping[str, str]] = {
    "CarePlan": "created",
    "ChargeItem": "enteredDate",
    "Claim": "created",
    "ClaimResponse": "created",
    "Condition": "recordedDate",
    "DiagnosticReport": "issued",
    "DocumentReference": "date",
    "ExplanationOfBenefit": "created",
    "Observation": "issued",
    "QuestionnaireResponse": "authored",
    "ServiceRequest": "authoredOn",
}
"""The element of FHIR R4 that says when a resource of a type was entered."""
_TELLS_OF: Final = (
    *("performedPeriod", "performedDateTime", "effectivePeriod", "effectiveDateTime", "effectiveInstant"),
    *("occurrencePeriod", "occurrenceDateTime", "preAuthPeriod", "billablePeriod", "onsetPeriod", "onsetDateTime"),
    *("period", "startDate"),
)
"""Elements with the day of what a resource tells, of which each type has one or a few."""


class _Begun(msgspec.Struct, gc=False, frozen=True):
    start: str | None = None


class _At(msgspec.Struct, gc=False, frozen=True):
    reference: str | None = None


class _Dates(msgspec.Struct, gc=False, frozen=True, rename="camel"):
    recorded: str | None = None
    recorded_date: str | None = None
    issued: str | None = None
    created: str | None = None
    authored_on: str | None = None
    authored: str | None = None
    entered_date: str | None = None
    date: str | None = None
    performed_period: _Begun | None = None
    performed_date_time: str | None = None
    effective_period: _Begun | None = None
    effective_date_time: str | None = None
    effective_instant: str | None = None
    occurrence_period: _Begun | None = None
    occurrence_date_time: str | None = None
    pre_auth_period: _Begun | None = None
    billable_period: _Begun | None = None
    onset_period: _Begun | None = None
    onset_date_time: str | None = None
    period: _Begun | None = None
    start_date: str | None = None
    encounter: _At | None = None
    meta: VersionMeta | None = None
    birth_date: str | None = None


class Entered(NamedTuple):
    """What a resource says of when it came on record, as written.

    ``entered`` is when that was, ``tells_of`` the day of what it tells, ``encounter`` the reference to the visit whose
    day stands in. ``expected`` is whether R4 has an element for it. ``version`` tells two versions apart, ``born``, the
    birth date, two patients.
    """

    expected: bool
    entered: str | None = None
    tells_of: str | None = None
    encounter: str | None = None
    version: VersionMeta = VersionMeta()
    born: str | None = None


_DATES: Final = msgspec.json.Decoder(_Dates)
_FIELDS: Final[Mapping[str, str]] = {field.encode_name: field.name for field in msgspec.structs.fields(_Dates)}
_NONE: Final = _Dates()
_told: Final = attrgetter(*(_FIELDS[name] for name in _TELLS_OF))


def entered_of(kind: str, raw: bytes) -> Entered:
    """What the JSON of a resource says of when it was entered; nothing where that cannot be read."""
    dates = _dates(raw)
    element = WHEN_ENTERED.get(kind)
    entered = dates.recorded or (getattr(dates, _FIELDS[element]) if element is not None else None)
    days = (value.start if isinstance(value, _Begun) else value for value in _told(dates) if value is not None)
    return Entered(
        element is not None,
        entered,
        next((day for day in days if day), None),
        dates.encounter.reference if dates.encounter is not None else None,
        dates.meta or VersionMeta(),
        dates.birth_date,
    )


def _dates(raw: bytes) -> _Dates:
    try:
        return _DATES.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        pass
    try:
        plain = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return _NONE
    return _Dates(
        **{_FIELDS[name]: _plain(name, plain[name]) for name in _FIELDS if isinstance(plain, dict) and name in plain}
    )


def _plain(name: str, value: Any) -> Any:  # noqa: ANN401 - whatever stood in the element
    """An element of a resource that is not quite R4, as far as it fits."""
    kind = next(field.type for field in msgspec.structs.fields(_Dates) if field.encode_name == name)
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return None


def day_entered(entered: Entered, calendar: Calendar) -> date | None:
    """The day since which a resource is on record, as it says itself; None where it does not."""
    return calendar.first_day(entered.entered)


def day_told_of(entered: Entered, calendar: Calendar) -> date | None:
    """The day of what a resource tells."""
    return calendar.first_day(entered.tells_of)
