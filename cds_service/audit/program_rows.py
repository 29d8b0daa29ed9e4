"""The programs of a patient as rows: what the overview says of each on the day of its last visit."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Final

from cards.envelope import CardSettings
from cards.groups import grouped
from cds_service.audit.finding_rows import RowWords
from cds_service.audit.kept_timeline import kept
from cds_service.audit.past_visits import Patient
from cds_service.audit.rows import FindingRow, GapRow, ProgramRow
from cds_service.audit.support import REFUSED_SUPPORT
from cds_service.audit.visit_rows import RowsOfVisit
from cds_service.consultation.consult import Consultation
from cds_service.consultation.timelines.program_timelines import timeline_of
from cds_service.domain.case import Case, Moment
from cds_service.domain.episodes import Episode
from cds_service.domain.findings import Finding
from cds_service.errors import DataNeeded

_NOT_MEASURED: Final = frozenset({"reassessment.overdue", "reassessment.never"})
_REFUSED_WORDS: Final = frozenset(kind.replace("-", " ") for kind in REFUSED_SUPPORT)


class ProgramsOf:
    """The programs of a patient, and their rows.

    Args:
        patient: The patient as looked back at.
        key: How results name the patient.
        words: Puts findings in words.
    """

    def __init__(self, patient: Patient, key: str, words: RowWords) -> None:
        self._patient = patient
        self._key = key
        self._words = words
        self._programs = sorted(
            patient.chart.history.programs.episodes, key=lambda program: (program.first, program.last, program.key)
        )

    def key_of(self, case: Case) -> str:
        """The key of the program that a visit belongs to; "" for none."""
        of_date = [program for program in self._programs if case.date_of_service in program.dates]
        of_injury = [program for program in of_date if not case.conditions.isdisjoint(program.conditions)]
        found = next(iter(of_injury or of_date), None)
        return self._key_of(found) if found is not None else ""

    def rows(
        self, visits: Sequence[RowsOfVisit]
    ) -> Iterator[tuple[ProgramRow, tuple[FindingRow, ...], tuple[GapRow, ...]]]:
        """A row for each program with a visit among these, with the findings and gaps of its overview."""
        by_program = {
            key: list(rows)
            for key, rows in groupby(sorted(visits, key=lambda rows: (rows.visit.program, rows.visit.date)), _program)
        }
        for program in self._programs:
            key = self._key_of(program)
            if key in by_program:
                yield self._row(key, by_program[key])

    def _key_of(self, program: Episode) -> str:
        return f"{self._key}.program.{self._programs.index(program) + 1}"

    def _row(
        self, key: str, visits: Sequence[RowsOfVisit]
    ) -> tuple[ProgramRow, tuple[FindingRow, ...], tuple[GapRow, ...]]:
        last = visits[-1].visit
        overview = self._overview(date.fromisoformat(last.date))
        state = _state(overview)
        facts = state.facts if state is not None else {}
        units = [rows.visit.program_expected_units for rows in visits]
        due = facts.get("reassess_by")
        row = ProgramRow(
            program=key,
            patient=self._key,
            kind=last.kind,
            first=visits[0].visit.date,
            last=last.date,
            clinic=last.clinic,
            payer=last.payer,
            payer_class=last.payer_class,
            state=last.state,
            weeks=_number(facts.get("week")) or last.week_of_program,
            weeks_allowed=_number(facts.get("weeks")),
            visits=len(visits),
            minutes=sum(rows.visit.minutes for rows in visits),
            expected_units=sum(known for known in units if known is not None) if None not in units else None,
            visits_without_approval=sum(rows.visit.approval in _REFUSED_WORDS for rows in visits),
            approval_lapsed=next((rows.visit.date for rows in visits if rows.visit.approval == "expired"), ""),
            reassessments_missed=_times_missed(visits),
            reassess_by=due.isoformat() if isinstance(due, date) else "",
            state_text=_summary(state, overview),
            timeline=self._timeline(overview),
        )
        if overview is None:
            return row, (), ()
        findings = self._words.findings(overview.evaluation, "", key)
        return row, findings, self._words.gaps(overview.evaluation.gaps, "", key, self._key)

    def _overview(self, on: date) -> Consultation | None:
        try:
            return self._patient.answer(on, None, Moment.OVERVIEW)
        except DataNeeded:
            return None

    def _timeline(self, overview: Consultation | None) -> str:
        timeline = timeline_of(overview.case, overview.policy) if overview is not None else None
        return kept(timeline, with_ids=self._words.with_ids) if timeline is not None else ""


def _program(rows: RowsOfVisit) -> str:
    return rows.visit.program


def _state(overview: Consultation | None) -> Finding | None:
    found = overview.evaluation.findings if overview is not None else ()
    return next((finding for finding in found if finding.kind == "program-state.state"), None)


def _summary(state: Finding | None, overview: Consultation | None) -> str:
    if state is None or overview is None:
        return ""
    (card,) = grouped([state], CardSettings(today=overview.evaluation.date_of_service))
    return card.host.words.summary


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _times_missed(visits: Sequence[RowsOfVisit]) -> int:
    """How often a reassessment became overdue: visits in a row that find it so are one time."""
    overdue = [any(finding.kind in _NOT_MEASURED for finding in rows.findings) for rows in visits]
    return sum(now and not before for before, now in zip([False, *overdue], overdue, strict=False))
