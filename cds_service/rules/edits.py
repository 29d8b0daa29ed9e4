"""Edits on the codes of one date: code pairs, evaluations on the same day."""

from collections.abc import Iterator, Mapping, Sequence

from cds_service.domain.bill import Bill, BilledCode
from cds_service.domain.case import NOT_ALL_ORDERS, Case, Moment
from cds_service.domain.chart import Fact
from cds_service.domain.codes import EVALUATIONS, REEVALUATIONS, SEPARATE_SERVICE, SEPARATE_SERVICES, WORK_REHAB
from cds_service.domain.findings import (
    AddLineModifier,
    ChangeOrder,
    Evidence,
    Proposal,
    RemoveChargedLines,
    RemoveOrder,
    Severity,
    Topic,
)
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.policies.pair_edits import NO_TABLE, pair_edits
from cds_service.policies.shapes import PairEdit
from cds_service.rules.applies import the_visit
from cds_service.rules.rule import Answer, NotApplicable, Result, Rule

_ANY_EVALUATION = EVALUATIONS | REEVALUATIONS
NO_EDITS = NotApplicable("the payer's policy switches code edits off")


def check_pair_edit(case: Case, bill: Bill, policy: PolicyView) -> Iterator[Result]:
    """Two codes of one date that a procedure-to-procedure edit pairs (E-4, E-5).

    Indicator 0: column 2 is not paid beside column 1, whatever the modifier. Indicator 1: it needs 59 or an X
    modifier, and only when a separate service is documented. That is attested by a person; nothing here adds the
    modifier unasked. An update replaces the whole claim or order, so at most one card of an answer changes it: while
    the charges are to be changed, and for further pairs of the same claim or order, the card has words only. Dropping
    a code is recommended only where the payer is known to use the edits.
    """
    edits = pair_edits(policy)
    if edits is None:
        yield NO_EDITS
        return
    if not edits.by_codes:
        yield NO_TABLE
        return
    if case.moment is Moment.ORDER and not bill.all_codes:
        yield NOT_ALL_ORDERS
    left_out = (
        {service.code: service.paired for service in bill.visit.other_services.left_out}
        if bill.visit is not None
        else {}
    )
    met = _pairs_met(edits.by_codes, bill.codes, left_out)
    if not met:
        return
    claim_stays = bill.visit is None or bill.visit.settled
    offered = set() if claim_stays else {billed.claim for billed in bill.codes if billed.claim is not None}
    for first, second, pair in met:
        yield Answer(
            kind="separate" if pair.indicator else "never",
            severity=Severity.WARNING,
            subject=f"{first.reference}/{pair.column1}+{pair.column2}/{second.reference}",
            facts={"column1": pair.column1, "column2": pair.column2, "applies": edits.apply},
            values=edits.values_of(pair),
            evidence=(
                Evidence("column 1", first.code, first.reference),
                Evidence("column 2", second.code, second.reference),
            ),
            proposals=()
            if {second.claim, second.order} & offered
            else _ways_out(pair, second, _sequences(case, second), enforced=edits.enforced and not bill.payer_doubts),
        )
        offered |= {changed for changed in (second.claim, second.order) if changed is not None}


def _pairs_met(
    edits: Mapping[tuple[str, str], PairEdit], billed: Sequence[BilledCode], left_out: Mapping[str, bool]
) -> list[tuple[BilledCode, BilledCode, PairEdit]]:
    """Each column-2 code with the first column-1 code that an edit pairs it with, in the order they are billed.

    A pair of other codes counts only beside work rehabilitation; this is no general claim scrubber. ``left_out``
    are codes that the charges leave off the claim, with whether a pair edit is why: they keep no other one off, and are
    told only then.
    """
    by_code: dict[str, list[int]] = {}
    for place, billed_code in enumerate(billed):
        by_code.setdefault(billed_code.code, []).append(place)
    beside = not WORK_REHAB.isdisjoint(by_code)
    met = [
        (by_code[pair.column1][0], place, pair)
        for pair in edits.values()
        if pair.column1 in by_code and (beside or not WORK_REHAB.isdisjoint((pair.column1, pair.column2)))
        if pair.column1 not in left_out
        for place in by_code.get(pair.column2, ())
        if not _passed(pair, billed[place])
        if billed[place].claim is not None or left_out.get(pair.column2, True)
    ]
    met.sort(key=lambda pair_met: pair_met[:2])
    return [(billed[first], billed[second], pair) for first, second, pair in met]


