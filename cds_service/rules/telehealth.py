"""Visits by telehealth: whether the payer pays work rehabilitation there."""

from collections.abc import Iterator
from typing import Final

from cds_service.domain.bill import Bill
from cds_service.domain.case import AT_VISITS, Case, Moment
from cds_service.domain.chart import Doubt, Fact
from cds_service.domain.codes import WORK_REHAB
from cds_service.domain.findings import Evidence, Hold, Severity, Topic
from cds_service.domain.telehealth_signs import contrary_place, telehealth_on_record
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.rules.rule import Answer, Result, Rule

NOT_PAID: Final = "check where the visit takes place: the record says telehealth, which this payer does not pay"
ASK: Final = "ask the payer whether it pays work rehabilitation by telehealth: the record says telehealth"
BILLING: Final = ("visit-charges", "first-unit", "program-code", "order-units")
"""Rules that propose 97545 and 97546."""


def check_telehealth(case: Case, _bill: Bill, policy: PolicyView) -> Iterator[Result]:
    """97545 and 97546 for a visit by telehealth, as far as the payer pays them there.

    A visit is by telehealth where its encounter has the class virtual (VR of v3-ActCode), its place of service is 02
    or 10, a line or treatment of the program carries modifier 93, 95, GT or FQ, or the type of visit or booking says
    so in words. No source on file speaks of these codes by telehealth, so the payer is asked by default, and no
    suggestion to bill them is recommended. Where the payer's own verified policy denies them, none is made.
    Words alone, and a place of service of another kind beside them, are asked about first.
    """
    position = policy.get(params.TELEHEALTH)
    signs = telehealth_on_record(case)
    unread = case.chart.unread(Fact.ENCOUNTER) if case.moment in AT_VISITS and not signs else None
    if unread is not None:
        yield unread
    if not signs or position is None or position.value == "allow":
        return
    place = contrary_place(case)
    sure = place is None and any(sign.coded for sign in signs)
    denied = position.value == "deny"
    withholds = denied and sure and position.confidence == "verified"
    doubt = Doubt(Fact.ENCOUNTER, NOT_PAID if denied else ASK, signs[0].reference)
    yield Answer(
        kind="denied" if withholds else "ask",
        severity=Severity.WARNING,
        subject=case.date_of_service.isoformat(),
        facts={
            "said": signs[0].said,
            "sure": sure,
            "denied": denied,
            "place": place or "",
            "ahead": case.moment in BEFORE_TREATMENT,
        },
        values=(position,),
        evidence=(
            *(Evidence("telehealth", sign.said, sign.reference) for sign in signs),
            *((Evidence("place of service", place),) if place is not None else ()),
        ),
        holds=tuple(Hold(rule, doubt, WORK_REHAB, withholds) for rule in BILLING),
    )


BEFORE_TREATMENT: Final = frozenset({Moment.ORDER, Moment.BOOKING, Moment.VISIT_START})

RULES = (
    Rule(
        id="telehealth",
        topic=Topic.COVERAGE,
        title="Visits by telehealth",
        moments=frozenset({Moment.ORDER, Moment.BOOKING, *AT_VISITS}),
        facts=(),
        parameters=(params.TELEHEALTH,),
        sources=("v3-ActCode VR", "CMS place of service 02 and 10"),
        check=check_telehealth,
        about=("visit", "orders", "dates"),
        holds=BILLING,
    ),
)
