"""Calls that make no case: whether what was set aside is, or may be, what they are about."""

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cds_service.domain.chart import Chart, Fact, Gap
from cds_service.fhir.reading.prefetch import Prefetch
from cds_service.fhir.reading.references import normal
from cds_service.fhir.reading.set_aside import encounter_concerns_us, set_aside

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_TREATMENT: Final = "no treatment of this visit was sent, so it is not known whether it is work rehabilitation"
NOTHING_READABLE: Final = "neither a treatment nor a date of this visit can be read"


class Missing(NamedTuple):
    """Why nothing can be said of what a call is about.

    ``unread`` is what could not be read of a visit or booking that is ours: a card tells it.
    """

    gap: Gap
    unread: tuple[Gap, ...] = ()


def missing_of_visit(chart: Chart, prefetch: Prefetch, encounter: str | None, *, under_way: bool) -> Missing | None:
    """What is missing of a visit without one readable treatment.

    None for the visit of another specialty, unless a treatment that was set aside names it. ``under_way`` is whether
    the patient is in a program on that day.
    """
    visit_is_ours = encounter_concerns_us(_received(encounter, prefetch, chart.patient))
    of_visit = [
        one
        for one in set_aside(chart, prefetch)
        if one.encounter == encounter or (one.encounter is None and visit_is_ours is not False)
    ]
    unread = tuple(one.gap for one in of_visit if one.ours or (visit_is_ours and one.gap.reference))
    if visit_is_ours and not unread:
        unread = (Gap(Fact.SESSIONS, NOTHING_READABLE, encounter),)
    if unread:
        return Missing(unread[0], unread)
    if visit_is_ours is False:
        return None
    if of_visit:
        return Missing(of_visit[0].gap)
    return Missing(Gap(Fact.SESSIONS, NO_TREATMENT, encounter)) if under_way else None


def _received(encounter: str | None, prefetch: Prefetch, patient: str) -> "Mapping[str, Any] | None":
    """The encounter as it came, unless it names another patient."""
    given = prefetch.received({encounter}).get(encounter) if encounter is not None else None
    subject = given.get("subject") if given is not None else None
    named = subject.get("reference") if isinstance(subject, dict) else None
    theirs = isinstance(named, str) and named != "" and normal(named, prefetch.aliases) != patient
    return None if theirs else given


def missing_of_program(chart: Chart, prefetch: Prefetch) -> Missing | None:
    """What was set aside where no program is seen; what is plainly about work rehabilitation first."""
    found = sorted(set_aside(chart, prefetch), key=lambda one: one.ours is None)
    return Missing(found[0].gap) if found else None