def check_same_day_evaluation(case: Case, bill: Bill, policy: PolicyView) -> Iterator[Result]:
    """A payer may limit an evaluation or re-evaluation on the day of a work-rehab visit (COV-3).

    Where a code-pair edit already speaks of the re-evaluation, this rule leaves the word to it.
    """
    position = policy.get(params.SAME_DAY_EVALUATION)
    visit = the_visit(case)
    if position is None or position.value == "allow":
        return
    if visit.minutes and not any(billed.code in WORK_REHAB for billed in bill.codes):
        return
    found = [billed for billed in bill.codes if billed.code in _ANY_EVALUATION]
    edits = pair_edits(policy)
    if found and position.value != "deny" and edits is not None:
        paired = {column2 for column1, column2 in edits.by_codes if column1 in WORK_REHAB}
        found = [billed for billed in found if billed.code not in paired]
    if position.value == "modifier-59":
        found = [billed for billed in found if not SEPARATE_SERVICES & set(billed.modifiers)]
    if found:
        kind = {"ask": "ask", "deny": "deny", "modifier-59": "modifier"}[position.value]
        yield Answer(
            kind=kind,
            severity=Severity.INFO if kind == "ask" else Severity.WARNING,
            subject=visit.date.isoformat(),
            facts={"codes": tuple(billed.code for billed in found)},
            values=(position,),
            evidence=tuple(Evidence("on the same date", billed.code, billed.reference) for billed in found),
        )


def _passed(pair: PairEdit, second: BilledCode) -> bool:
    return bool(pair.indicator) and bool(SEPARATE_SERVICES & set(second.modifiers))


def _sequences(case: Case, billed: BilledCode) -> tuple[int, ...]:
    """All lines of the date with its code on its claim."""
    return tuple(
        line.sequence
        for claim, indexes in case.claims_of_date
        for line in (claim.lines[index] for index in indexes)
        if claim.reference == billed.claim and line.code == billed.code
    )


def _ways_out(
    pair: PairEdit, second: BilledCode, sequences: tuple[int, ...], *, enforced: bool
) -> tuple[Proposal, ...]:
    facts = {"column1": pair.column1, "column2": pair.column2}
    ways: list[Proposal] = []
    work_rehab_line = second.code in WORK_REHAB
    if second.claim is not None and second.sequence is not None:
        if not work_rehab_line:
            remove = RemoveChargedLines(second.claim, (second.sequence,) if pair.indicator else sequences)
            ways.append(Proposal("remove", (remove,), recommended=enforced and not pair.indicator, facts=facts))
        if pair.indicator:
            attest = AddLineModifier(second.claim, second.sequence, SEPARATE_SERVICE)
            ways.append(Proposal("attest", (attest,), facts=facts))
    elif second.order is not None:
        if not work_rehab_line and not pair.indicator:
            ways.append(Proposal("remove", (RemoveOrder(second.order),), recommended=enforced, facts=facts))
        if pair.indicator:
            separate = ChangeOrder(second.order, modifiers=(SEPARATE_SERVICE,))
            ways.append(Proposal("attest", (separate,), facts=facts))
    return tuple(ways)


_CLOSE = frozenset({Moment.VISIT_CLOSE})
_EDITS = (params.EDITS_APPLY, params.EDIT_SETTING)

RULES = (
    Rule(
        id="pair-edit",
        topic=Topic.EDIT,
        title="Codes that exclude each other",
        moments=frozenset({Moment.ORDER, Moment.VISIT_CLOSE}),
        facts=(),
        parameters=(params.EDIT_PAIRS, *_EDITS),
        sources=("E-4", "E-5", "E-6", "M-3"),
        check=check_pair_edit,
        about=("visit", "orders"),
        uses_bill=True,
    ),
    Rule(
        id="same-day-evaluation",
        topic=Topic.EDIT,
        title="Evaluation on the day of a visit",
        moments=_CLOSE,
        facts=(Fact.SESSIONS,),
        parameters=(params.SAME_DAY_EVALUATION, params.EDIT_PAIRS, *_EDITS),
        sources=("COV-3", "E-4"),
        check=check_same_day_evaluation,
        about=("visit",),
        uses_bill=True,
    ),
)
