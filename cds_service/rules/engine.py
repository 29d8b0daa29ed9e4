"""Runs the rules of a moment over a case: findings, the trace of every rule, and what could not be known."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from cds_service.domain.case import Case
from cds_service.domain.chart import Chart, Fact, Gap
from cds_service.domain.findings import Evaluation, Finding, MissingFact, Outcome, Proposal, RuleOutcome
from cds_service.policies.model import PolicyView
from cds_service.rules.catalogue import RULES
from cds_service.rules.companions import as_paid
from cds_service.rules.rule import Answer, Rule


def evaluate(case: Case, policy: PolicyView, rules: Iterable[Rule] = RULES) -> Evaluation:
    """Answer the case with every rule that belongs to its moment.

    A rule whose declared facts nobody could deliver is not run: it ends in a gap. Resources that were left out of
    the chart stand beside the findings they might have changed, and take the recommendation off their suggestions.
    What could not be known about the chart is named even where no rule ended in it.
    """
    chart, moment = case.chart, case.moment
    findings: list[Finding] = []
    outcomes: list[RuleOutcome] = []
    lacking: dict[Gap, list[str]] = {}
    asked = [rule for rule in rules if moment in rule.moments]
    case = as_paid(case, policy)
    for rule in asked:
        left_out = [gap for gap in chart.gaps if gap.fact in rule.facts] if chart.gaps else []
        unavailable = [fact for fact in rule.facts if fact in chart.unavailable] if chart.unavailable else []
        missing = [Gap(fact, chart.unavailable[fact]) for fact in unavailable]
        fired = False
        lacks: str | None = None
        not_applicable: str | None = None
        for result in missing or rule.check(case, policy):
            if isinstance(result, Answer):
                fired = True
                findings.append(_finding(rule, result, left_out))
            elif isinstance(result, Gap):
                lacks = lacks or result.why
                lacking.setdefault(result, []).append(rule.id)
            else:
                not_applicable = not_applicable or result.why
        outcomes.append(_outcome(rule.id, lacks, not_applicable, fired=fired))
        for gap in left_out:
            lacking.setdefault(gap, []).append(rule.id)
    if policy.lacking is not None:
        lacking[Gap(Fact.POLICY, generic_used(policy.lacking))] = [rule.id for rule in asked if rule.parameters]
    _name_the_rest(chart, asked, lacking)
    return Evaluation(
        date_of_service=case.date_of_service,
        findings=tuple(findings),
        rules=tuple(outcomes),
        gaps=_missing(lacking),
        policies=policy.layers,
        episode=case.episode.label(case.chart.condition_names) if case.episode else None,
        episode_key=case.episode.key if case.episode else None,
        lacking=policy.lacking,
    )


def doubted(evaluation: Evaluation, gap: Gap) -> Evaluation:
    """The evaluation with a doubt about all of it: named as a gap, beside each finding, and nothing recommended."""
    rules = tuple(outcome.rule for outcome in evaluation.rules)
    return replace(
        evaluation,
        findings=tuple(
            replace(found, caveats=(*found.caveats, gap), proposals=_not_recommended(found.proposals))
            for found in evaluation.findings
        ),
        gaps=(*evaluation.gaps, MissingFact(gap.fact, gap.why, rules, gap.reference)),
    )


def generic_used(lacking: str) -> str:
    """What follows where no policy is on file."""
    return f"{lacking}: generic defaults used"


def unanswered(case: Case, policy: PolicyView, gap: Gap, rules: Iterable[Rule] = RULES) -> Evaluation:
    """The evaluation of a case whose subject itself could not be had: every rule of the moment ends in that gap."""
    asked = [rule for rule in rules if case.moment in rule.moments]
    ids = [rule.id for rule in asked]
    lacking = {gap: ids}
    _name_the_rest(case.chart, asked, lacking)
    return Evaluation(
        date_of_service=case.date_of_service,
        findings=(),
        rules=tuple(RuleOutcome(rule_id, Outcome.GAP, gap.why) for rule_id in ids),
        gaps=_missing(lacking),
        policies=policy.layers,
    )


def _name_the_rest(chart: Chart, asked: Sequence[Rule], lacking: dict[Gap, list[str]]) -> None:
    """Add what the chart lacks and no rule ended in, with the rules that declare the fact, else with all of them."""
    if not (chart.unavailable or chart.gaps):
        return
    unnamed = [
        Gap(fact, why)
        for fact, why in chart.unavailable.items()
        if not any(gap.fact is fact and why in gap.why for gap in lacking)
    ]
    unnamed.extend(gap for gap in chart.gaps if gap not in lacking)
    for gap in unnamed:
        lacking[gap] = [rule.id for rule in asked if gap.fact in rule.facts] or [rule.id for rule in asked]


def _missing(lacking: Mapping[Gap, Sequence[str]]) -> tuple[MissingFact, ...]:
    return tuple(MissingFact(gap.fact, gap.why, tuple(ids), gap.reference) for gap, ids in lacking.items() if ids)


def _finding(rule: Rule, answer: Answer, left_out: list[Gap]) -> Finding:
    caveats = (*answer.caveats, *left_out)
    proposals = answer.proposals
    if any(gap.is_doubt for gap in caveats):
        proposals = _not_recommended(proposals)
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
        questions=answer.questions,
    )


def _not_recommended(proposals: tuple[Proposal, ...]) -> tuple[Proposal, ...]:
    return tuple(replace(proposal, recommended=False) for proposal in proposals)


@lru_cache(maxsize=1024)
def _outcome(rule: str, lacks: str | None, not_applicable: str | None, *, fired: bool) -> RuleOutcome:
    """What became of a rule: an answer counts before a gap, a gap before a question that does not arise."""
    if fired:
        return RuleOutcome(rule, Outcome.FIRED)
    if lacks is not None:
        return RuleOutcome(rule, Outcome.GAP, lacks)
    if not_applicable is not None:
        return RuleOutcome(rule, Outcome.NOT_APPLICABLE, not_applicable)
    return RuleOutcome(rule, Outcome.QUIET)
