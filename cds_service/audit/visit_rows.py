"""A visit looked back at, as rows: the visit, its lines on both bills, findings and gaps."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from datetime import date, timedelta
from typing import NamedTuple

from cards.numbers import Line, codes
from cds_service.audit.audit_terms import Terms
from cds_service.audit.bill_judge import charges_left_open, charges_withheld
from cds_service.audit.billed import BilledLine, in_cents
from cds_service.audit.finding_rows import RowWords
from cds_service.audit.past_visits import PastVisit
from cds_service.audit.rows import FindingRow, GapRow, LineRow, Side, VisitRow
from cds_service.audit.shared import SharedRecord
from cds_service.audit.support import support_of
from cds_service.domain.bill import ClaimVersion
from cds_service.domain.case import Case
from cds_service.domain.codes import THERAPY, WORK_REHAB
from cds_service.domain.fees import NO_FEES, FeeTable, amount, line_amount
from cds_service.domain.frozen import dataclass
from cds_service.domain.treating import treating
from cds_service.fhir.reading.clinical_resources import EncounterResource, ProcedureResource
from cds_service.fhir.reading.financial_resources import CoverageResource
from cds_service.fhir.reading.prefetch import Prefetch


class RowsOfVisit(NamedTuple):
    """All rows of one visit."""

    visit: VisitRow
    lines: tuple[LineRow, ...] = ()
    findings: tuple[FindingRow, ...] = ()
    gaps: tuple[GapRow, ...] = ()


@dataclass(frozen=True)
class VisitRows:
    """Makes the rows of a patient's visits.

    ``patient`` is how results name the patient, ``prefetch`` the whole record, ``shared`` what belongs to everybody.
    """

    patient: str
    prefetch: Prefetch
    shared: SharedRecord
    words: RowWords
    terms: Terms
    fees: FeeTable = field(default_factory=lambda: NO_FEES)

    def of(self, visit: PastVisit, key: str, program: str) -> RowsOfVisit:
        """The rows of a visit under its key."""
        found = visit.answered
        findings = self.words.findings(found.evaluation, key, program) if found is not None else ()
        gaps = self.words.gaps(found.evaluation.gaps, key, program, self.patient) if found is not None else ()
        ways = _ways(visit)
        billed = tuple(line for line in visit.billed if line.code in THERAPY | WORK_REHAB | _codes(ways))
        case = found.case if found is not None else visit.case
        first = ways[0].lines if ways else ()
        known = bool(ways)
        row = VisitRow(
            visit=key,
            patient=self.patient,
            program=program,
            date=visit.date.isoformat(),
            week=monday(visit.date).isoformat(),
            week_of_program=_week(case),
            kind=case.program.value,
            clinic=self.clinic(visit.encounter),
            therapist=self._therapist(case),
            payer=self.payer(case),
            payer_class=case.payer.payer_class.value if case.payer is not None else "",
            state=case.chart.place.jurisdiction if case.chart.place is not None else "",
            policies=self.words.policies(found.policy.layers) if found is not None else "",
            minutes=case.visit.minutes if case.visit is not None else 0,
            verdict=visit.judgment.verdict,
            reasons=tuple(dict.fromkeys(map(self.words.masked, visit.judgment.reasons))),
            expected=" or ".join(dict.fromkeys(codes(way.lines) for way in ways if way.lines)),
            billed=codes(billed) if billed else "",
            expected_units=sum(line.units for line in first) if known else None,
            billed_units=_sum(billed),
            program_expected_units=int(_sum(_of_program(first))) if known else None,
            program_billed_units=_sum(_of_program(billed)),
            expected_cents=in_cents(amount(first, visit.date, self.fees)),
            billed_cents=in_cents(amount(billed, visit.date, self.fees)),
            charged_cents=_charged(billed),
            approval=support_of(found, approved_by_now=False).word if found is not None else "not known",
            gap_count=len(gaps),
            finding_count=len(findings),
            caveats=visit.caveats,
            encounter=visit.encounter or "" if self.terms.with_ids else "",
        )
        return RowsOfVisit(row, tuple(self._lines(key, visit.date, ways, billed)), findings, gaps)

    def clinic(self, encounter: str | None) -> str:
        """The name of the organization, else the place, that an encounter was at."""
        record = self.prefetch.of(EncounterResource).get((encounter or "").rpartition("/")[2])
        if record is None:
            return ""
        provider = record.service_provider.reference if record.service_provider is not None else None
        places = (place.location.reference for place in record.location if place.location is not None)
        return next(filter(None, map(self.shared.name, (provider, *places))), "")

    def payer(self, case: Case) -> str:
        """The name of the payer first in line."""
        if case.payer is None:
            return ""
        record = self.prefetch.of(CoverageResource).get(case.payer.reference.rpartition("/")[2])
        for payor in record.payor if record is not None else ():
            name = payor.display or self.shared.name(payor.reference)
            if name:
                return name
        return ""

    def _therapist(self, case: Case) -> str:
        """Who treated, the therapist first: by name, else by profession."""
        people = [
            (person.role is None or person.role.assistant, place, session.reference, person)
            for session in (case.visit.sessions if case.visit is not None else ())
            for place, person in enumerate(treating(session))
        ]
        for _, _, treatment, person in sorted(people, key=lambda found: found[:3]):
            name = self.shared.name(person.reference) or self._displayed(treatment, person.reference)
            if name or person.role is not None:
                return name or (person.role.title if person.role is not None else "")
        return ""

    def _displayed(self, treatment: str, person: str) -> str:
        """The name of a person as a treatment displays it."""
        record = self.prefetch.of(ProcedureResource).get(treatment.rpartition("/")[2])
        actors = (performer.actor for performer in (record.performer if record is not None else ()))
        named = (actor.display for actor in actors if actor is not None and person.endswith(actor.reference or "?"))
        return next(filter(None, named), "")

    def _lines(
        self, key: str, on: date, ways: Sequence[ClaimVersion], billed: Iterable[BilledLine]
    ) -> Iterator[LineRow]:
        for way in ways:
            for line in way.lines:
                cents = in_cents(line_amount(line, on, self.fees))
                modifiers = "-".join(line.modifiers)
                yield LineRow(key, Side.EXPECTED, way.key, line.code, modifiers, line.units, cents)
        for sent in billed:
            yield LineRow(
                key,
                Side.BILLED,
                "",
                sent.code,
                "-".join(sent.modifiers),
                sent.units,
                in_cents(line_amount(sent, on, self.fees)),
                sent.cents,
                sent.claim.partition("/")[0],
            )


def monday(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def _ways(visit: PastVisit) -> tuple[ClaimVersion, ...]:
    """The ways to bill the visit that its discharge would have proposed; none where it says not to bill."""
    found = visit.answered
    if found is None or found.bill.visit is None or not found.bill.visit.program.minutes:
        return ()
    if charges_withheld(found) or charges_left_open(found):
        return ()
    return found.bill.visit.versions


def _week(case: Case) -> int:
    return (case.date_of_service - case.episode.first).days // 7 + 1 if case.episode is not None else 0


def _codes(ways: Iterable[ClaimVersion]) -> frozenset[str]:
    return frozenset(line.code for way in ways for line in way.lines)


def _of_program(lines: Iterable[Line]) -> Iterator[Line]:
    return (line for line in lines if line.code in WORK_REHAB)


def _sum(lines: Iterable[Line]) -> float:
    return sum((line.units for line in lines), 0.0)


def _charged(billed: Sequence[BilledLine]) -> int | None:
    """Dollars of all lines as billed, in cents; None where one of them has none."""
    amounts = [line.cents for line in billed if line.cents is not None]
    return sum(amounts) if billed and len(amounts) == len(billed) else None
