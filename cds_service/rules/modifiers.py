"""Modifiers of the lines: discipline, assistant, program."""

from collections.abc import Iterator, Sequence

from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Fact, Gap, Order, Performer, Session
from cds_service.domain.codes import DISCIPLINE_OF_MODIFIER, WORK_REHAB, Discipline, Program
from cds_service.domain.findings import ChangeOrder, Evidence, Proposal, Severity, Topic
from cds_service.domain.visit import only_assistants
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.rules.charging import (
    assistant_gap,
    charges_of,
    shared_modifiers,
)
from cds_service.rules.drafted import drafted_lines
from cds_service.rules.orders import NO_ORDER, review, work_rehab_orders
from cds_service.rules.payment import caveats_of_payer
from cds_service.rules.rule import Answer, NotApplicable, Result, Rule, values

NO_VISIT = NotApplicable("no work-rehab service on this date of service")
HERE = frozenset({Moment.ORDER, Moment.VISIT_CLOSE})


def check_discipline_modifier(case: Case, policy: PolicyView) -> Iterator[Result]:
    """GP, GO or GN on every line, by the plan of care the service is given under (M-1).

    Fires when no single plan decides it, and when a drafted line or order carries another discipline than the plan.
    """
    required = policy.get(params.DISCIPLINE_REQUIRED)
    if required is None or not required.value:
        yield NotApplicable("the payer wants no discipline modifier")
        return
    if case.moment is Moment.VISIT_CLOSE and case.visit is None:
        yield NO_VISIT
        return
    if case.moment is Moment.ORDER and not work_rehab_orders(case):
        yield NO_ORDER
        return
    if case.discipline is None:
        if case.moment is Moment.ORDER and not case.active_plans:
            yield Gap(Fact.DISCIPLINE, "no plan of care yet that names the discipline")
            return
        if not _drafter_decided(case):
            yield Answer(
                kind="undecided",
                severity=Severity.WARNING,
                subject=_subject(case),
                facts={"disciplines": tuple(found.value for found, _, _ in case.disciplines)},
                values=(required,),
                evidence=_discipline_evidence(case),
            )
        return
    yield from _disagreements(case, policy, case.discipline)
    if case.discipline is Discipline.SLP:
        yield Answer(
            kind="speech",
            severity=Severity.INFO,
            subject=_subject(case),
            values=(required,),
            evidence=_discipline_evidence(case),
        )


def _discipline_evidence(case: Case) -> tuple[Evidence, ...]:
    return tuple(Evidence(f"discipline, from {how}", found.value, ref) for found, how, ref in case.disciplines)


def _drafter_decided(case: Case) -> bool:
    lines = drafted_lines(case)
    candidates = {found.modifier for found, _, _ in case.disciplines} or set(DISCIPLINE_OF_MODIFIER)
    return bool(lines) and all(len(candidates & set(line.modifiers)) == 1 for line in lines)


def _disagreements(case: Case, policy: PolicyView, discipline: Discipline) -> Iterator[Result]:
    required = values(policy.get(params.DISCIPLINE_REQUIRED))
    carried = [(line.claim, line.modifiers) for line in drafted_lines(case)]
    joins = "visit-charges"
    if case.moment is Moment.ORDER:
        carried = [(order.reference, order.modifiers) for order in work_rehab_orders(case)]
        joins = ""
    for reference, modifiers in carried:
        wrong = [m for m in modifiers if m in DISCIPLINE_OF_MODIFIER and m != discipline.modifier]
        if wrong:
            yield Answer(
                kind="disagrees",
                severity=Severity.WARNING,
                subject=reference,
                facts={"found": wrong[0], "expected": discipline.modifier, "discipline": discipline.value},
                values=required,
                evidence=(*_discipline_evidence(case), Evidence("carries", wrong[0], reference)),
                proposals=_order_modifiers(reference, case, policy),
                caveats=caveats_of_payer(case, policy) if case.moment is Moment.ORDER else (),
                joins=joins or None,
            )
            return


