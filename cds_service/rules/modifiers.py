"""Modifiers of the lines: discipline, assistant, program."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from cds_service.domain.bill import Bill, LineOnClaim, ProgramCharges, UnitShare, VisitBill
from cds_service.domain.care import Role
from cds_service.domain.case import AT_LINES, Case, Moment
from cds_service.domain.chart import Fact, Unknown
from cds_service.domain.codes import DISCIPLINE_OF_MODIFIER, WORK_REHAB, Discipline, Program
from cds_service.domain.findings import ChangeOrder, Evidence, Proposal, Severity, Topic
from cds_service.domain.treating import treating
from cds_service.domain.values import PolicyValue, values
from cds_service.domain.visit import Visit
from cds_service.domain.visit_evidence import people_evidence
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.rules.applies import the_visit
from cds_service.rules.rule import Answer, NotApplicable, Result, Rule


def check_discipline_modifier(case: Case, bill: Bill, policy: PolicyView) -> Iterator[Result]:
    """GP, GO or GN on every line, by the plan of care the service is given under (M-1).

    Under plans of several disciplines each line is of the one that gave its time. Fires when that decides nothing
    either, when somebody treated whose discipline no plan is of, and when a drafted line or order carries another
    discipline than the plan.
    """
    required = policy.get(params.DISCIPLINE_REQUIRED)
    if required is None or not required.value:
        yield NotApplicable("the payer requires no discipline modifier")
        return
    unplanned = case.unplanned_roles if case.moment is Moment.VISIT_CLOSE else ()
    if unplanned:
        yield _unplanned_discipline(case, unplanned, required)
    if case.discipline is None:
        yield from _undecided(case, bill, required)
        return
    if not unplanned:
        yield from _disagreements(case, bill, required, case.discipline)
    if case.discipline is Discipline.SLP:
        yield Answer(
            kind="speech",
            severity=Severity.INFO,
            subject=_subject(case),
            values=(required,),
            evidence=_discipline_evidence(case),
        )


def _unplanned_discipline(case: Case, unplanned: tuple[Role, ...], required: PolicyValue[bool]) -> Answer:
    """Somebody treated whose discipline no plan of care is of."""
    return Answer(
        kind="treated-by-other",
        severity=Severity.WARNING,
        subject=_subject(case),
        facts={
            "treated": tuple(role.title for role in unplanned),
            "disciplines": tuple(found.value for found, _, _ in case.disciplines),
            "modifiers": tuple(dict.fromkeys(found.modifier for found, _, _ in case.disciplines)),
        },
        values=(required,),
        evidence=(*_discipline_evidence(case), *_treated_by(case.visit, unplanned)),
    )


def _undecided(case: Case, bill: Bill, required: PolicyValue[bool]) -> Iterator[Result]:
    """No single plan decides, and who treated does not tell either for some of the lines."""
    if case.moment is Moment.ORDER and not case.active_plans:
        yield Unknown(Fact.DISCIPLINE, "no plan of care names the discipline yet")
        return
    charges = bill.visit.program if bill.visit is not None else None
    if _drafter_decided(case, bill.program_on_claim) or (
        charges is not None and charges.lines and not charges.division.open_codes
    ):
        return
    every = {line.code for line in charges.lines} if charges is not None else set[str]()
    codes = tuple(charges.division.open_codes) if charges is not None else ()
    yield Answer(
        kind="undecided",
        severity=Severity.WARNING,
        subject=_subject(case),
        facts={
            "disciplines": tuple(found.value for found, _, _ in case.disciplines),
            "codes": codes if set(codes) != every else (),
        },
        values=(required,),
        evidence=_discipline_evidence(case),
    )


def _discipline_evidence(case: Case) -> tuple[Evidence, ...]:
    return tuple(Evidence(f"discipline, from {how}", found.value, ref) for found, how, ref in case.disciplines)


def _drafter_decided(case: Case, lines: Collection[LineOnClaim]) -> bool:
    candidates = {found.modifier for found, _, _ in case.disciplines} or set(DISCIPLINE_OF_MODIFIER)
    return bool(lines) and all(len(candidates & set(line.modifiers)) == 1 for line in lines)


def _disagreements(case: Case, bill: Bill, required: PolicyValue[bool], discipline: Discipline) -> Iterator[Result]:
    carried = [(line.claim, line.modifiers) for line in bill.program_on_claim]
    joins = "visit-charges"
    if case.moment is Moment.ORDER:
        carried = [(order.reference, order.modifiers) for order in case.work_rehab_orders]
        joins = ""
    for reference, modifiers in carried:
        wrong = [m for m in modifiers if m in DISCIPLINE_OF_MODIFIER and m != discipline.modifier]
        if wrong:
            yield Answer(
                kind="disagrees",
                severity=Severity.WARNING,
                subject=reference,
                facts={"found": wrong[0], "expected": discipline.modifier, "discipline": discipline.value},
                values=(required,),
                evidence=(*_discipline_evidence(case), Evidence("carries", wrong[0], reference)),
                proposals=_order_modifiers(reference, bill),
                caveats=bill.payer_doubts if case.moment is Moment.ORDER else (),
                joins=joins or None,
            )
            return


def _order_modifiers(reference: str, bill: Bill) -> tuple[Proposal, ...]:
    """The order's modifiers put right, unless another finding already corrects the whole order."""
    review = next((review for review in bill.order_reviews if review.order.reference == reference), None)
    if review is None or not review.order.editable or review.changes:
        return ()
    change = ChangeOrder(reference, modifiers=bill.order_modifiers)
    return (Proposal("modifiers", (change,), recommended=True, facts={"modifiers": bill.order_modifiers}),)


