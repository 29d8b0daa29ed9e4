"""Ceilings on the units of one date: national unit edits, the payer's own, and those of performance tests."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from cds_service.domain.bill import Bill
from cds_service.domain.care import AssessmentKind
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Fact, Unknown
from cds_service.domain.codes import DISCIPLINE_OF_MODIFIER, PERFORMANCE_TEST, TREATMENTS, WORK_REHAB
from cds_service.domain.findings import Evidence, Severity, Topic
from cds_service.domain.values import PolicyValue, undisputed, values
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.policies.pair_edits import NO_TABLE
from cds_service.policies.shapes import Mue
from cds_service.rules.measurements import of_episode
from cds_service.rules.not_checked import earlier_in_the_week
from cds_service.rules.rule import Answer, NotApplicable, Result, Rule

QUARTERS_OF_AN_HOUR = 4
_TESTS = (AssessmentKind.PERFORMANCE_TEST,)


def check_unit_ceiling(case: Case, bill: Bill, policy: PolicyView) -> Iterator[Result]:
    """Units over the medically unlikely edit or over the payer's daily maximum (E-2).

    An edit with adjudication indicator 2 follows from the code itself; one with indicator 3 is clinical and may be
    passed with documentation of medical necessity. The units treated stay as they are: the card says what they meet.
    Lines of one claim count together; what the visit's time makes counts as the charges propose it. Some payers limit
    the units of modalities and procedures that a discipline has in a day (T-7), and the hours and number of functional
    capacity evaluations, 97750, of an injury (R-1). Where no one knows whether a payer uses the national edits, that is
    asked once in a week of the program: not again on a visit that is no longer than one before it.
    """
    billed = _billed(case, bill)
    units = {code: sum(by_discipline.values()) for code, by_discipline in billed.items()}
    yield from _per_code(case, policy, units)
    yield from _therapy_a_day(case, policy, billed)
    if PERFORMANCE_TEST in units:
        yield from _performance_test(case, policy, units[PERFORMANCE_TEST])


def _billed(case: Case, bill: Bill) -> dict[str, dict[str, float]]:
    """Units of the date by code and discipline modifier (or ``""``): as the visit makes them, else as charged."""
    found: dict[str, dict[str, float]] = {}
    for line in (*bill.visit.program.lines, *bill.visit.other_lines) if bill.visit is not None else ():
        of_code = found.setdefault(line.code, defaultdict(float))
        of_code[_discipline(line.modifiers)] += line.units
    proposed = WORK_REHAB.union(found) if found else frozenset[str]()
    for claim, indexes in case.claims_of_date:
        of_claim: dict[str, dict[str, float]] = {}
        for charged in (claim.lines[index] for index in indexes):
            if charged.code not in proposed:
                of_code = of_claim.setdefault(charged.code, defaultdict(float))
                of_code[_discipline(charged.modifiers)] += charged.units
        for code, units in of_claim.items():
            found[code] = max(found.get(code, {}), units, key=lambda of_code: sum(of_code.values()))
    return found


def _discipline(modifiers: tuple[str, ...]) -> str:
    return next((modifier for modifier in modifiers if modifier in DISCIPLINE_OF_MODIFIER), "")


def _per_code(case: Case, policy: PolicyView, units: Mapping[str, float]) -> Iterator[Result]:
    apply, mue, setting = policy.get(params.EDITS_APPLY), policy.get(params.EDIT_MUE), policy.get(params.EDIT_SETTING)
    daily = policy.get(params.DAILY_MAXIMUM)
    own_limit = {PERFORMANCE_TEST} if policy.get(params.TEST_HOURS) is not None else set()
    for code, count in units.items():
        facts = {"code": code, "units": count}
        subject = f"{case.date_of_service.isoformat()}/{code}"
        evidence = (Evidence(f"units of {code}", count),)
        if daily is not None and count > daily.value.get(code, count):
            facts_ = {**facts, "ceiling": daily.value[code]}
            yield Answer("payer", Severity.WARNING, subject, facts_, (daily,), evidence)
        elif apply is not None and apply.value != "off" and mue is None:
            yield NO_TABLE
        elif apply is not None and apply.value != "off" and mue is not None and code in mue.value.keys() - own_limit:
            edit = mue.value[code]
            hospital = setting is not None and setting.value == "hospital"
            ceiling = edit.hospital if hospital else edit.practitioner
            if ceiling is None:
                yield NO_TABLE
            elif count > ceiling:
                weekly = apply.value == "warn" and code in WORK_REHAB
                if weekly and _asked_this_week(case):
                    yield NotApplicable(f"whether this payer uses the edit of {code} was asked earlier this week")
                    continue
                met = {**facts, "ceiling": ceiling, "mai": edit.mai, "applies": apply.value, "weekly": weekly}
                decided = values(_row_of(mue, code), undisputed(apply), setting)
                yield Answer("mue", Severity.WARNING, subject, met, decided, evidence)


@lru_cache(maxsize=1024)
def _row_of(mue: PolicyValue[Mapping[str, Mue]], code: str) -> PolicyValue[Mapping[str, Mue]]:
    """Of the table the row of one code; what its sources differ on is about work rehabilitation."""
    row = mue.plain.get(code) if isinstance(mue.plain, Mapping) else None
    conflict = mue.conflict if code in WORK_REHAB else None
    return replace(mue, value={code: mue.value[code]}, plain={code: row}, conflict=conflict)


def _asked_this_week(case: Case) -> bool:
    """Whether the same payer's visit was as long on an earlier day of the week: its units were over the edit, too."""
    minutes = case.visit.minutes if case.visit is not None else 0
    days = [day for day in earlier_in_the_week(case) if case.payer is None or case.payer.in_force(day)]
    return minutes > 0 and any(case.visits[day].minutes >= minutes for day in days)


