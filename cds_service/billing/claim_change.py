"""The change that puts a visit's lines on its claim, and what a person put on the lines that are replaced (M-6)."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Final

from cds_service.billing.claim_head import head_of, not_on_head, to_add
from cds_service.billing.on_claim import claim_to_change
from cds_service.domain.bill import ClaimChange, LineOnClaim
from cds_service.domain.case import Case
from cds_service.domain.chart import Caveat, Doubt, Fact, Unknown
from cds_service.domain.codes import DECIDED_MODIFIERS, MOST_MODIFIERS
from cds_service.domain.findings import ChargeLine, DraftCharges, RemoveChargedLines
from cds_service.domain.visit import Visit

SEVERAL_DRAFTS: Final = "the lines of this date are on more than one draft claim"
MOST_CLAIMS_CHANGED: Final = 20
"""Other draft claims that lines are taken off in one suggestion."""
TOO_MANY_DRAFTS: Final = "the lines of this date are on {} other draft claims: they are taken off {} of them"
UNDATED: Final = "a draft claim has work-rehab lines without a date: they may be for this visit"


def claim_change(case: Case, visit: Visit, lines: Sequence[ChargeLine], on_claim: Sequence[LineOnClaim]) -> ClaimChange:
    """Put the lines on the visit's claim in place of those that are there; bring all the chart tells for its head.

    A line takes the place of a drafted one of its code and keeps the modifiers that a person put there, after its own,
    as far as a claim line has places: four. Drafted lines of the date on other draft claims go, so that no service
    stands twice.
    """
    claim = claim_to_change(case)
    replaceable = [line for line in on_claim if claim is not None and line.claim == claim.reference]
    elsewhere = [
        line for line in on_claim if line.status == "draft" and (claim is None or line.claim != claim.reference)
    ]
    replaced = _replaced(lines, replaceable)
    whole = [_kept(line, before) for line, before in zip(lines, replaced, strict=True)]
    head = head_of(case, visit, lines)
    change = DraftCharges(
        date=visit.date,
        lines=tuple(line._replace(modifiers=line.modifiers[:MOST_MODIFIERS]) for line in whole),
        encounter=case.encounter or next((encounter.reference for encounter in visit.encounters), None),
        claim=claim.reference if claim is not None else None,
        places=tuple(before.place if before is not None else None for before in replaced),
        gone=frozenset(line.place for line in replaceable),
        head=head,
    )
    several = (Doubt(Fact.CHARGES, SEVERAL_DRAFTS, elsewhere[0].claim),) if elsewhere else ()
    taken_off = tuple(_taken_off(elsewhere))
    if len(taken_off) > MOST_CLAIMS_CHANGED:
        why = TOO_MANY_DRAFTS.format(len(taken_off), MOST_CLAIMS_CHANGED)
        several = (*several, Doubt(Fact.CHARGES, why))
    return ClaimChange(
        changes=(change, *taken_off[:MOST_CLAIMS_CHANGED]),
        lines=change.lines,
        head=head,
        gaps=(*_without_room(whole), *several, *_undated(case), *not_on_head(visit)),
        to_add=to_add(case, head),
    )


def _replaced(lines: Sequence[ChargeLine], drafted: Sequence[LineOnClaim]) -> list[LineOnClaim | None]:
    """For each line the drafted one of its code whose modifiers are most like its own.

    Each drafted line serves one; where there are fewer of a code than lines, its last one serves the others as well.
    """
    left = list(drafted)
    found: list[LineOnClaim | None] = []
    for line in lines:
        of_code = [before for before in left if before.code == line.code]
        nearest = min(of_code, key=partial(_difference, line), default=None)
        if nearest is not None and len(of_code) > 1:
            left.remove(nearest)
        found.append(nearest)
    return found


def _difference(line: ChargeLine, drafted: LineOnClaim) -> int:
    """In how many modifiers that are decided here two lines differ."""
    return len(DECIDED_MODIFIERS.intersection(line.modifiers) ^ DECIDED_MODIFIERS.intersection(drafted.modifiers))


def _kept(line: ChargeLine, before: LineOnClaim | None) -> ChargeLine:
    """The line with the modifiers that somebody put there and that nobody here decides about."""
    if before is None:
        return line
    by_hand = [
        modifier
        for modifier in before.modifiers
        if modifier not in DECIDED_MODIFIERS and modifier not in line.modifiers
    ]
    return line._replace(modifiers=(*line.modifiers, *by_hand)) if by_hand else line


def _without_room(lines: Iterable[ChargeLine]) -> Iterator[Caveat]:
    for line in lines:
        if len(line.modifiers) > MOST_MODIFIERS:
            left_off = " ".join(line.modifiers[MOST_MODIFIERS:])
            why = f"a claim line takes four modifiers: {line.code} has no room for {left_off}"
            yield Doubt(Fact.CHARGES, why)


def _taken_off(lines: Iterable[LineOnClaim]) -> Iterator[RemoveChargedLines]:
    by_claim: dict[str, list[int]] = {}
    for line in lines:
        by_claim.setdefault(line.claim, []).append(line.sequence)
    for claim, sequences in by_claim.items():
        yield RemoveChargedLines(claim, tuple(sequences))


def _undated(case: Case) -> Iterator[Caveat]:
    """Draft claims with lines of the program that tell neither date nor encounter."""
    for claim in case.history.unplaced_claims:
        yield Unknown(Fact.CHARGES, UNDATED, claim.reference)
