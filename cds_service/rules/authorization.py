"""The payer's approval: there where it is wanted, in date and large enough."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

from cds_service.domain.case import EPISODE_GAP_DAYS, Case, Moment
from cds_service.domain.chart import Authorization, AuthorizationState, Fact
from cds_service.domain.findings import Evidence, FactValue, Severity, Topic
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.rules.approvals import approval_evidence, check_amount, check_end
from cds_service.rules.orders import work_rehab_orders
from cds_service.rules.payment import payer_caveats
from cds_service.rules.requests import check_without_approval, how_to_request
from cds_service.rules.rule import Answer, NotApplicable, Result, Rule, values
from cds_service.rules.therapy_visits import allowed_without_approval, ask_count, check_count, check_visits_a_day

EVERYWHERE = frozenset(Moment)
AHEAD = frozenset({Moment.ORDER, Moment.BOOKING})


def asked_dates(case: Case) -> tuple[date, ...]:
    """The dates in question: those booked, else the date of service."""
    if case.moment is Moment.BOOKING:
        return tuple(sorted({one.date for one in case.appointments}))
    return (case.date_of_service,)


def relevant(case: Case) -> tuple[Authorization, ...]:
    """Authorizations of this episode; those that ended or were decided before it belong to an earlier one."""
    first = case.episode.first if case.episode else case.date_of_service
    since = first - timedelta(days=EPISODE_GAP_DAYS)
    before = max((one.last for one in case.episodes if one.last < first), default=None)
    return tuple(one for one in case.chart.authorizations if _belongs(one, first, since, before))


def _belongs(one: Authorization, first: date, since: date, before: date | None) -> bool:
    """Whether an authorization is for visits from ``first`` on; ``before`` is the last visit of the episode before."""
    if one.end is not None and one.end >= first:
        return True
    begun = one.start or one.created
    if before is not None and begun is not None and begun <= before:
        return one.end is None and one.state is AuthorizationState.APPROVED
    last_known = one.end or (None if one.state is AuthorizationState.APPROVED else one.created)
    return last_known is None or last_known >= since


def newest_answer(on_file: Iterable[Authorization]) -> AuthorizationState | None:
    """State of the payer's last answer; a request without date counts as the last, an answer without as the first."""
    dated = [
        (one.created or (date.max if one.state is AuthorizationState.PENDING else date.min), one.state)
        for one in on_file
        if not one.weak
    ]
    return max(dated, key=lambda one: one[0], default=(None, None))[1]


def is_required(case: Case, policy: PolicyView) -> bool:
    """Whether approval is needed before treatment, by policy or by the payer's own answer on an order."""
    required = policy.get(params.AUTHORIZATION_REQUIRED)
    answers = _decisions(case)
    always = required is not None and required.value == "always" and "no-auth" not in answers
    return always or bool(answers & {"auth-needed", "performpa"})


def _answers(case: Case) -> tuple[tuple[str, str], ...]:
    """The payer's own answers on work-rehab orders, each with its order."""
    if _answers not in case.shared:
        case.shared[_answers] = tuple(
            (order.payer_decision, order.reference)
            for order in (*work_rehab_orders(case), *case.chart.orders)
            if order.work_rehab and order.payer_decision is not None
        )
    known = case.shared[_answers]
    return known if isinstance(known, tuple) else ()


def _decisions(case: Case) -> frozenset[str]:
    return frozenset(answer for answer, _ in _answers(case))


def card_on_duration(case: Case, policy: PolicyView) -> str:
    """The rule on whose card the weeks stand: authorization where approval is required or an answer is on file."""
    wanted = is_required(case, policy) or allowed_without_approval(policy) is not None
    return "authorization" if relevant(case) or wanted else "program-duration"


def check_authorization(case: Case, policy: PolicyView) -> Iterator[Result]:
    """Where the payer wants approval first, it has to be there, in date and large enough (A-1).

    Required by policy, or by the payer's own answer on the order. Some payers want it only beyond a number of visits
    or days of therapy, whichever comes first (R-4), for a second visit on one date, or for treatment outside their
    guidelines. An approval that exists is watched even where none is required: the payer who gave one will hold the
    clinic to it. Used amounts count what was treated, not what was planned; the projection goes by the pace of the
    last two weeks. Of several booked dates the first one without approval is told, and those that are covered are
    counted against the approval.
    """
    days = asked_dates(case)
    if not days:
        yield NotApplicable("no work-rehab appointment among those booked")
        return
    yield from payer_caveats(case)
    on_file = relevant(case)
    approved = [one for one in on_file if one.state is AuthorizationState.APPROVED and not one.weak]
    uncovered = [day for day in days if not any(one.covers(day) for one in approved)]
    told = list(_not_in_force(case, policy, uncovered, on_file, approved)) if uncovered else []
    yield from told
    for second in check_visits_a_day(case, policy, uncovered):
        yield replace(second, joins="authorization") if told else second
        told.append(second)
    watched = next((one for day in reversed(days) if (one := case.authorization_on(day)) is not None), None)
    if watched is not None:
        told += yield from _watched(case, policy, watched, days, told=bool(told))
    answers = [one for one in told if isinstance(one, Answer)]
    yield from how_to_request(case, policy, answers)