def _therapy_a_day(case: Case, policy: PolicyView, billed: Mapping[str, Mapping[str, float]]) -> Iterator[Result]:
    most = policy.get(params.THERAPY_DAILY_MAXIMUM)
    if most is None:
        return
    counted: dict[str, dict[str, float]] = defaultdict(dict)
    for code in sorted(TREATMENTS & billed.keys()):
        for discipline, units in billed[code].items():
            counted[discipline][code] = units
    for discipline, of_code in counted.items():
        total = sum(of_code.values())
        if total > most.value:
            yield Answer(
                kind="therapy",
                severity=Severity.WARNING,
                subject=f"{case.date_of_service.isoformat()}/{discipline}",
                facts={"units": total, "ceiling": most.value, "discipline": discipline},
                values=(most,),
                evidence=tuple(Evidence(f"units of {code}", units) for code, units in of_code.items()),
            )


def _performance_test(case: Case, policy: PolicyView, units: float) -> Iterator[Result]:
    """Hours of the test by its kind, and how many there were; which kind a later one is, the chart does not tell."""
    day = case.date_of_service
    billed = [test for test in case.chart.assessments if test.tool == PERFORMANCE_TEST and test.date < day]
    on_record = {test.date for test in billed}
    earlier = {test.date: test for test in of_episode(case, _TESTS) if test in billed}
    evidence = (
        Evidence(f"units of {PERFORMANCE_TEST}", units),
        *(Evidence("earlier performance test", test.date, test.reference) for test in earlier.values()),
    )
    most = policy.get(params.TESTS_PER_INJURY)
    if most is not None and len(on_record) + 1 > most.value:
        yield Answer(
            kind="tests",
            severity=Severity.WARNING,
            subject=f"{day.isoformat()}/{PERFORMANCE_TEST}/number",
            facts={"count": len(on_record) + 1, "ceiling": most.value},
            values=(most,),
            evidence=evidence,
            caveats=(
                Unknown(Fact.ASSESSMENTS, "tests for another injury, and tests that the payer ordered, count apart"),
            ),
        )
    limits = policy.get(params.TEST_HOURS)
    if limits is None:
        return
    hours = units / QUARTERS_OF_AN_HOUR
    possible = {kind: limit for kind, limit in limits.value.items() if (kind == "initial") is not bool(earlier)}
    over = sorted(kind for kind, limit in possible.items() if hours > limit)
    if over:
        every = len(over) == len(possible)
        yield Answer(
            kind="test-hours" if every else "test-kind",
            severity=Severity.WARNING if every else Severity.INFO,
            subject=f"{day.isoformat()}/{PERFORMANCE_TEST}/hours",
            facts={
                "hours": hours,
                "ceiling": max(possible.values()),
                "kinds": tuple(sorted(possible)),
                "over": tuple(over),
            },
            values=(limits,),
            evidence=evidence,
        )


RULES = (
    Rule(
        id="unit-ceiling",
        topic=Topic.EDIT,
        title="Units over a ceiling",
        moments=frozenset({Moment.VISIT_CLOSE}),
        facts=(Fact.SESSIONS,),
        parameters=(
            params.DAILY_MAXIMUM,
            params.EDIT_MUE,
            params.EDITS_APPLY,
            params.EDIT_SETTING,
            params.THERAPY_DAILY_MAXIMUM,
            params.TEST_HOURS,
            params.TESTS_PER_INJURY,
        ),
        sources=("E-2", "E-3", "E-6", "R-1", "T-7"),
        check=check_unit_ceiling,
        about=("visit",),
        uses_bill=True,
    ),
)
