"""Before and at the start of a program: the evaluation, the baseline test, the payer's entry criteria."""

from collections.abc import Iterator
from datetime import date, timedelta

from cds_service.domain.bill import Bill
from cds_service.domain.care import AssessmentKind
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Caveat, Fact, Unknown
from cds_service.domain.findings import Evidence, Severity, Topic
from cds_service.domain.terms import CRITERION_WORDS
from cds_service.domain.values import PolicyValue
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.rules.entry_criteria import check_entry
from cds_service.rules.measurements import of_episode
from cds_service.rules.rule import Answer, Result, Rule


def check_initial_evaluation(case: Case, _bill: Bill, policy: PolicyView) -> Iterator[Result]:
    """A program rests on a comprehensive evaluation on or before its first visit (R-1).

    Where the payer requires a baseline performance test within so many days of the start, that is watched too: late by
    the calendar, but within as many days of treatment, is a note; so is one that is wanted of the other kind of program
    alone, where the kind is not known. Entry criteria of the payer are a check-list, never a denial (R-5). Of
    treatments that were sent only in part neither a first visit nor a missing evaluation is told.
    """
    yield from check_entry(case, policy)
    if Fact.EVALUATIONS in case.chart.in_part:
        yield from case.chart.in_part[Fact.EVALUATIONS].gaps
        return
    first = case.episode.first if case.episode else None
    evaluations = of_episode(case, (AssessmentKind.EVALUATION,))
    evidence = (
        Evidence("first visit", first or "not yet"),
        *(Evidence(evaluation.kind.value, evaluation.date, evaluation.reference) for evaluation in evaluations),
    )
    subject = (first or case.date_of_service).isoformat()
    in_time = [evaluation for evaluation in evaluations if first is None or evaluation.date <= first]
    if not in_time:
        kind = "late" if evaluations else "missing"
        facts = {"first": first or "", "evaluation": evaluations[0].date if evaluations else ""}
        yield Answer(kind, Severity.WARNING, subject, facts, (), evidence, absent=(Fact.EVALUATIONS,))
    within = policy.get(params.BASELINE_WITHIN_DAYS)
    asked = next(iter(policy.of_one_program(params.BASELINE_WITHIN_DAYS)), None) if within is None else None
    within = within or asked
    if within is None or first is None:
        return
    last_day = first + timedelta(days=within.value - 1)
    tests = of_episode(case, (AssessmentKind.PERFORMANCE_TEST,))
    if not any(test.date <= last_day for test in tests) and case.date_of_service > last_day:
        days = {*case.treated.from_to(first, date.max), case.date_of_service}
        treated = sorted(day for day in days if day >= first)[: within.value]
        in_program = any(test.date <= treated[-1] for test in tests) or case.date_of_service in treated
        yield Answer(
            kind="baseline-late",
            severity=Severity.INFO if in_program or asked else Severity.WARNING,
            subject=subject,
            facts={
                "first": first,
                "within": within.value,
                "baseline": tests[0].date if tests else "",
                "program": (asked.program or "") if asked else "",
            },
            values=(within,),
            evidence=(
                Evidence("first visit", first),
                *(Evidence(test.kind.value, test.date, test.reference) for test in tests),
            ),
            caveats=tuple(_caveats(asked, in_program=in_program)),
            absent=(Fact.EVALUATIONS,),
        )


def _caveats(asked: PolicyValue[int] | None, *, in_program: bool) -> Iterator[Caveat]:
    """What is open about a late baseline; ``asked`` is a value for one kind of program where the kind is not known."""
    if asked is not None:
        yield Unknown(Fact.PROGRAM, f"the payer requires the test for work {asked.program}: check which program it is")
    if in_program:
        yield Unknown(Fact.POLICY, "the payer's text does not say whether it means calendar days or program days")


RULES = (
    Rule(
        id="initial-evaluation",
        topic=Topic.REASSESSMENT,
        title="Evaluation before the program",
        moments=frozenset({Moment.ORDER, Moment.VISIT_CLOSE}),
        facts=(Fact.EVALUATIONS, Fact.SESSIONS),
        parameters=(
            params.BASELINE_WITHIN_DAYS,
            params.ENTRY_CRITERIA,
            params.ENTRY_MONTHS,
            params.PROVIDER_APPROVED,
            params.PROGRAM_ACCREDITED,
        ),
        sources=("R-1", "R-5"),
        check=check_initial_evaluation,
        about=("visit", "orders"),
        terms=CRITERION_WORDS,
    ),
)
