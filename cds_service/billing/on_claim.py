"""Charges somebody already drafted or submitted for the visit, and how proposed lines meet them."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from cds_service.domain.authorizations import number_key
from cds_service.domain.bill import LineOnClaim, OtherServices, ProgramCharges
from cds_service.domain.case import Case
from cds_service.domain.chart import Caveat, Doubt, Fact, Unknown
from cds_service.domain.codes import (
    ASSISTANT_BESIDE,
    COMPANIONS,
    DECIDED_MODIFIERS,
    DECIDED_MODIFIERS_IN_ORDER,
    DISCIPLINE_OF_MODIFIER,
    MODIFIERS_OF_ASSISTANTS,
    MODIFIERS_OF_PROGRAMS,
    MOST_MODIFIERS,
    REDUCED_SERVICE,
    WORK_REHAB,
)
from cds_service.domain.coverage_and_claims import Claim
from cds_service.domain.findings import ChargeLine
from cds_service.domain.visit import Visit


def lines_on_claim(case: Case, codes: Collection[str] = WORK_REHAB) -> tuple[LineOnClaim, ...]:
    """Lines of the date with these codes on claims that are drafted or submitted."""
    if not case.claims_of_date:
        return ()
    return tuple(
        LineOnClaim(
            claim.reference,
            claim.status,
            line.sequence,
            line.place,
            line.code,
            line.modifiers,
            line.units,
            line.modifiers_told,
        )
        for claim, indexes in case.claims_of_date
        for line in (claim.lines[index] for index in indexes)
        if line.code in codes
    )


def other_lines_to_charge(case: Case, services: OtherServices) -> tuple[ChargeLine, ...]:
    """Lines of the visit's other services that belong on its claim.

    Modifiers that the chart leaves undecided are those somebody drafted. A code that is billed on another claim, on
    more lines than the record makes, or on several lines of which something is open, is left as it was put there.
    """
    drafted = lines_on_claim(case, services.codes) if services.lines else ()
    if not drafted:
        return services.lines
    claim = claim_to_change(case)
    times, made = Counter(line.code for line in drafted), Counter(line.code for line in services.lines)
    left = {line.code for line in drafted if claim is None or line.claim != claim.reference}
    left |= {code for code in made if times[code] > made[code]}
    left |= {code for code in made if times[code] and made[code] > 1 and services.open.get(code)}
    return tuple(
        _as_drafted(line, _left_to_drafter(services.open.get(line.code, ())), drafted)
        for line in services.lines
        if line.code not in left
    )


def kept_as_charged(case: Case, services: OtherServices, to_charge: Iterable[ChargeLine]) -> Iterator[Caveat]:
    """Codes that are not to charge because their lines on a claim stay, although the record makes other units."""
    charged = {line.code for line in to_charge}
    made: Counter[str] = Counter()
    for line in services.lines:
        made[line.code] += line.units
    for code in (code for code in made if code not in charged):
        drafted = sum(line.units for line in lines_on_claim(case, {code}))
        if drafted != made[code]:
            why = f"{code} is charged x{drafted:g} in lines that stay as they are; the record makes x{made[code]}"
            yield Doubt(Fact.CHARGES, why)


def unsupported(case: Case, services: OtherServices) -> tuple[str, ...]:
    """Codes that stand on the draft to be changed although the record, or the payer, makes no line of them."""
    claim = claim_to_change(case)
    if claim is None or not services.left_out:
        return ()
    made = {line.code for line in services.lines}
    out = {service.code for service in services.left_out if service.code in COMPANIONS or service.included} - made
    drafted = lines_on_claim(case, out) if out else ()
    return tuple(dict.fromkeys(line.code for line in drafted if line.claim == claim.reference))


def on_claim_of(case: Case, lines: Collection[ChargeLine], also: Collection[str] = ()) -> tuple[LineOnClaim, ...]:
    """What is drafted of work rehabilitation, of the codes of these lines, and of codes that should not be there."""
    if not case.claims_of_date:
        return ()
    return lines_on_claim(case, WORK_REHAB.union(also, (line.code for line in lines)))


def claim_to_change(case: Case) -> Claim | None:
    """The claim the visit's lines belong on: the one with work-rehab lines, else a draft of this encounter."""
    if not case.claims_of_date:
        return None
    with_lines = {line.claim for line in lines_on_claim(case)}
    claims = [claim for claim, _ in case.claims_of_date]
    with_program = [claim for claim in claims if claim.reference in with_lines]
    drafts = [claim for claim in claims if claim.status == "draft" and case.encounter in claim.encounters]
    return next(iter(with_program or drafts), None)


def same_charges(drafted: tuple[LineOnClaim, ...], lines: tuple[ChargeLine, ...]) -> bool:
    """Whether the drafted lines already say the same: code, units and every modifier these rules decide about.

    Modifiers nobody here decides (59, KX, a site's own) do not make a difference. Where the record has no place for
    modifiers, the units of each code are compared.
    """
    if not all(line.modifiers_told for line in drafted):
        return _units_of(drafted) == _units_of(lines)
    if len(drafted) != len(lines):
        return False
    decided = DECIDED_MODIFIERS.union(*(line.modifiers for line in lines))

    def shape(code: str, count: float, modifiers: tuple[str, ...]) -> tuple[str, float, tuple[str, ...]]:
        return code, count, tuple(m for m in modifiers if m in decided)

    have = sorted(shape(line.code, line.units, line.modifiers) for line in drafted)
    want = sorted(shape(line.code, line.units, line.modifiers) for line in lines)
    return have == want


def _units_of(lines: Iterable[LineOnClaim | ChargeLine]) -> dict[str, float]:
    units: dict[str, float] = {}
    for line in lines:
        units[line.code] = units.get(line.code, 0) + line.units
    return units