def _watched(
    case: Case, policy: PolicyView, watched: Authorization, days: tuple[date, ...], *, told: bool
) -> Generator[Result, None, list[Result]]:
    """What is told of an approval in force: its amount, and its end.

    Returns:
        What was told.
    """
    found: list[Result] = []
    covered = tuple(day for day in days if watched.covers(day))
    for result in check_amount(case, policy, watched, covered):
        yield replace(result, joins="authorization") if told and isinstance(result, Answer) else result
        found += [result] if isinstance(result, Answer) else []
    if days[-1] in covered:
        for result in check_end(policy, watched, days[-1], joins="authorization" if told or found else None):
            yield result
            found.append(result)
    return found


def _not_in_force(
    case: Case, policy: PolicyView, days: list[date], on_file: tuple[Authorization, ...], approved: list[Authorization]
) -> Iterator[Result]:
    """What is wrong on days without an approval in force; an answer that is on file is told before anything else."""
    day = days[0]
    counted = list(check_count(case, policy, days)) if "no-auth" not in _decisions(case) else []
    beyond = any(isinstance(one, Answer) and one.kind == "beyond-count" for one in counted)
    required = is_required(case, policy) or beyond
    found = _on_file(day, on_file, approved, required=required)
    if found is None and not is_required(case, policy):
        yield from counted
        yield from _guidelines(case, policy)
        told = any(isinstance(one, Answer) for one in counted)
        yield from _on_one_card(_asked(case, policy, days, on_file), told=told)
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
        facts={**found.facts, "day": day, "booked": case.moment is Moment.BOOKING},
        values=values(policy.get(params.AUTHORIZATION_REQUIRED), exempt if missing else None),
        evidence=(
            Evidence("date asked about", day),
            *(approval_evidence(one) for one in on_file),
            *(Evidence("payer's answer on the order", answer, order) for answer, order in _answers(case)),
        ),
        questions=may_be_exempt if missing else (),
    )


class _Found(NamedTuple):
    """What the payer's answers on file come to on a day without an approval in force."""

    kind: str
    severity: Severity
    facts: dict[str, FactValue]


def _on_file(
    day: date, on_file: tuple[Authorization, ...], approved: list[Authorization], *, required: bool
) -> _Found | None:
    ended = [one.end for one in approved if one.end is not None and one.end < day]
    ahead = [one.start for one in approved if one.start is not None and one.start > day]
    newest = newest_answer(on_file)
    weak = next((one for one in on_file if one.weak), None)
    if newest is AuthorizationState.PENDING:
        return _Found("pending", Severity.WARNING if required else Severity.INFO, {})
    if newest is AuthorizationState.DENIED:
        return _Found("denied", Severity.WARNING, {})
    if ended:
        return _Found("expired", Severity.WARNING, {"end": max(ended), "days": (day - max(ended)).days})
    if ahead:
        return _Found("not-started", Severity.WARNING, {"start": min(ahead)})
    if weak is not None:
        return _Found("weak", Severity.INFO, {"number": weak.number or "unknown"})
    return _Found("unclear", Severity.WARNING, {}) if newest is AuthorizationState.UNCLEAR else None


def _asked(
    case: Case, policy: PolicyView, days: Sequence[date], on_file: tuple[Authorization, ...]
) -> Iterator[Result]:
    """What is asked about: approval that somebody says, and nobody verified, is wanted; consent, pre-certification."""
    if _decisions(case) & {"no-auth", "satisfied"}:
        return
    said = tuple(one for one in policy.questions(params.AUTHORIZATION_REQUIRED) if one.value == "always")
    if said:
        evidence = (Evidence("approval on record", "none"),)
        yield Answer("question", Severity.INFO, case.date_of_service.isoformat(), {}, evidence=evidence, questions=said)
    yield from ask_count(case, policy, days)
    if not on_file:
        yield from check_without_approval(case, policy)


def _on_one_card(found: Iterable[Result], *, told: bool) -> Iterator[Result]:
    """Questions about approval on one card: the first is its own, unless something is told already."""
    for one in found:
        yield replace(one, joins="authorization") if told and isinstance(one, Answer) else one
        told = told or isinstance(one, Answer)


def _guidelines(case: Case, policy: PolicyView) -> Iterator[Result]:
    """Where the payer wants approval for treatment outside its guidelines, they are named before treatment."""
    required = policy.get(params.AUTHORIZATION_REQUIRED)
    if required is None or required.value != "outside-guidelines" or case.moment not in AHEAD:
        return
    if "no-auth" not in _decisions(case):
        evidence = (Evidence("approval on record", "none"),)
        yield Answer("guidelines", Severity.INFO, case.date_of_service.isoformat(), {}, (required,), evidence)


RULES = (
    Rule(
        id="authorization",
        topic=Topic.AUTHORIZATION,
        title="Prior authorization",
        moments=EVERYWHERE,
        facts=(Fact.AUTHORIZATIONS, Fact.COVERAGE),
        parameters=(
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
            params.FIRST_UNIT_FULL,
            params.FIRST_UNIT_MINIMUM,
            params.ADDITIONAL_UNIT_MINIMUM,
        ),
        sources=("A-1", "R-4"),
        check=check_authorization,
    ),
)
