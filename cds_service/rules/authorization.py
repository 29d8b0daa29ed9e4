"""The payer's approval: there where it is wanted, in date and large enough."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain
from typing import Final, NamedTuple

from cds_service.domain.authorizations import REFUSED
from cds_service.domain.bill import Bill
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Caveat, Doubt, Fact, Unknown
from cds_service.domain.codes import FIRST_BLOCK
from cds_service.domain.coverage_and_claims import Authorization, AuthorizationState
from cds_service.domain.findings import Evidence, FactValue, Severity, Topic
from cds_service.domain.payment import payer_caveats
from cds_service.domain.units import units
from cds_service.domain.values import values
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.policies.time_rule import time_thresholds
from cds_service.rules.answers import (
    asked_dates,
    asserted,
    is_required,
    newest_answer,
    not_covered,
    payer_wants_none,
    unnamed_approvals,
)
from cds_service.rules.approvals import approval_evidence, check_amounts, check_end, not_counted
from cds_service.rules.request_drafts import with_draft
from cds_service.rules.requests import (
    ON_ANSWERS,
    REQUESTED,
    check_without_approval,
    how_to_request,
    none_on_record,
)
from cds_service.rules.rule import Answer, Result, Rule
from cds_service.rules.therapy_visits import allowed_without_approval, ask_count, check_count, check_visits_a_day

_ASKED: Final = {
    AuthorizationState.PENDING: "pending-unnamed",
    AuthorizationState.DENIED: "denied-unnamed",
    AuthorizationState.WITHDRAWN: "denied-unnamed",
}

EVERYWHERE = frozenset(Moment)
AHEAD = frozenset({Moment.ORDER, Moment.BOOKING})


def card_on_duration(case: Case, policy: PolicyView) -> str:
    """The rule on whose card the weeks stand: authorization where approval is required or an answer is on file."""
    wanted = is_required(case, policy) or allowed_without_approval(policy) is not None
    return "authorization" if case.answers_of_episode or wanted else "program-duration"


def check_authorization(case: Case, _bill: Bill, policy: PolicyView) -> Iterator[Result]:
    """Where the payer requires approval first, it has to be on record, in date and large enough (A-1).

    Required by policy, or by the payer's own answer on the order. Some payers want it only beyond a number of visits
    or days of therapy, whichever comes first (R-4), for a second visit on one date, or for treatment outside their
    guidelines. An approval that exists is watched even where none is required: the payer who gave one will hold the
    clinic to it. Used amounts count what was treated, not what was planned; the projection goes by the pace of the
    last two weeks. Of several booked dates the first one without approval is told, and those that are covered are
    counted against the approval.

    The newest answer decides for its number, its codes and its time. Answers for another service are none. An approval
    that names no service counts, and that is said; a denial or a pending request that names none is asked about.

    Where a request is to be made, its draft is proposed; it is recommended where all that it rests on is on record.
    """
    yield from with_draft(case, _results(case, policy), REQUESTED, policy)


def _results(case: Case, policy: PolicyView) -> Iterator[Result]:
    """All that is found, without a draft of the request that some of it calls for."""
    days = asked_dates(case)
    yield from payer_caveats(case)
    yield from (
        Unknown(Fact.COVERAGE, "a payer's answer is for a coverage that is not on record", assertion.reference)
        for assertion in case.unplaced_assertions
    )
    on_file = case.answers_of_episode
    approved = [approval for approval in on_file if approval.state is AuthorizationState.APPROVED and not approval.weak]
    uncovered = [day for day in days if not any(approval.covers(day) for approval in approved)]
    results: list[Result] = list(_not_in_force(case, policy, uncovered, on_file, approved)) if uncovered else []
    yield from results
    results = [result for result in results if isinstance(result, Answer)]
    covered = tuple(day for day in days if day not in uncovered)
    more = chain(
        check_visits_a_day(case, policy, uncovered),
        _spoken_against(case, policy, covered, on_file),
        check_amounts(case, policy, days),
        _ending(case, policy, days),
        unnamed_approvals(case, covered),
    )
    for result in more:
        yield replace(result, joins="authorization") if results and isinstance(result, Answer) else result
        results += [result] if isinstance(result, Answer) else []
    yield from how_to_request(case, policy, [result for result in results if isinstance(result, Answer)])


def _ending(case: Case, policy: PolicyView, days: tuple[date, ...]) -> Iterator[Answer]:
    watched = case.authorization_on(days[-1])
    if watched is not None:
        yield from check_end(policy, watched, days[-1])


def _spoken_against(
    case: Case, policy: PolicyView, covered: tuple[date, ...], on_file: tuple[Authorization, ...]
) -> Iterator[Result]:
    """Refusals beside an approval that is in force: of one code of it, later than it, or of a service not named."""
    if not covered:
        return
    day = covered[0]
    approvals = case.approvals_on(day)
    named = {code for approval in approvals for code in approval.codes}
    latest = max((approval.created for approval in approvals if approval.created is not None), default=date.min)
    for answer in on_file:
        if not _speaks_of(answer, day):
            continue
        if (
            answer.state in REFUSED
            and answer.codes
            and named.isdisjoint(answer.codes)
            and _is_billed(case, policy, answer.codes)
        ):
            facts = {"day": day, "booked": False, "given": case.moment is Moment.VISIT_CLOSE, "codes": answer.codes}
            yield Answer(
                answer.state.value, Severity.WARNING, f"{answer.reference} {' '.join(answer.codes)}", facts,
                values(policy.get(params.AUTHORIZATION_REQUIRED)), tuple(map(approval_evidence, (answer, *approvals))),
            )  # fmt: skip
        elif answer.state in REFUSED and not answer.codes and (answer.created or date.max) >= latest:
            number = next((approval.number for approval in approvals if approval.number), "")
            yield Answer(
                "later-refusal", Severity.INFO, answer.reference, {"number": number, "named": answer.names_service},
                (), tuple(map(approval_evidence, (answer, *approvals))),
            )  # fmt: skip
        elif answer.state is AuthorizationState.PENDING and not answer.names_service:
            yield Unknown(Fact.AUTHORIZATIONS, "a pending request names no service", answer.reference)


def _speaks_of(approval: Authorization, day: date) -> bool:
    return (approval.start is None or approval.start <= day) and (approval.end is None or day <= approval.end)


def _is_billed(case: Case, policy: PolicyView, codes: Iterable[str]) -> bool:
    """Whether the visit may be billed with one of the codes; one without time or to come may."""
    thresholds = time_thresholds(policy)
    if FIRST_BLOCK in codes or case.visit is None or not case.visit.minutes or thresholds is None:
        return True
    return units(case.visit.minutes, thresholds.rule).further > 0


DOUBTS: Final = {
    "missing": "this payer requires approval first, and none is on record",
    "pending": "approval is not decided yet",
    "pending-unnamed": "no approval is on record, only a pending request that names no service",
    "denied": "the payer denied approval",
    "denied-unnamed": "no approval is on record, only a denial that names no service",
    "withdrawn": "the payer withdrew its approval",
    "expired": "the approval has ended",
    "not-started": "the approval has not begun",
    "weak": "of the approval only a number is known, without dates",
    "unclear": "the payer's answer does not say whether it approves",
    "exhausted": "the approved amount is used up",
    "unit-question": "the approved amount may be used up",
    "beyond-count": "the visit is beyond those allowed without approval",
    "second-visit": "more visits on the date than allowed without approval",
    "later-refusal": "a later denial is on record beside the approval",
}


_NONE: Final = ("none is on record", "none that could be read is on record")
_OPEN: Final = frozenset({"denied-unnamed", "later-refusal", "unit-question", "weak"})
"""Open also where no approval is wanted: what the payer refused, or how much it approved, may be this visit."""


def _in_words(kind: str, case: Case) -> str:
    words = DOUBTS[kind]
    return words.replace(*_NONE) if case.chart.set_aside(Fact.AUTHORIZATIONS) else words


def approval_doubts(case: Case, policy: PolicyView) -> tuple[Caveat, ...]:
    """Why the payer may not pay the visit for want of approval: known to be missing, refused, ended or used up.

    A payer's word that the service is not covered is one as well, and so are answers that nobody could deliver.
    """
    unread = case.chart.unread(Fact.AUTHORIZATIONS, "check whether the visit is approved: ")
    if unread is not None:
        required = policy.get(params.AUTHORIZATION_REQUIRED)
        return () if required is not None and required.value == "never" else (unread,)
    if Fact.COVERAGE in case.chart.unavailable:
        return ()
    found: list[Caveat] = [
        Doubt(Fact.AUTHORIZATIONS, _in_words(result.kind, case))
        for result in _results(case, policy)
        if isinstance(result, Answer)
        and result.kind in DOUBTS
        and (result.severity is Severity.WARNING or result.kind in _OPEN)
    ]
    found.extend(gap for gap in case.chart.gaps if gap.fact is Fact.AUTHORIZATIONS)
    unknown = not_counted(case.approvals_on(case.date_of_service))
    if unknown is not None:
        found.append(Unknown(Fact.AUTHORIZATIONS, f"what the approved {unknown.quantity:g} {unknown.unit} count"))
    found.extend(
        Doubt(Fact.COVERAGE, "the payer says that this is not covered", assertion.reference)
        for assertion in not_covered(case)
    )
    return tuple(dict.fromkeys(found))


def _not_in_force(
    case: Case, policy: PolicyView, days: list[date], on_file: tuple[Authorization, ...], approved: list[Authorization]
) -> Iterator[Result]:
    """What is wrong on days without an approval in force; an answer that is on file is told before anything else."""
    day = days[0]
    counted = list(check_count(case, policy, days)) if not payer_wants_none(case) else []
    beyond = any(isinstance(result, Answer) and result.kind == "beyond-count" for result in counted)
    required = is_required(case, policy) or beyond
    found = _on_file(day, on_file, approved, required=required)
    if found is None and not is_required(case, policy):
        yield from counted
        yield from _guidelines(case, policy)
        answered = any(isinstance(result, Answer) for result in counted)
        yield from _on_one_card(_asked(case, policy, days, on_file), answered=answered)
        return
    if found is not None and found.kind == "not-started" and allowed_without_approval(policy) and not beyond:
        return
    exempt, may_be_exempt = policy.get(params.AUTHORIZATION_EXEMPT_IF), policy.questions(params.AUTHORIZATION_EXEMPT_IF)
    missing = found is None
    found = found or _Found("missing", Severity.WARNING, {"exempt": bool(exempt or may_be_exempt)})
    yield Answer(
        kind=found.kind,
        severity=found.severity,
        subject=case.date_of_service.isoformat(),
        facts={
            **found.facts,
            "day": day,
            "booked": case.moment is Moment.BOOKING,
            "given": case.moment is Moment.VISIT_CLOSE,
        },
        values=values(policy.get(params.AUTHORIZATION_REQUIRED), exempt if missing else None),
        evidence=(
            Evidence("date asked about", day),
            *(approval_evidence(answer) for answer in on_file),
            *(
                Evidence("payer's answer on the order", assertion.approval or "", assertion.reference)
                for assertion in asserted(case)
            ),
        ),
        questions=may_be_exempt if missing else (),
        absent=(Fact.AUTHORIZATIONS,),
    )


class _Found(NamedTuple):
    """What the payer's answers on file come to on a day without an approval in force."""

    kind: str
    severity: Severity
    facts: dict[str, FactValue]