def modifiers_untold(drafted: Iterable[LineOnClaim]) -> Iterator[Caveat]:
    """Charges of which the record cannot say the modifiers."""
    for line in drafted:
        if not line.modifiers_told:
            yield Unknown(
                Fact.CHARGES, f"whether {line.code} is charged with its modifiers: this record has none", line.claim
            )


def overfull(drafted: Iterable[LineOnClaim]) -> Iterator[Caveat]:
    """Lines on a claim with more modifiers than it takes."""
    for line in drafted:
        if len(line.modifiers) > MOST_MODIFIERS:
            why = f"a claim line takes four modifiers: choose those of {line.code} from {' '.join(line.modifiers)}"
            yield Doubt(Fact.CHARGES, why, line.claim)


LEFT_TO_DRAFTER = {
    Fact.PROGRAM: (frozenset(MODIFIERS_OF_PROGRAMS),),
    Fact.DISCIPLINE: (frozenset(DISCIPLINE_OF_MODIFIER), frozenset(MODIFIERS_OF_ASSISTANTS)),
    Fact.PERFORMERS: (frozenset(MODIFIERS_OF_ASSISTANTS),),
}


def program_lines_to_charge(charges: ProgramCharges, drafted: tuple[LineOnClaim, ...]) -> tuple[ChargeLine, ...]:
    """The lines, with modifiers that the chart leaves undecided as somebody drafted them for the same code."""
    kinds = _left_to_drafter(gap.fact for gap in charges.undecided) if drafted else ()
    if drafted and charges.left_to_drafter:
        kinds = (*kinds, charges.left_to_drafter)
    if not kinds:
        return charges.lines
    codes = dict.fromkeys(line.code for line in charges.lines)
    return tuple(line for code in codes for line in _of_code_as_drafted(code, charges.lines, kinds, drafted))


def _of_code_as_drafted(
    code: str, lines: Iterable[ChargeLine], kinds: Collection[frozenset[str]], drafted: Iterable[LineOnClaim]
) -> Sequence[ChargeLine]:
    """The lines of a code; where several are made or drafted, divided as somebody drafted the same units."""
    made, on_claim = [line for line in lines if line.code == code], [line for line in drafted if line.code == code]
    if max(len(made), len(on_claim)) <= 1:
        return [_as_drafted(line, kinds, on_claim) for line in made]
    left = frozenset().union(*kinds)
    disciplines = frozenset(DISCIPLINE_OF_MODIFIER)
    chosen = not disciplines <= left or all(not disciplines.isdisjoint(line.modifiers) for line in on_claim)
    if not on_claim or not chosen or sum(line.units for line in on_claim) != sum(line.units for line in made):
        return made
    fixed = [modifier for modifier in made[0].modifiers if modifier not in left]
    return [
        made[0]._replace(
            modifiers=_standing_together((*fixed, *(m for m in line.modifiers if m in left))), units=int(line.units)
        )
        for line in on_claim
        if line.units == int(line.units)
    ]


def _left_to_drafter(facts: Iterable[Fact]) -> tuple[frozenset[str], ...]:
    """Kinds of modifiers that wait for these facts."""
    return tuple(dict.fromkeys(kind for fact in facts for kind in LEFT_TO_DRAFTER.get(fact, ())))


def _as_drafted(line: ChargeLine, kinds: Collection[frozenset[str]], drafted: Collection[LineOnClaim]) -> ChargeLine:
    """The line with the modifiers of these kinds that somebody drafted for its code, where it has one line only."""
    of_code = [drafted_line.modifiers for drafted_line in drafted if drafted_line.code == line.code]
    modifiers = line.modifiers
    for kind in kinds if len(of_code) == 1 else ():
        chosen = kind.intersection(of_code[0])
        if chosen:
            modifiers = _in_order((*(modifier for modifier in modifiers if modifier not in kind), *chosen))
    return line._replace(modifiers=_standing_together(modifiers))


def _standing_together(modifiers: tuple[str, ...]) -> tuple[str, ...]:
    """In order, without an assistant's modifier beside another discipline's: CQ stands only with GP, CO with GO."""
    return _in_order(tuple(modifier for modifier in modifiers if ASSISTANT_BESIDE.get(modifier) in {None, *modifiers}))


def _in_order(modifiers: tuple[str, ...]) -> tuple[str, ...]:
    """Program or state first, then accreditation, discipline, assistant, reduced service (M-6)."""
    return tuple(modifier for modifier in DECIDED_MODIFIERS_IN_ORDER if modifier in modifiers) + tuple(
        m for m in modifiers if m not in DECIDED_MODIFIERS
    )


def other_number(case: Case, visit: Visit, drafted: Collection[LineOnClaim]) -> Iterator[Caveat]:
    """Draft claims that carry an approval number, but not that of an approval in force (D-20)."""
    in_force = [approval.number for approval in case.approvals_on(visit.date) if approval.number is not None]
    claims = {line.claim for line in drafted}
    for claim, _ in case.claims_of_date if in_force else ():
        carried = {number_key(number) for number in claim.authorization_numbers}
        if claim.reference in claims and carried and carried.isdisjoint(map(number_key, in_force)):
            why = (
                f"which approval the claim goes out with: it carries {', '.join(claim.authorization_numbers)}, "
                f"in force is {', '.join(in_force)}"
            )
            yield Doubt(Fact.CHARGES, why, claim.reference)


def reduced(lines: tuple[ChargeLine, ...]) -> tuple[ChargeLine, ...]:
    """The same lines, those of work rehabilitation as reduced service (M-4)."""
    return tuple(
        line._replace(modifiers=(*line.modifiers, REDUCED_SERVICE)) if line.code in WORK_REHAB else line
        for line in lines
    )
