"""Runs the rules of a moment over a case: findings, the trace of every rule, and what could not be known."""

from collections.abc import Iterable

from cds_service.domain.case import Case
from cds_service.domain.chart import Gap
from cds_service.domain.findings import Evaluation, Finding, MissingFact, Outcome, Proposal, RuleOutcome
from cds_service.policies.model import PolicyView
from cds_service.rules.catalogue import RULES
from cds_service.rules.rule import Answer, NotApplicable, Result, Rule


def evaluate(case: Case, policy: PolicyView, rules: Iterable[Rule] = RULES) -> Evaluation:
    """Answer the case with every rule that belongs to its moment.

    A rule whose declared facts nobody could deliver is not run: it ends in a gap. Resources that were left out of
    the chart stand beside the findings they might have changed, and take the recommendation off their suggestions.
    """
    chart = case.chart
    findings: list[Finding] = []
    outcomes: list[RuleOutcome] = []
    lacking: dict[Gap, list[str]] = {}
    for rule in rules:
        if case.moment not in rule.moments:
            continue
        left_out = [gap for gap in chart.gaps if gap.fact in rule.facts] if chart.gaps else []
        missing = [Gap(fact, chart.unavailable[fact]) for fact in rule.facts if fact in chart.unavailable]
        results: list[Result] = list(missing) if missing else list(rule.check(case, policy))
        answers = [result for result in results if isinstance(result, Answer)]
        gaps = [result for result in results if isinstance(result, Gap)]
        findings.extend(_finding(rule, answer, left_out) for answer in answers)
        outcomes.append(_outcome(rule, answers, gaps, results))
        for gap in (*gaps, *left_out):
            lacking.setdefault(gap, []).append(rule.id)
    return Evaluation(
        date_of_service=case.date_of_service,
        findings=tuple(findings),
        rules=tuple(outcomes),
        gaps=tuple(MissingFact(gap.fact, gap.why, tuple(ids), gap.reference) for gap, ids in lacking.items()),
        policies=policy.layers,
        episode=case.episode.label if case.episode else None,
        episode_key=case.episode.key if case.episode else None,
    )


def unanswered(case: Case, policy: PolicyView, gap: Gap, rules: Iterable[Rule] = RULES) -> Evaluation:
    """The evaluation of a case whose subject itself could not be had: every rule of the moment ends in that gap."""
    ids = tuple(rule.id for rule in rules if case.moment in rule.moments)
    return Evaluation(
        date_of_service=case.date_of_service,
        findings=(),
        rules=tuple(RuleOutcome(rule_id, Outcome.GAP, gap.why) for rule_id in ids),
        gaps=(MissingFact(gap.fact, gap.why, ids, gap.reference),),
        policies=policy.layers,
    )


def _finding(rule: Rule, answer: Answer, left_out: list[Gap]) -> Finding:
    caveats = (*answer.caveats, *left_out)
    proposals = answer.proposals
    if caveats:
        proposals = tuple(Proposal(one.key, one.changes, recommended=False, facts=one.facts) for one in proposals)
    return Finding(
        rule=rule.id,
        topic=rule.topic,
        kind=f"{rule.id}.{answer.kind}",
        severity=answer.severity,
        facts=answer.facts,
        values=answer.values,
        evidence=answer.evidence,
        subject=answer.subject,
        proposals=proposals,
        joins=answer.joins,
        caveats=caveats,
    )


def _outcome(rule: Rule, answers: list[Answer], gaps: list[Gap], results: list[Result]) -> RuleOutcome:
    if answers:
        return RuleOutcome(rule.id, Outcome.FIRED)
    if gaps:
        return RuleOutcome(rule.id, Outcome.GAP, gaps[0].why)
    reasons = [result.why for result in results if isinstance(result, NotApplicable)]
    if reasons:
        return RuleOutcome(rule.id, Outcome.NOT_APPLICABLE, reasons[0])
    return RuleOutcome(rule.id, Outcome.QUIET)