def _on_file(
    day: date, on_file: tuple[Authorization, ...], approved: list[Authorization], *, required: bool
) -> _Found | None:
    ended = [approval.end for approval in approved if approval.end is not None and approval.end < day]
    ahead = [approval.start for approval in approved if approval.start is not None and approval.start > day]
    open_to_question = [approval for approval in on_file if not approval.names_service and approval.state in _ASKED]
    newest = newest_answer(approval for approval in on_file if approval not in open_to_question)
    asked = newest_answer(open_to_question)
    weak = next((approval for approval in on_file if approval.weak), None)
    wanted = Severity.WARNING if required else Severity.INFO
    if newest is AuthorizationState.PENDING:
        return _Found("pending", wanted, {})
    if newest in REFUSED:
        return _Found(newest.value, Severity.WARNING, {})
    if ended:
        return _Found("expired", Severity.WARNING, {"end": max(ended), "days": (day - max(ended)).days})
    if ahead:
        return _Found("not-started", Severity.WARNING, {"start": min(ahead)})
    if weak is not None:
        return _Found("weak", Severity.INFO, {"number": weak.number or ""})
    if newest is AuthorizationState.UNCLEAR:
        return _Found("unclear", Severity.WARNING, {})
    return _Found(_ASKED[asked], wanted, {}) if asked is not None else None


