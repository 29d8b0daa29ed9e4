"""A visit or a booking of which nothing could be read."""

from collections.abc import Iterator
from typing import Final

from cds_service.domain.bill import Bill
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Fact
from cds_service.domain.findings import Evidence, Severity, Topic
from cds_service.policies.model import PolicyView
from cds_service.rules.rule import Answer, Result, Rule

NAMES: Final = {
    Fact.SESSIONS: "treatment",
    Fact.ENCOUNTER: "visit",
    Fact.PLAN_OF_CARE: "plan of care",
    Fact.APPOINTMENTS: "appointment",
}


def check_unread_visit(case: Case, _bill: Bill, policy: PolicyView) -> Iterator[Result]:
    """A visit or booking of work rehabilitation of which nothing could be read is named: silence would say all is well.

    A treatment without a status, a patient or a date that FHIR R4 knows is set aside, since what it says may be wrong.
    Where nothing else tells of the visit, no charges are proposed and nothing about it is checked.
    """
    del policy
    if not case.unread:
        return
    yield Answer(
        kind="booking" if case.moment is Moment.BOOKING else "visit",
        severity=Severity.WARNING,
        subject=case.encounter or case.date_of_service.isoformat(),
        facts={
            "records": len(case.unread),
            "closing": case.moment is Moment.VISIT_CLOSE,
        },
        evidence=tuple(Evidence(NAMES.get(gap.fact, "record"), gap.why, gap.reference) for gap in case.unread),
    )


UNREAD: Final = Rule(
    id="unread-visit",
    topic=Topic.DOCUMENTATION,
    title="Visits that could not be read",
    moments=frozenset({Moment.VISIT_START, Moment.VISIT_CLOSE, Moment.BOOKING}),
    facts=(),
    parameters=(),
    sources=("D-3",),
    check=check_unread_visit,
)
RULES = (UNREAD,)
