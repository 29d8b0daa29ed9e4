"""Each visit of a patient: what its discharge would have answered on its day, what was billed, how they compare."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Final

from cards.gaps import plain_sentences
from cards.numbers import codes, day
from cds_service.audit.as_of import RecordInTime
from cds_service.audit.audit_terms import Terms
from cds_service.audit.bill_judge import BillJudge
from cds_service.audit.billed import BilledLine, Bills
from cds_service.audit.charts_in_time import ChartsInTime
from cds_service.audit.patients import PatientRecord
from cds_service.audit.rows import Verdict
from cds_service.audit.unread_lines import with_unread_visit
from cds_service.audit.verdicts import Judgment
from cds_service.billing.bills import bill_of
from cds_service.consultation.consult import Consultation, consult
from cds_service.consultation.question import Question
from cds_service.domain.bill import Bill
from cds_service.domain.care import Session
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart, Unknown
from cds_service.domain.codes import WORK_REHAB
from cds_service.domain.frozen import dataclass
from cds_service.domain.lazy import lazy
from cds_service.errors import DataNeeded
from cds_service.fhir.reading.prefetch import Prefetch
from cds_service.policies.stack import PolicyStack

MIDDAY: Final = time(12)
"""When a past call is made: a moment that lies on the same date in every time zone of the United States."""
BY_NOW: Final = "Right by the record as it stands now; on the day of the visit it said something else."
NO_ANSWER: Final = "Nothing can be said of this visit: no treatment of it can be read."
ENTERED_LATER: Final = "No treatment of this visit was on record by the end of its day."
ONE_BILL: Final = (
    "There were visits for several injuries on this date, and a bill does not say which of them it is for."
)

_MAY_HAVE_CHANGED: Final = frozenset({Verdict.UNDER_CODED, Verdict.OVER_CODED, Verdict.WRONG_CODING})
_A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class PastVisit:
    """A visit looked back at.

    ``consultation`` is the answer of its discharge, None where there was none; ``bill`` the visit's bill made beside
    what was billed; ``case`` the visit with all bills of the patient.
    """

    date: date
    encounter: str | None
    consultation: Consultation | None
    bill: Bill | None
    billed: tuple[BilledLine, ...]
    judgment: Judgment
    case: Case
    caveats: tuple[str, ...] = ()

    @property
    def answered(self) -> Consultation | None:
        """The answer where it is about this date: with a treatment entered later, a series spoke of an earlier one."""
        found = self.consultation
        return found if found is not None and found.case.date_of_service == self.date else None


class Patient:
    """A patient whose visits are looked back at; what depends on the whole record is worked out once.

    Args:
        record: The record as exported.
        policies: What to decide by.
        terms: What was asked for.
    """

    def __init__(self, record: PatientRecord, policies: PolicyStack, terms: Terms) -> None:
        self.record = record
        self._policies = policies
        self._terms = terms
        self._whole = self.question(record.prefetch, Moment.VISIT_CLOSE, None)
        self.in_time = RecordInTime(record, self._whole.calendar)

    def question(self, prefetch: Prefetch, moment: Moment, encounter: str | None) -> Question:
        """A question about the patient and a record."""
        return Question(
            moment=moment,
            patient_id=self.record.patient,
            prefetch=with_unread_visit(prefetch, self.record.unread, encounter),
            encounter_id=encounter.rpartition("/")[2] if encounter is not None else None,
            server=self.record.server,
            jurisdiction=self._terms.jurisdiction or None,
        )

    @property
    def chart(self) -> Chart:
        """The chart of the whole record."""
        return self._whole.chart

    @lazy
    def bills(self) -> Bills:
        """All that was billed."""
        return Bills(self.chart, self.record.lines)

    def visits(self) -> Iterator[PastVisit]:
        """The visits within the dates asked for, by date: all that were treated, and dates that were billed only."""
        treated = self.chart.history.treated.visits
        for on in sorted({*treated, *self.bills.program_dates}):
            if not self._terms.asks_about(on):
                continue
            if on not in treated:
                yield self._billed_only(on)
                continue
            yield from told_apart(list(self._visits_on(on, treated[on].sessions)))

    def _visits_on(self, on: date, sessions: Sequence[Session]) -> Iterator[PastVisit]:
        """The visits of a date: two encounters of one injury are one."""
        seen: set[str] = set()
        for session in sessions:
            if session.reference not in seen:
                visit = self._looked_at(on, session.encounter)
                seen |= _treatments(visit, sessions, session.encounter)
                yield visit

    def answer(
        self, on: date, encounter: str | None, moment: Moment = Moment.VISIT_CLOSE, by: date | None = None
    ) -> Consultation | None:
        """What a call would have answered with all that was on record by the end of a day, but no bill of the visit.

        Args:
            on: The day.
            encounter: The visit; None where the moment has none.
            moment: What is asked.
            by: The day by whose end something had to be on record to count; the day itself without it.

        Raises:
            DataNeeded: nothing can be said without data that the export does not hold.
        """
        question = self._question(on, encounter, moment, by or on)
        now = datetime.combine(on, MIDDAY, tzinfo=question.calendar.zone)
        return consult(question, self._policies, now=now)

    def _question(self, on: date, encounter: str | None, moment: Moment, by: date) -> Question:
        """The question of a call at the end of a day: with a chart that was read already, where there is one."""
        if moment is not Moment.VISIT_CLOSE:
            return self.question(self.in_time.by(by), moment, encounter)
        bills = self._bills_of(on, encounter)
        found = self._charts.of(on, encounter, bills, by)
        if found is None:
            return self._before_billing(on, encounter, bills, by)
        chart, calendar = found
        prefetch = self.record.prefetch if calendar.settled else self.in_time.by(by, bills)  # read again by other zones
        return replace(self.question(prefetch, moment, encounter), chart_read=chart, dates_by=calendar)

    def _before_billing(self, on: date, encounter: str | None, bills: frozenset[str], by: date) -> Question:
        """The question without any bill of the visit: where a claim is taken out, the same charge may come up again.

        A chart counts a charge item, an explanation of benefits or an older claim only where nothing stands for it.
        """
        while True:
            question = self.question(self.in_time.by(by, bills), Moment.VISIT_CLOSE, encounter)
            case = Case(Moment.VISIT_CLOSE, on, on, question.chart, encounter=encounter)
            more = {claim.reference for claim, _ in case.claims_of_date} - bills - self.bills.drafts
            if not more:
                return question
            bills |= more

    @lazy
    def _judge(self) -> BillJudge:
        return BillJudge(self.record, self._whole, self.bills, self._terms)

    @lazy
    def _charts(self) -> ChartsInTime:
        return ChartsInTime(self._whole, self.record, self.in_time, self.bills)

    def _bills_of(self, on: date, encounter: str | None) -> frozenset[str]:
        case = self.bills.case(on, encounter)
        return frozenset(claim.reference for claim, _ in case.claims_of_date) - self.bills.drafts

    def _looked_at(self, on: date, encounter: str | None) -> PastVisit:
        case = self.bills.case(on, encounter)
        billed = self.bills.of_visit(case)
        try:
            found = self.answer(on, encounter)
        except DataNeeded as refused:
            return PastVisit(on, encounter, None, None, billed, Judgment(Verdict.NOT_JUDGED, (refused.text,)), case)
        if found is None or found.case.date_of_service != on or found.case.visit is None:
            gaps = found.evaluation.gaps if found is not None else ()
            unread = tuple(plain_sentences(Unknown(gap.fact, gap.why, gap.reference) for gap in gaps))
            why = (unread or (NO_ANSWER,)) if self._was_on_record(on) else (ENTERED_LATER,)
            return PastVisit(on, encounter, found, None, billed, Judgment(Verdict.NOT_JUDGED, why), case)
        beside = found.bill
        judgment = self._judge.judged(found, beside, billed, case)
        if judgment.verdict is not Verdict.RIGHT and billed:
            beside = beside_bills(found, case)
            judgment = self._judge.judged(found, beside, billed, case)
        if judgment.verdict in _MAY_HAVE_CHANGED:
            judgment = self._judged_by_now(on, encounter, billed, case) or judgment
        return PastVisit(on, encounter, found, beside, billed, judgment, case, self.in_time.caveats(on))

    def _was_on_record(self, on: date) -> bool:
        """Whether a treatment of a date was on record by its end."""
        treated = self.chart.history.treated.visits[on].sessions
        return any(self.in_time.since(session.reference) <= on for session in treated)

    def _judged_by_now(
        self, on: date, encounter: str | None, billed: tuple[BilledLine, ...], case: Case
    ) -> Judgment | None:
        """That what was billed is right by the record as it stands now, completed after the visit; else None."""
        found = self.answer(on, encounter, by=date.max)
        if found is None or found.case.date_of_service != on or found.case.visit is None:
            return None
        judgment = self._judge.judged(found, beside_bills(found, case), billed, case)
        return Judgment(Verdict.RIGHT, (BY_NOW, *judgment.reasons)) if judgment.verdict is Verdict.RIGHT else None

    def _billed_only(self, on: date) -> PastVisit:
        """A date that was billed without a treatment of work rehabilitation on record."""
        case = self.bills.case(on, None)
        billed = self.bills.of_visit(case)
        charged = codes([line for line in billed if line.code in WORK_REHAB])
        why = f"{charged} was billed for {day(on)}; no treatment of work rehabilitation is on record for that date."
        near = [day(beside) for beside in (on - _A_DAY, on + _A_DAY) if beside in self.chart.history.treated.visits]
        beside = (f"Check the date of service: a visit is on record for {near[0]}.",) if near else ()
        unsure = (*self._judge.treatments_not_known(), *self._judge.not_sure_of_bills(case, billed), *beside)
        verdict = Verdict.NOT_JUDGED if unsure else Verdict.UNSUPPORTED
        return PastVisit(on, None, None, None, billed, Judgment(verdict, (why, *unsure)), case)


def told_apart(visits: Sequence[PastVisit]) -> Iterator[PastVisit]:
    """The visits of a date, each bill with one of them; where a bill may be of several, none of these is judged."""
    claims = Counter(claim for visit in visits for claim in {line.claim for line in visit.billed})
    counted: set[str] = set()
    for visit in visits:
        own = {line.claim for line in visit.billed}
        if any(claims[claim] > 1 for claim in own):
            billed = tuple(line for line in visit.billed if line.claim not in counted)
            yield replace(visit, billed=billed, judgment=Judgment(Verdict.NOT_JUDGED, (ONE_BILL,)))
        else:
            yield visit
        counted |= own


def _treatments(visit: PastVisit, of_date: Iterable[Session], encounter: str | None) -> set[str]:
    """The treatments of a date that a visit is made of: two encounters of one injury are one visit."""
    found = visit.answered
    answered = found.case.visit.sessions if found is not None and found.case.visit is not None else ()
    of_encounter = [session for session in of_date if session.encounter == encounter]
    return {session.reference for session in (*answered, *of_encounter)}


def beside_bills(found: Consultation, case: Case) -> Bill:
    """The bill of a visit made beside what was billed for it, so that what only a person can decide is left to them."""
    claims = (*found.case.chart.claims, *(claim for claim, _ in case.claims_of_date))
    if len(claims) == len(found.case.chart.claims):
        return found.bill
    chart = replace(found.case.chart, claims=tuple({claim.reference: claim for claim in claims}.values()))
    return bill_of(replace(found.case, chart=chart), found.policy)