def _asked(
    case: Case, policy: PolicyView, days: Sequence[date], on_file: tuple[Authorization, ...]
) -> Iterator[Result]:
    """What is asked about: approval that somebody says, and nobody verified, is wanted; consent, pre-certification."""
    if payer_wants_none(case):
        return
    said = tuple(value for value in policy.questions(params.AUTHORIZATION_REQUIRED) if value.value == "always")
    if said:
        subject, evidence = case.date_of_service.isoformat(), none_on_record(case)
        yield Answer("question", Severity.INFO, subject, {}, (), evidence, questions=said, absent=ON_ANSWERS)
    yield from ask_count(case, policy, days)
    if not on_file:
        yield from check_without_approval(case, policy)


def _on_one_card(found: Iterable[Result], *, answered: bool) -> Iterator[Result]:
    """Questions about approval on one card: the first is its own, unless something is told already."""
    for result in found:
        yield replace(result, joins="authorization") if answered and isinstance(result, Answer) else result
        answered = answered or isinstance(result, Answer)


def _guidelines(case: Case, policy: PolicyView) -> Iterator[Result]:
    """Where the payer wants approval for treatment outside its guidelines, they are named before treatment."""
    required = policy.get(params.AUTHORIZATION_REQUIRED)
    if required is None or required.value != "outside-guidelines" or case.moment not in AHEAD:
        return
    if not payer_wants_none(case):
        subject, evidence = case.date_of_service.isoformat(), none_on_record(case)
        yield Answer("guidelines", Severity.INFO, subject, {}, (required,), evidence, absent=ON_ANSWERS)


APPROVAL: Final = (
    params.AUTHORIZATION_REQUIRED,
    params.AUTHORIZATION_AFTER_VISITS,
    params.AUTHORIZATION_AFTER_DAYS,
    params.AUTHORIZATION_REVIEW_AFTER_VISITS,
    params.AUTHORIZATION_VISITS_PER_DAY,
    params.CONSENT_OVER,
    params.PRECERTIFICATION,
    params.AUTHORIZATION_REQUEST,
    params.AUTHORIZATION_EXEMPT_IF,
    params.AUTHORIZATION_UNIT,
    params.AUTHORIZATION_WARN_DAYS,
)


RULES = (
    Rule(
        id="authorization",
        topic=Topic.AUTHORIZATION,
        title="Prior authorization",
        moments=EVERYWHERE,
        facts=(Fact.AUTHORIZATIONS, Fact.COVERAGE),
        parameters=(*APPROVAL, params.FIRST_UNIT_FULL, params.FIRST_UNIT_MINIMUM, params.ADDITIONAL_UNIT_MINIMUM),
        sources=("A-1", "R-4"),
        check=check_authorization,
        about=("dates",),
        able_without=frozenset({Fact.COVERAGE}),
    ),
)
