"""Whether the case is work-related and whether the payer in line pays for work rehabilitation at all."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from cds_service.domain.bill import Bill
from cds_service.domain.case import AT_LINES, Case, Moment
from cds_service.domain.chart import Caveat, Fact, Unknown
from cds_service.domain.codes import PayerClass
from cds_service.domain.coverage_and_claims import Coverage, CoverageAssertion
from cds_service.domain.findings import Evidence, Severity, Topic
from cds_service.domain.payment import CLASS_NOT_KNOWN, REFUSES, claim_to_look_for, compensation_after
from cds_service.domain.values import values
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.rules.answers import not_covered
from cds_service.rules.rule import Answer, Result, Rule


def check_work_relation(case: Case, _bill: Bill, policy: PolicyView) -> Iterator[Result]:
    """Both codes are for rehabilitation after a work-related injury; the chart has to show one (WR-CODE-2).

    Workers' compensation coverage, ICD-10-CM Y99.0, an accident on the claim or a written statement count. Where the
    payer excludes work rehabilitation its card asks about the work injury.
    """
    if case.chart.injury:
        return
    unread = [fact for fact in (Fact.COVERAGE, Fact.INJURY) if fact in case.chart.unavailable]
    if unread:
        yield Unknown(Fact.INJURY, case.chart.unavailable[unread[0]])
        return
    yield Answer(
        kind="missing",
        severity=Severity.WARNING,
        subject=case.date_of_service.isoformat(),
        evidence=(
            Evidence("workers' compensation coverage", "none"),
            Evidence("Y99.0, accident or statement of a work injury", "none"),
        ),
        joins="payer-coverage" if _excluded(case, policy) else None,
    )


def _excluded(case: Case, policy: PolicyView) -> bool:
    position = policy.get(params.COVERAGE_POSITION)
    return (
        case.payer is not None
        and compensation_after(case) is None
        and position is not None
        and position.value == "excluded"
    )


def check_payer_coverage(case: Case, bill: Bill, policy: PolicyView) -> Iterator[Result]:
    """Medicare restricts work rehabilitation, most medical plans exclude it, workers' compensation pays (COV-1, COV-2).

    For a work injury workers' compensation comes first: where another payer stands before it, or in its place, the
    claim is looked for. Some employers are outside the system, some claims are denied, and the self-employed may have
    none. Medicare does not pay where workers' compensation has paid or can reasonably be expected to pay
    (42 USC 1395y(b)(2)). Fires as well where the coverage contradicts itself about the kind of payer, and when no
    coverage is on file at all. The payer's own word on an order, appointment or encounter that it does not cover
    the service (CRD) is told at every moment, all else at orders and closing visits.
    """
    yield from map(_denied_by_payer, not_covered(case))
    if case.moment not in AT_LINES:
        return
    payer = case.payer
    if payer is None:
        expired = tuple(
            Evidence("coverage not in force", coverage.payer_class.words, coverage.reference)
            for coverage in case.chart.coverages
        )
        yield Answer(
            kind="none",
            severity=Severity.WARNING,
            subject=case.date_of_service.isoformat(),
            evidence=expired or (Evidence("active coverage", "none"),),
            absent=(Fact.COVERAGE,),
        )
        return
    answered = False
    for result in (*_wrong_payer(case, payer), *_own_position(case, bill, payer, policy)):
        yield replace(result, joins="payer-coverage") if answered and isinstance(result, Answer) else result
        answered = answered or isinstance(result, Answer)


def _wrong_payer(case: Case, payer: Coverage) -> Iterator[Answer]:
    """Workers' compensation behind another payer or missing although the injury is from work, and contradictions."""
    evidence = tuple(_payer_evidence(coverage) for coverage in case.payers)
    compensation = compensation_after(case)
    if compensation is not None:
        yield Answer(
            kind="order",
            severity=Severity.WARNING,
            subject=payer.reference,
            facts={"first": payer.payer_class.value, "other": compensation.payer_class.value},
            evidence=evidence,
        )
    elif claim_to_look_for(case):
        yield Answer(
            kind="work-injury",
            severity=Severity.WARNING,
            subject=payer.reference,
            facts={"payer": payer.payer_class.value, "medicare": payer.payer_class is PayerClass.MEDICARE},
            evidence=(
                *evidence,
                *(Evidence(evidence_.kind, evidence_.value, evidence_.reference) for evidence_ in case.chart.injury),
            ),
            absent=(Fact.COVERAGE,),
        )
    if payer.doubts:
        yield Answer(
            kind="doubt",
            severity=Severity.WARNING,
            subject=payer.reference,
            facts={"payer": payer.payer_class.value, "doubts": payer.doubts},
            evidence=evidence,
        )


