"""Measured progress every week, and the payer's reports."""

from collections.abc import Iterator
from datetime import timedelta

from cds_service.domain.bill import Bill
from cds_service.domain.care import AssessmentKind
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Fact, Unknown
from cds_service.domain.findings import Evidence, FactValue, Severity, Topic
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.rules.applies import the_program
from cds_service.rules.measurements import measurements, of_episode
from cds_service.rules.rule import Answer, NotApplicable, Result, Rule

ON_VISITS = frozenset({Moment.VISIT_START, Moment.VISIT_CLOSE, Moment.OVERVIEW})
RESTS_ON = (Fact.ASSESSMENTS, Fact.SESSIONS)


def check_reassessment(case: Case, _bill: Bill, policy: PolicyView) -> Iterator[Result]:
    """Weekly assessment and re-evaluation with objective tools and measurements of function (R-2).

    Due at a visit when the interval is reached, overdue when it is passed with a visit in between, before the one
    asked about. The evaluation counts as the first one. A re-evaluation or performance test counts as done on its date;
    where its result is not on record that is said. Pain alone, and what measures no function, does not count; a
    measurement that may be of function and may not is asked about. Where not all measurements were sent, it may be
    overdue, as far as sent.
    """
    interval = policy.get(params.REASSESSMENT_INTERVAL)
    episode = the_program(case)
    if interval is None:
        yield NotApplicable("the payer's policy sets no interval")
        return
    day, on_file = case.date_of_service, measurements(case, policy)
    last, done = on_file.last, on_file.last_done
    if (day - (last.date if last is not None else episode.first)).days < interval.value:
        return
    since = done.date if done is not None else episode.first
    gap = (day - since).days
    visits = case.treated.from_to(since, day - timedelta(days=1))
    treated = [visit for visit in visits if done is None or visit != done.date]
    unseen = done if done is not None and done is not last else None
    subject = episode.first.isoformat()
    asked = on_file.questions_since(last.date if last is not None else None)
    pain = [assessment for assessment in on_file.pain if last is None or assessment.date > last.date][-1:]
    evidence = (
        *(
            Evidence(f"{assessment.kind.value}, result not seen", assessment.date, assessment.reference)
            for assessment in [unseen]
            if assessment is not None
        ),
        *(
            Evidence("last measured", assessment.date, assessment.reference)
            for assessment in [last]
            if assessment is not None
        ),
        *(Evidence("pain only", assessment.date, assessment.reference) for assessment in pain),
        Evidence("visits since", len(treated)),
        Evidence("days since", gap),
    )
    facts: dict[str, FactValue] = {"pain": pain[0].date if pain else ""}
    if unseen is not None:
        facts["unseen"] = unseen.kind.value
    if unseen is not None and gap < interval.value:
        facts |= {"date": unseen.date, "last": last.date if last is not None else ""}
        yield Answer(
            "not-objective", Severity.INFO, subject, facts, (interval,), evidence, caveats=asked, absent=RESTS_ON
        )
    elif gap > interval.value and not treated and case.moment is Moment.OVERVIEW:
        return
    elif done is None:
        facts |= {"first": episode.first, "days": gap}
        yield Answer("never", Severity.WARNING, subject, facts, (interval,), evidence, caveats=asked, absent=RESTS_ON)
    elif gap == interval.value or not treated:
        facts["last"] = done.date
        yield Answer("due", Severity.INFO, subject, facts, (interval,), evidence, caveats=asked, absent=RESTS_ON)
    else:
        facts |= {"last": done.date, "days_over": gap - interval.value, "interval": interval.value}
        yield Answer("overdue", Severity.WARNING, subject, facts, (interval,), evidence, caveats=asked, absent=RESTS_ON)


def check_progress_report(case: Case, _bill: Bill, policy: PolicyView) -> Iterator[Result]:
    """A progress report at least once every so many treatment days, the first treatment day counted (R-3).

    An evaluation, a re-evaluation or a performance test stands for a report, results alone do not; documents themselves
    are not read.
    """
    every = policy.get(params.PROGRESS_REPORT_DAYS)
    if every is None:
        yield NotApplicable("the payer's policy counts no treatment days")
        return
    episode = the_program(case)
    reporting = (AssessmentKind.EVALUATION, AssessmentKind.REEVALUATION, AssessmentKind.PERFORMANCE_TEST)
    reports = [report for report in of_episode(case, reporting) if not report.result]
    last = reports[-1].date if reports else None
    if last == case.date_of_service:
        return
    since = last or episode.first
    treated = {*case.treated.from_to(since, case.date_of_service)} | ({last} if last else set())
    if len(treated) >= every.value:
        yield Answer(
            kind="due",
            severity=Severity.WARNING,
            subject=episode.first.isoformat(),
            facts={"days": len(treated), "count": every.value, "last": last or ""},
            values=(every,),
            evidence=(
                Evidence("treatment days since the last report", len(treated)),
                *(Evidence("last report", report.date, report.reference) for report in reports[-1:]),
            ),
            caveats=(Unknown(Fact.DOCUMENTS, "progress notes kept as documents are not read"),),
            absent=(Fact.EVALUATIONS,),
        )


RULES = (
    Rule(
        id="reassessment",
        topic=Topic.REASSESSMENT,
        title="Weekly reassessment",
        moments=ON_VISITS,
        facts=(Fact.ASSESSMENTS, Fact.SESSIONS),
        parameters=(params.REASSESSMENT_INTERVAL, params.REASSESSMENT_TOOLS),
        sources=("R-2",),
        check=check_reassessment,
        about=("program",),
    ),
    Rule(
        id="progress-report",
        topic=Topic.REASSESSMENT,
        title="Progress report",
        moments=ON_VISITS,
        facts=(Fact.EVALUATIONS, Fact.SESSIONS, Fact.COVERAGE),
        parameters=(params.PROGRESS_REPORT_DAYS,),
        sources=("R-3",),
        check=check_progress_report,
        about=("program",),
    ),
)
