"""What is asked of a payer where no approval is on record, and how it wants to be asked (A-1)."""

from collections.abc import Iterable, Iterator

from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Fact, Unknown
from cds_service.domain.codes import Program
from cds_service.domain.findings import Evidence, Severity
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.policies.shapes import Request
from cds_service.rules.rule import Answer

WHICH_PROGRAM = Unknown(Fact.PROGRAM, "check whether this is conditioning or hardening")
ON_ANSWERS = (Fact.AUTHORIZATIONS,)
REQUESTED = frozenset(
    {
        "missing",
        "expired",
        "exhausted",
        "runs-out",
        "expires",
        "beyond-count",
        "count-near",
        "order-beyond-count",
        "consent",
    }
)
"""Findings after which a request is to be made; one under way or denied is another matter."""


def none_on_record(case: Case) -> tuple[Evidence, ...]:
    """That no approval is on record, or none that could be read."""
    return (Evidence("approval on record", "none that could be read" if case.chart.set_aside(*ON_ANSWERS) else "none"),)


def check_without_approval(case: Case, policy: PolicyView) -> Iterator[Answer]:
    """What is asked where no answer of the payer is on record: consent beyond an amount, pre-certification.

    Amounts charged so far are not known here, and whether the payer wants pre-certification neither: both are asked.
    """
    if case.moment is Moment.OVERVIEW:
        return
    subject = case.date_of_service.isoformat()
    consent = policy.get(params.CONSENT_OVER)
    if consent is not None:
        facts = {"amount": consent.value}
        yield Answer("consent", Severity.INFO, subject, facts, (consent,), none_on_record(case), absent=ON_ANSWERS)
    of_one_kind = policy.of_one_program(params.PRECERTIFICATION)
    wanted = next((value for value in (policy.get(params.PRECERTIFICATION), *of_one_kind) if value is not None), None)
    if wanted is not None and wanted.value:
        yield Answer(
            kind="precertification",
            severity=Severity.INFO,
            subject=subject,
            facts={"program": wanted.program or Program.UNKNOWN},
            values=(wanted,),
            evidence=none_on_record(case),
            absent=ON_ANSWERS,
            caveats=(WHICH_PROGRAM,) if wanted in of_one_kind else (),
        )


def how_to_request(case: Case, policy: PolicyView, answers: Iterable[Answer]) -> Iterator[Answer]:
    """How this payer wants to be asked, told on the card of what calls for a request."""
    request = policy.get(params.AUTHORIZATION_REQUEST)
    if request is None or not any(answer.kind in REQUESTED for answer in answers):
        return
    yield Answer(
        kind="request",
        severity=Severity.INFO,
        subject=case.date_of_service.isoformat(),
        facts=_facts(request.value),
        values=(request,),
        joins="authorization",
    )


def _facts(request: Request) -> dict[str, object]:
    return {
        "form": request.form or "",
        "answer_days": request.days or 0,
        "extension": request.extension is not None,
        "treatments": request.treatments or 0,
        "within_days": request.within_days or 0,
        "ahead_days": request.ahead_days or 0,
        "signed_by": request.signed_by or "",
        "attachment_days": request.attachment_days or 0,
    }