def check_assistant_modifier(case: Case, bill: Bill, policy: PolicyView) -> Iterator[Result]:
    """A line treated by an assistant alone for more than the de minimis share carries the assistant's modifier (M-2).

    Minutes together with a therapist are the therapist's, minutes under supervision are not. 97545 is judged as a
    whole, 97546 unit by unit: whole hours belong to whoever gave them. Exactly the percentage is not over it. CQ stands
    only with GP and CO only with GO. Students, aides, technicians and others are no assistants: their time is asked.
    """
    wanted = policy.get(params.ASSISTANT_MODIFIERS)
    percent = policy.get(params.ASSISTANT_DE_MINIMIS)
    if case.moment is Moment.ORDER:
        yield NotApplicable("an order tells nobody's minutes yet")
        return
    visit = the_visit(case)
    if wanted is None or not wanted.value or percent is None:
        yield NotApplicable("the payer requires no assistant modifier")
        return
    if bill.assistant_minutes_open:
        yield Answer(
            kind="unknown-minutes",
            severity=Severity.WARNING,
            subject=visit.date.isoformat(),
            values=(wanted, percent),
            evidence=(*_treated_by(visit), *people_evidence(visit)),
        )
        return
    if bill.visit is None:
        return
    charges = bill.visit.program
    yield from (gap for gap in charges.undecided if gap.fact is Fact.PERFORMERS)
    shares = [share for share in charges.division.shares if share.assistant is not None]
    if not shares or _drafted_so(bill.program_on_claim, shares):
        return
    yield Answer(
        kind="lines",
        severity=Severity.INFO,
        subject=visit.date.isoformat(),
        facts={
            "modifier": " and ".join(dict.fromkeys(share.assistant for share in shares if share.assistant)),
            "codes": tuple(_units_of(code, shares, charges) for code in dict.fromkeys(share.code for share in shares)),
            "alone": round(sum(share.alone for share in shares)),
            "total": round(sum(share.total for share in shares)),
            "percent": percent.value,
        },
        values=(wanted, percent),
        evidence=(*_treated_by(visit), *people_evidence(visit)),
        joins=_card_of(bill.visit),
    )


def _units_of(code: str, shares: Sequence[UnitShare], charges: ProgramCharges) -> str:
    """The code, with how many of its units are the assistant's where not all are."""
    count = sum(share.units for share in shares if share.code == code)
    every = sum(line.units for line in charges.lines if line.code == code)
    return code if count == every else f"{count} of {every} units of {code}"


def _treated_by(visit: Visit | None, roles: Collection[Role] = ()) -> tuple[Evidence, ...]:
    """Who treated in which session; of these roles only, where any are given."""
    return tuple(
        Evidence("treated by", performer.role.title, session.reference)
        for session in (visit.sessions if visit is not None else ())
        for performer in treating(session)
        if performer.role is not None and (not roles or performer.role in roles)
    )


