"""Whether a visit was billed as its record supports: what can be judged, what is open, and what came of it."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from cards.gaps import plain_sentences
from cds_service.audit.audit_terms import Terms
from cds_service.audit.billed import BilledLine, Bills
from cds_service.audit.patients import PatientRecord
from cds_service.audit.rows import Verdict
from cds_service.audit.support import judged_support, support_of
from cds_service.audit.unread_lines import LeftOutTreatment, treatments_left_out
from cds_service.audit.verdicts import Judgment, compared
from cds_service.consultation.consult import Consultation
from cds_service.consultation.question import Question
from cds_service.domain.bill import Bill
from cds_service.domain.case import Case
from cds_service.domain.chart import Caveat, Fact, Unknown
from cds_service.domain.codes import WORK_REHAB
from cds_service.domain.findings import Outcome
from cds_service.domain.lazy import lazy
from cds_service.fhir.reading.key_types import types_of

_NO_TIME_RULE: Final = "No policy on file says how many minutes make a unit."
TOO_LONG_A_DAY: Final = "The times recorded for the day add up to more than 24 hours."
_BILLED_ALL_THE_SAME: Final = Judgment(
    Verdict.UNSUPPORTED, ("Billed, although the payer's verified policy says not to bill this visit.",)
)
_NOT_TO_BILL: Final = Judgment(
    Verdict.RIGHT, ("The payer's verified policy says not to bill this visit, and it was not billed.",)
)
NO_TIME_BILLED: Final = "No start and stop times are on record, so nothing shows the billed units."
NO_TIME_NOT_BILLED: Final = "Not billed; no start and stop times are on record, so nothing can be said of what to bill."
NO_BILLS: Final = "The export holds no claims, charges or explanations of benefits."
LOST_TREATMENTS: Final = (
    "Lines of the export with visits or treatments could not be used; one of them may be of this date.",
)
LOST_BILLS: Final = ("Lines of the export with bills could not be used; the bill of this visit may be among them.",)
LOST_ANSWERS: Final = ("Lines of the export with payers' answers could not be used; an approval may be among them.",)
_OF_CHARGES: Final = frozenset({"visit-charges", "first-unit"})
"""Rules that propose the lines of a visit."""


class BillJudge:
    """Judges the bills of a patient's visits.

    Args:
        record: The record as exported.
        whole: A question about all of it.
        bills: What was billed.
        terms: What was asked for, with the types that the export lacks or lost lines of.
    """

    def __init__(self, record: PatientRecord, whole: Question, bills: Bills, terms: Terms) -> None:
        self._record = record
        self._chart = whole.chart
        self._calendar = whole.calendar
        self._bills = bills
        self._terms = terms

    def judged(self, found: Consultation, beside: Bill, billed: tuple[BilledLine, ...], case: Case) -> Judgment:
        """The verdict on what was billed, by an answer and the bill that is made beside what was billed."""
        open_points = (*_doubts_about_all(found), *self._not_read(case.date_of_service, case.encounter))
        unsure = (*self.not_sure_of_bills(case, billed), *open_points)
        if beside.visit is None:
            return Judgment(Verdict.NOT_JUDGED, (_NO_TIME_RULE,))
        charged = any(line.code in WORK_REHAB for line in billed)
        if not beside.visit.program.minutes:
            return _without_time(found, (*unsure, *self._may_be_lost("procedures", LOST_TREATMENTS)), charged=charged)
        unsure = (*unsure, *charges_left_open(found))
        if unsure:
            return Judgment(Verdict.NOT_JUDGED, unsure)
        if charges_withheld(found):
            return _BILLED_ALL_THE_SAME if charged else _NOT_TO_BILL
        judgment = compared(beside.visit, billed, lacking=found.policy.lacking)
        if judgment.verdict is Verdict.NOT_BILLED and (lost := self._may_be_lost("charges", LOST_BILLS)):
            return Judgment(Verdict.NOT_JUDGED, (*lost, *judgment.reasons))
        if not charged:
            return judgment
        support = support_of(found, approved_by_now=bool(case.approvals_on(case.date_of_service)))
        lost = self._may_be_lost("authorizations", LOST_ANSWERS) if support.refused else ()
        return judged_support(judgment, support._replace(open_points=(*support.open_points, *lost)))

    def _may_be_lost(self, key: str, why: tuple[str, ...]) -> tuple[str, ...]:
        """Why something that is not on record may be among the lines that could not be used; empty where it is not."""
        return why if not self._terms.lost.isdisjoint(types_of(key)) else ()

    def _not_read(self, on: date, encounter: str | None) -> Iterator[str]:
        """Treatments of a visit that are on record and could not be read."""
        yield from plain_sentences(left.gap for left in self._left_out if left.is_of(on, encounter))

    @lazy
    def _left_out(self) -> tuple[LeftOutTreatment, ...]:
        gaps = (*(gap for line in self._record.unread for gap in line.gaps), *self._chart.gaps)
        return tuple(treatments_left_out(gaps, self._record.entered, self._calendar))

    def not_sure_of_bills(self, case: Case, billed: tuple[BilledLine, ...]) -> Iterator[str]:
        """Why it is not certain what was billed for a visit."""
        if self._terms.types is not None and self._terms.types.isdisjoint(types_of("charges")):
            yield NO_BILLS
        yield from self._bills.doubts(case, billed)
        yield from plain_sentences(gap for gap in self._chart.gaps if gap.fact is Fact.CHARGES)

    def treatments_not_known(self) -> Iterator[str]:
        """Treatments that may be on record all the same: not exported, not read, or among lines that were lost."""
        yield from plain_sentences(self._unread_treatments())
        yield from (
            self._may_be_lost("procedures", LOST_TREATMENTS) or self._may_be_lost("encounters", LOST_TREATMENTS)
        )

    def _unread_treatments(self) -> Iterator[Caveat]:
        for fact in (Fact.SESSIONS, Fact.ENCOUNTER):
            yield from self._chart.not_whole(fact)
        yield from (gap for gap in self._chart.gaps if gap.fact in {Fact.SESSIONS, Fact.ENCOUNTER})


def charges_withheld(found: Consultation) -> bool:
    """Whether the answer says not to bill the visit at all, so that it proposes no line."""
    return any(finding.withheld_by for finding in found.evaluation.findings if finding.rule in _OF_CHARGES)


def charges_left_open(found: Consultation) -> tuple[str, ...]:
    """What keeps the answer from saying what to bill, though units could be counted; empty where it says it."""
    outcomes = {rule.outcome for rule in found.evaluation.rules if rule.rule in _OF_CHARGES}
    if Outcome.GAP not in outcomes or Outcome.FIRED in outcomes:
        return ()
    gaps = (gap for gap in found.evaluation.gaps if not _OF_CHARGES.isdisjoint(gap.rules))
    return tuple(plain_sentences(Unknown(gap.fact, gap.why, gap.reference) for gap in gaps))


def _doubts_about_all(found: Consultation) -> tuple[str, ...]:
    """Doubts about the whole answer: dates that can be read in more than one way."""
    gaps = found.evaluation.gaps
    return tuple(plain_sentences(Unknown(gap.fact, gap.why) for gap in gaps if gap.fact is Fact.TIME_ZONE))


def _without_time(found: Consultation, unsure: tuple[str, ...], *, charged: bool) -> Judgment:
    """A visit without countable time: billed without support, unless the time may be on record all the same."""
    visit = found.case.visit
    if visit is not None and visit.more_than_a_day:
        return Judgment(Verdict.NOT_JUDGED, (TOO_LONG_A_DAY, *unsure))
    if not charged:
        return Judgment(Verdict.NOT_JUDGED, (NO_TIME_NOT_BILLED, *unsure))
    unread = found.case.chart.not_whole(Fact.SESSION_TIME)
    open_points = (*plain_sentences(unread), *unsure)
    return Judgment(Verdict.NOT_JUDGED if open_points else Verdict.UNSUPPORTED, (NO_TIME_BILLED, *open_points))
