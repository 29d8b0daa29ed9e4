"""What the times and people of a visit were read from, for whoever checks them."""

from collections.abc import Iterator

from cds_service.domain.case import Case
from cds_service.domain.findings import Amount, Evidence
from cds_service.domain.intervals import MINUTE
from cds_service.domain.visit import Visit


def time_evidence(case: Case, visit: Visit) -> tuple[Evidence, ...]:
    """The minutes and the recorded times they come from, in the time of the place."""
    found = [Evidence("time counted", Amount(visit.minutes, "minutes"))]
    if visit.from_encounter:
        spans = [(encounter.reference, encounter.period) for encounter in visit.encounters if encounter.length is None]
        what = "encounter"
        found.extend(
            Evidence("length of the encounter", Amount(encounter.length // MINUTE, "minutes"), encounter.reference)
            for encounter in visit.encounters
            if encounter.length is not None
        )
    else:
        spans = [(session.reference, session.period) for session in visit.timed]
        what = "treated"
    found.extend(Evidence(what, case.clock(period), reference) for reference, period in spans if period is not None)
    if visit.minutes_excluded:
        found.append(Evidence("billed separately", Amount(visit.minutes_excluded, "minutes")))
    return tuple(found)


def people_evidence(visit: Visit) -> Iterator[Evidence]:
    """What a reader has to know of the people: those that only the encounter names, those who only supervise."""
    for session in visit.sessions:
        for performer in session.performers:
            title = (
                performer.role.title
                if performer.role is not None
                else performer.profession or performer.disputed or "profession not known"
            )
            if performer.supervises:
                yield Evidence("supervising, not counted as treating", title, session.reference)
            elif session.performers_of_encounter:
                yield Evidence("treated by, as the encounter says", title, session.encounter)