def _order_modifiers(reference: str, case: Case, policy: PolicyView) -> tuple[Proposal, ...]:
    """The order's modifiers put right, unless another finding already corrects the whole order."""
    order = next((one for one in work_rehab_orders(case) if one.reference == reference), None)
    if order is None or not order.editable or review(order, case, policy).changes:
        return ()
    wanted = shared_modifiers(case, policy).codes
    change = ChangeOrder(order.reference, modifiers=wanted)
    return (Proposal("modifiers", (change,), recommended=True, facts={"modifiers": wanted}),)


def check_assistant_modifier(case: Case, policy: PolicyView) -> Iterator[Result]:
    """A line treated by an assistant alone for more than the de minimis share carries the assistant's modifier (M-2).

    Minutes together with a therapist are the therapist's. The share is judged line by line; exactly the percentage
    is not over it.
    """
    wanted = policy.get(params.ASSISTANT_MODIFIERS)
    percent = policy.get(params.ASSISTANT_DE_MINIMIS)
    if case.moment is Moment.ORDER:
        yield NotApplicable("an order tells nobody's minutes yet")
        return
    visit = case.visit
    if visit is None:
        yield NO_VISIT
        return
    if wanted is None or not wanted.value or percent is None:
        yield NotApplicable("the payer wants no assistant modifier")
        return
    performers = [(session, p) for session in visit.sessions for p in session.performers]
    if not performers:
        yield Gap(Fact.PERFORMERS, "nobody is recorded as having treated")
        return
    assisted = [session for session, p in performers if p.role is not None and p.role.assistant]
    if any(session.period is None for session in assisted) and not only_assistants(visit.sessions):
        yield Answer(
            kind="unknown-minutes",
            severity=Severity.WARNING,
            subject=visit.date.isoformat(),
            values=(wanted, percent),
            evidence=_treated_by(performers),
        )
        return
    gap = assistant_gap(visit, policy)
    if gap is not None:
        yield gap
    charges = charges_of(case, visit, policy)
    if charges is None:
        return
    shares = [share for share in charges.assistant_shares if share.modifier is not None]
    if not shares or _drafted_so(case, {share.code: share.modifier for share in shares}):
        return
    yield Answer(
        kind="lines",
        severity=Severity.INFO,
        subject=visit.date.isoformat(),
        facts={
            "modifier": shares[0].modifier,
            "codes": tuple(share.code for share in shares),
            "alone": round(sum(share.alone for share in shares)),
            "total": round(sum(share.total for share in shares)),
            "percent": percent.value,
        },
        values=(wanted, percent),
        evidence=_treated_by(performers),
        joins="visit-charges" if visit.minutes >= charges.thresholds.rule.full else "first-unit",
    )


def _treated_by(performers: Sequence[tuple[Session, Performer]]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence("treated by", _title(one.role.discipline, assistant=one.role.assistant), session.reference)
        for session, one in performers
        if one.role is not None
    )


def _title(discipline: Discipline, *, assistant: bool) -> str:
    return f"{discipline.value} assistant" if assistant else f"{discipline.value} therapist"


def _drafted_so(case: Case, wanted: dict[str, str | None]) -> bool:
    lines = {line.code: line.modifiers for line in drafted_lines(case)}
    return bool(lines) and all(modifier in lines.get(code, ()) for code, modifier in wanted.items())


