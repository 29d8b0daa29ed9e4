"""How what was billed for a visit compares with the answer of its discharge; in doubt it is not judged.

All arithmetic is that of the bill: lines are compared as the rule about charges compares drafted ones, and units are
those that ``domain.units`` makes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from cards.gaps import plain_sentences
from cards.numbers import Line, codes, number
from cds_service.audit.billed import BilledLine
from cds_service.audit.rows import Verdict
from cds_service.billing.on_claim import same_charges
from cds_service.domain.bill import ClaimVersion, LineOnClaim, VisitBill
from cds_service.domain.chart import Caveat, Doubt, Fact
from cds_service.domain.codes import (
    COMPANIONS,
    DECIDED_MODIFIERS,
    FURTHER_HOUR,
    MODIFIERS_OF_ASSISTANTS,
    WORK_REHAB,
)
from cds_service.domain.findings import ChargeLine
from cds_service.domain.time_thresholds import CONTESTED_FROM
from cds_service.domain.units import units

_DECIDE_UNITS: Final = frozenset(
    {Fact.SESSIONS, Fact.SESSION_TIME, Fact.TIME_ZONE, Fact.POLICY, Fact.COVERAGE, Fact.PATIENT, Fact.ENCOUNTER}
)
"""Facts that lines rest on: while one of them is open, no bill is called right or wrong."""
_AN_HOUR: Final = 60
_ASSISTED: Final = frozenset(MODIFIERS_OF_ASSISTANTS)
NO_MODIFIERS: Final = "The charges have no place for modifiers, so codes and units are compared."


class Judgment(NamedTuple):
    """A verdict with its reasons, one sentence each."""

    verdict: Verdict
    reasons: tuple[str, ...] = ()


def compared(bill: VisitBill, billed: Sequence[BilledLine], *, lacking: str | None) -> Judgment:
    """Compare the bill of a visit, made beside what was billed, with just that.

    Args:
        bill: The bill of the visit as its discharge would have made it, with the billed lines on record.
        billed: The lines that went out for the date.
        lacking: For whom there is no policy, so that defaults decide; None where there is one.
    """
    open_points = tuple(plain_sentences(_open(bill)))
    charged = [line for line in billed if line.code in WORK_REHAB or line.code in bill.other_services.codes]
    if not any(line.code in WORK_REHAB for line in charged):
        return _not_billed(bill, open_points)
    beside = tuple(_beside_the_record(bill, billed))
    if open_points or beside:
        return Judgment(Verdict.NOT_JUDGED, (*open_points, *beside))
    on_claim = tuple(map(as_on_claim, charged))
    ways = [_whole(version, bill) for version in bill.versions]
    untold = () if all(line.modifiers_told for line in charged) else (NO_MODIFIERS,)
    if any(same_charges(on_claim, lines) for lines in ways):
        return Judgment(Verdict.RIGHT, untold)
    verdict, reasons = _differing(bill, min(ways, key=lambda lines: _distance(lines, charged)), charged, lacking)
    return Judgment(verdict, (*reasons, *untold))


def as_on_claim(line: BilledLine) -> LineOnClaim:
    """The line as the bill compares it."""
    return LineOnClaim(line.claim, "active", 0, 0, line.code, line.modifiers, line.units, line.modifiers_told)


def _whole(version: ClaimVersion, bill: VisitBill) -> tuple[ChargeLine, ...]:
    """A way to bill with all other services: the bill leaves out those that somebody charged on another claim."""
    there = {line.code for line in version.lines}
    return (*version.lines, *(line for line in bill.other_services.lines if line.code not in there))


def _open(bill: VisitBill) -> Iterator[Caveat]:
    """What is open about the lines: their time, payer and codes, charges on record, or two injuries on one date."""
    for caveat in (*bill.doubts, *bill.program.undecided, *bill.other_services.undecided):
        two_injuries = caveat.fact is Fact.INJURY and isinstance(caveat, Doubt)
        if caveat.unsettles and (caveat.fact in _DECIDE_UNITS or two_injuries):
            yield caveat


def _not_billed(bill: VisitBill, open_points: Sequence[str]) -> Judgment:
    if not bill.program_lines:
        least = bill.program.thresholds.rule.minimum
        short = f"{bill.program.minutes} min is less than the {least} min that 97545 takes, and it was not billed."
        return Judgment(Verdict.NOT_JUDGED, tuple(open_points)) if open_points else Judgment(Verdict.RIGHT, (short,))
    lines = " or ".join(dict.fromkeys(codes(version.lines) for version in bill.versions))
    why = f"No bill of this date has 97545 or 97546; the record makes {lines}."
    return Judgment(Verdict.NOT_BILLED, (why, *open_points))


def _beside_the_record(bill: VisitBill, billed: Iterable[BilledLine]) -> Iterator[str]:
    """Therapy billed on the date of which no treatment is on record: whose it is, nobody can tell from here."""
    for line in billed:
        if line.code in COMPANIONS and line.code not in bill.other_services.codes:
            yield f"{codes([line])} is billed as well; no treatment on record has this code."


def _differing(
    bill: VisitBill, expected_lines: Sequence[ChargeLine], charged: Sequence[BilledLine], lacking: str | None
) -> Judgment:
    """What differs: units by code, else modifiers."""
    expected, found = _units(expected_lines), _units(charged)
    apart = {code: found.get(code, 0) - expected.get(code, 0) for code in (*expected, *found)}
    differing = {code: more for code, more in sorted(apart.items()) if more}
    if not differing:
        return _other_modifiers(expected_lines, charged, lacking)
    reasons = tuple(
        f"Billed {code} x{number(found.get(code, 0))}; the record supports x{number(expected.get(code, 0))} "
        f"({bill.program.minutes} min)."
        for code in differing
    )
    question = _threshold_question(bill, differing, found)
    if question is not None:
        return Judgment(Verdict.NOT_JUDGED, (*reasons, question))
    if all(more > 0 for more in differing.values()):
        return Judgment(Verdict.OVER_CODED, reasons)
    if all(more < 0 for more in differing.values()):
        return Judgment(Verdict.UNDER_CODED, reasons)
    return Judgment(Verdict.WRONG_CODING, reasons)


def _distance(expected_lines: Iterable[Line], charged: Iterable[Line]) -> float:
    expected, found = _units(expected_lines), _units(charged)
    return sum(abs(found.get(code, 0) - expected.get(code, 0)) for code in {*expected, *found})


def _units(lines: Iterable[Line]) -> dict[str, float]:
    found: dict[str, float] = {}
    for line in lines:
        found[line.code] = found.get(line.code, 0) + line.units
    return found


def _threshold_question(bill: VisitBill, differing: Mapping[str, float], found: Mapping[str, float]) -> str | None:
    """Why the units may be right all the same: another reading of a further hour, which nobody verified, makes them."""
    additional, minutes, rule = bill.program.thresholds.additional, bill.program.minutes, bill.program.thresholds.rule
    if set(differing) != {FURTHER_HOUR} or additional.confidence == "verified":
        return None
    most = units(minutes, rule._replace(additional=CONTESTED_FROM)).further
    least = units(minutes, rule._replace(additional=_AN_HOUR)).further
    if not least <= found.get(FURTHER_HOUR, 0) <= most:
        return None
    return f"From which minute on a further hour counts is not verified for this payer; {rule.additional} min is used."


def _other_modifiers(expected: Sequence[ChargeLine], charged: Sequence[BilledLine], lacking: str | None) -> Judgment:
    """Units are right: a modifier of an assistant changes what is paid, any other what is accepted."""
    reason = f"Billed {codes(charged)}; the record makes {codes(expected)}."
    if lacking is not None:
        return Judgment(Verdict.NOT_JUDGED, (reason, f"Modifiers follow our defaults: {lacking}."))
    so_billed, so_expected = _assisted_units(charged), _assisted_units(expected)
    if so_billed != so_expected and _alike_but_for_assistants(expected, charged):
        return Judgment(Verdict.OVER_CODED if so_expected > so_billed else Verdict.UNDER_CODED, (reason,))
    return Judgment(Verdict.WRONG_CODING, (reason,))


def _alike_but_for_assistants(expected: Iterable[ChargeLine], charged: Iterable[BilledLine]) -> bool:
    return _by_shape(expected) == _by_shape(charged)


def _by_shape(lines: Iterable[Line]) -> dict[tuple[str, tuple[str, ...]], float]:
    """Units of each code with its decided modifiers but those of assistants."""
    found: dict[tuple[str, tuple[str, ...]], float] = {}
    for line in lines:
        shape = line.code, tuple(m for m in line.modifiers if m in DECIDED_MODIFIERS - _ASSISTED)
        found[shape] = found.get(shape, 0) + line.units
    return found


def _assisted_units(lines: Iterable[Line]) -> float:
    return sum(line.units for line in lines if not _ASSISTED.isdisjoint(line.modifiers))