def _own_position(case: Case, bill: Bill, payer: Coverage, policy: PolicyView) -> Iterator[Answer | Caveat]:
    """What the payer in line itself says of work rehabilitation; nothing where workers' compensation stands behind."""
    if compensation_after(case) is not None:
        return
    if payer.payer_class is PayerClass.UNKNOWN:
        yield Unknown(Fact.COVERAGE, CLASS_NOT_KNOWN, payer.reference)
    evidence = tuple(_payer_evidence(coverage) for coverage in case.payers)
    position = policy.get(params.COVERAGE_POSITION)
    if position is not None and position.value == "unknown" and position.unverified:
        yield Answer(
            kind="question",
            severity=Severity.INFO,
            subject=payer.reference,
            facts={"policy": position.unverified[0].of.policy},
            values=(position,),
            evidence=evidence,
        )
    elif position is None or position.value == "unknown":
        yield Unknown(Fact.POLICY, "no policy of this payer on work rehabilitation is on file", payer.reference)
    elif position.value in REFUSES:
        excluded = policy.get(params.EXCLUDED_CODES)
        codes = _excluded_of_date(case, bill, excluded.value) if excluded is not None else ()
        yield Answer(
            kind=position.value,
            severity=Severity.WARNING,
            subject=payer.reference,
            facts={"policy": position.policy, "injury": bool(case.chart.injury), "codes": codes},
            values=values(position, excluded if codes else None),
            evidence=evidence,
        )


def _denied_by_payer(assertion: CoverageAssertion) -> Answer:
    return Answer(
        kind="not-covered",
        severity=Severity.WARNING,
        subject=assertion.reference,
        facts={"reason": assertion.reason or "", "codes": assertion.codes},
        evidence=(Evidence("payer's answer", "not covered", assertion.reference),),
    )


def _excluded_of_date(case: Case, bill: Bill, codes: Collection[str]) -> tuple[str, ...]:
    """Other codes of the visit's date that the payer excludes as well."""
    billed = bill.codes if case.moment is Moment.VISIT_CLOSE else ()
    return tuple(code.code for code in billed if code.code in codes)


def _payer_evidence(coverage: Coverage) -> Evidence:
    kind = coverage.payer_class.words
    names = [name for name in coverage.payers if "/" not in name and name.casefold() != kind.casefold()]
    about = f"{kind}, {names[0]}" if names else kind
    return Evidence("coverage", about, coverage.reference)


RULES = (
    Rule(
        id="work-relation",
        topic=Topic.COVERAGE,
        title="Work-related injury",
        moments=AT_LINES,
        facts=(),
        parameters=(params.COVERAGE_POSITION,),
        sources=("WR-CODE-2",),
        check=check_work_relation,
    ),
    Rule(
        id="payer-coverage",
        topic=Topic.COVERAGE,
        title="Coverage of work rehabilitation",
        moments=frozenset(Moment),
        facts=(Fact.COVERAGE,),
        parameters=(params.COVERAGE_POSITION, params.EXCLUDED_CODES),
        sources=("COV-1", "COV-2"),
        check=check_payer_coverage,
        uses_bill=True,
    ),
)