def check_program_modifier(case: Case, policy: PolicyView) -> Iterator[Result]:
    """Some payers tell conditioning from hardening by a modifier, and accredited programs by another (M-6)."""
    wanted = policy.get(params.PROGRAM_MODIFIERS)
    if wanted is None or not wanted.value:
        yield NotApplicable("the payer wants no program modifier")
        return
    if case.moment is Moment.VISIT_CLOSE and case.visit is None:
        yield NO_VISIT
        return
    orders = work_rehab_orders(case)
    if case.moment is Moment.ORDER and not orders:
        yield NO_ORDER
        return
    lines = drafted_lines(case)
    charges = charges_of(case, case.visit, policy) if case.visit is not None else None
    if case.moment is Moment.VISIT_CLOSE and charges is not None and not charges.lines:
        yield NotApplicable("no work-rehab line to charge")
        return
    if case.program not in wanted.value:
        if not lines or not all(set(wanted.value.values()) & set(line.modifiers) for line in lines):
            yield Answer(
                kind="unknown",
                severity=Severity.WARNING,
                subject=_subject(case),
                facts={program.value: wanted.value.get(program, "") for program in Program if program in wanted.value},
                values=(wanted,),
                evidence=(Evidence("program", "conditioning or hardening is not told"),),
            )
        return
    modifier = wanted.value[case.program]
    if case.moment is Moment.ORDER:
        yield from _order_programs(orders, modifier, case, policy)
        return
    if lines and all(modifier in line.modifiers for line in lines):
        return
    accredited, of_accredited = policy.get(params.PROGRAM_ACCREDITED), policy.get(params.ACCREDITED_MODIFIER)
    open_modifier = of_accredited.value if of_accredited is not None and accredited is None else ""
    otherwise = policy.get(params.NOT_ACCREDITED_PERCENT) if accredited is None or not accredited.value else None
    full = charges is not None and charges.minutes >= charges.thresholds.rule.full
    yield Answer(
        kind="lines",
        severity=Severity.INFO,
        subject=_subject(case),
        facts={
            "modifier": modifier,
            "program": case.program.value,
            "accredited": open_modifier,
            "percent": otherwise.value if otherwise is not None else 0,
        },
        values=values(wanted, of_accredited, accredited, otherwise),
        evidence=(Evidence("program", case.program.value),),
        joins="visit-charges" if full else "first-unit",
    )


def _order_programs(orders: tuple[Order, ...], modifier: str, case: Case, policy: PolicyView) -> Iterator[Result]:
    for order in orders:
        if modifier in order.modifiers:
            continue
        found = review(order, case, policy)
        joins = None
        if found.changes:
            joins = "program-code" if found.problem == "code" else "order-units"
        elif not WORK_REHAB & set(order.codes):
            joins = "program-code"
        yield Answer(
            kind="lines",
            severity=Severity.INFO,
            subject=order.reference,
            facts={"modifier": modifier, "program": case.program.value},
            values=values(policy.get(params.PROGRAM_MODIFIERS)),
            evidence=(Evidence("program", case.program.value, order.reference),),
            proposals=_order_modifiers(order.reference, case, policy),
            joins=joins,
        )


def _subject(case: Case) -> str:
    if case.moment is Moment.ORDER:
        return ", ".join(order.reference for order in work_rehab_orders(case))
    return case.date_of_service.isoformat()


RULES = (
    Rule(
        id="discipline-modifier",
        topic=Topic.MODIFIER,
        title="Discipline modifier",
        moments=HERE,
        facts=(Fact.PLAN_OF_CARE,),
        parameters=(params.DISCIPLINE_REQUIRED,),
        sources=("M-1",),
        check=check_discipline_modifier,
    ),
    Rule(
        id="assistant-modifier",
        topic=Topic.MODIFIER,
        title="Assistant modifier",
        moments=HERE,
        facts=(),
        parameters=(params.ASSISTANT_MODIFIERS, params.ASSISTANT_DE_MINIMIS),
        sources=("M-2",),
        check=check_assistant_modifier,
    ),
    Rule(
        id="program-modifier",
        topic=Topic.MODIFIER,
        title="Program modifier",
        moments=HERE,
        facts=(Fact.COVERAGE,),
        parameters=(
            params.PROGRAM_MODIFIERS,
            params.ACCREDITED_MODIFIER,
            params.PROGRAM_ACCREDITED,
            params.NOT_ACCREDITED_PERCENT,
        ),
        sources=("M-6",),
        check=check_program_modifier,
    ),
)