def _drafted_so(lines: Collection[LineOnClaim], shares: Sequence[UnitShare]) -> bool:
    """Whether the lines on a claim carry the modifier on as many units."""
    return bool(lines) and all(
        share.units
        == sum(line.units for line in lines if line.code == share.code and share.assistant in line.modifiers)
        for share in shares
    )


def _card_of(bill: VisitBill | None) -> str:
    """The rule whose card has the lines of a visit."""
    return "visit-charges" if bill is not None and bill.program.fills_first_block else "first-unit"


def check_program_modifier(case: Case, bill: Bill, policy: PolicyView) -> Iterator[Result]:
    """Some payers tell conditioning from hardening by a modifier, and accredited programs by another (M-6)."""
    wanted = policy.get(params.PROGRAM_MODIFIERS)
    if wanted is None or not wanted.value:
        yield NotApplicable("the payer requires no program modifier")
        return
    lines = bill.program_on_claim
    if bill.visit is not None and not bill.visit.program.lines:
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
                evidence=(Evidence("program", "conditioning or hardening is not recorded"),),
            )
        return
    modifier = wanted.value[case.program]
    if case.moment is Moment.ORDER:
        yield from _order_programs(bill, modifier, case, wanted)
        return
    if lines and all(modifier in line.modifiers for line in lines):
        return
    accredited, of_accredited = policy.get(params.PROGRAM_ACCREDITED), policy.get(params.ACCREDITED_MODIFIER)
    open_modifier = of_accredited.value if of_accredited is not None and accredited is None else ""
    otherwise = policy.get(params.NOT_ACCREDITED_PERCENT) if accredited is None or not accredited.value else None
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
        evidence=(Evidence("program", f"work {case.program.value}"),),
        joins=_card_of(bill.visit),
    )


def _order_programs(
    bill: Bill, modifier: str, case: Case, wanted: PolicyValue[Mapping[Program, str]]
) -> Iterator[Result]:
    for review in bill.order_reviews:
        order = review.order
        if modifier in order.modifiers:
            continue
        joins = None
        if review.changes:
            joins = "program-code" if review.problem == "code" else "order-units"
        elif not WORK_REHAB & set(order.codes):
            joins = "program-code"
        yield Answer(
            kind="lines",
            severity=Severity.INFO,
            subject=order.reference,
            facts={"modifier": modifier, "program": case.program.value},
            values=(wanted,),
            evidence=(Evidence("program", f"work {case.program.value}", order.reference),),
            proposals=_order_modifiers(order.reference, bill),
            joins=joins,
        )


def _subject(case: Case) -> str:
    if case.moment is Moment.ORDER:
        return ", ".join(order.reference for order in case.work_rehab_orders)
    return case.date_of_service.isoformat()


RULES = (
    Rule(
        id="discipline-modifier",
        topic=Topic.MODIFIER,
        title="Discipline modifier",
        moments=AT_LINES,
        facts=(Fact.PLAN_OF_CARE,),
        parameters=(params.DISCIPLINE_REQUIRED,),
        sources=("M-1",),
        check=check_discipline_modifier,
        about=("visit", "orders"),
        uses_bill=True,
    ),
    Rule(
        id="assistant-modifier",
        topic=Topic.MODIFIER,
        title="Assistant modifier",
        moments=AT_LINES,
        facts=(),
        parameters=(params.ASSISTANT_MODIFIERS, params.ASSISTANT_DE_MINIMIS),
        sources=("M-2",),
        check=check_assistant_modifier,
        about=("visit",),
        uses_bill=True,
    ),
    Rule(
        id="program-modifier",
        topic=Topic.MODIFIER,
        title="Program modifier",
        moments=AT_LINES,
        facts=(Fact.COVERAGE,),
        parameters=(
            params.PROGRAM_MODIFIERS,
            params.ACCREDITED_MODIFIER,
            params.PROGRAM_ACCREDITED,
            params.NOT_ACCREDITED_PERCENT,
        ),
        sources=("M-6",),
        check=check_program_modifier,
        about=("visit", "orders"),
        uses_bill=True,
    ),
)
