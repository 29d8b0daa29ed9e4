"""Runs the rules of a moment over a case: findings, the trace of every rule, and what could not be known."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final, TypeAlias

from cds_service.domain.bill import NOTHING_BILLED, Bill
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Caveat, Chart, Fact, Unknown
from cds_service.domain.findings import Evaluation, Finding, Hold, MissingFact, Outcome, Proposal, RuleOutcome, Severity
from cds_service.policies.model import PolicyView
from cds_service.policies.recorded import recorded
from cds_service.rules.applies import absent_subjects
from cds_service.rules.catalog import RULES
from cds_service.rules.holds import HoldError, with_holds
from cds_service.rules.rule import Answer, NotApplicable, Result, Rule, Subject
from cds_service.rules.unread_visit import UNREAD

NOTHING_READ: Final[frozenset[str]] = frozenset()
KnownToRule: TypeAlias = tuple[Sequence[Unknown], Sequence[Unknown], str | None]
"""Facts without which a rule is not run, what is unknown of those it reads, and why a search was cut short."""
ALL_KNOWN: Final[KnownToRule] = ((), (), None)


def apply_rules(
    case: Case,
    bill: Bill,
    policy: PolicyView,
    rules: Iterable[Rule] = RULES,
    *,
    bill_read: frozenset[str] = NOTHING_READ,
) -> Evaluation:
    """Answer the case with every rule that belongs to its moment; ``bill_read`` is what the bill read of the policy.

    A rule whose declared facts nobody could deliver is not run: it ends in a gap. Resources that were left out of
    the chart, and the rest of what was sent in part, stand beside the findings they might have changed, and take the
    recommendation off their suggestions. A rule that finds nothing in a search that was cut short ends in a gap too.
    What could not be known about the chart is named even where no rule ended in it.
    """
    chart, moment = case.chart, case.moment
    findings: list[Finding] = []
    outcomes: list[RuleOutcome] = []
    lacking: dict[Caveat, list[str]] = {}
    asked = of_moment(tuple(rules), moment)
    not_there = absent_subjects(case)
    open_facts = chart.open_facts
    for rule in asked:
        missing, unknown, cut = ALL_KNOWN if open_facts.isdisjoint(rule.concerned_by) else _known_to(rule, chart)
        results, read = (missing, NOTHING_READ) if missing else _results(rule, case, bill, policy, not_there)
        fired = False
        lacks: str | None = None
        not_applicable: str | None = None
        for result in results:
            if isinstance(result, Answer):
                fired = True
                findings.append(_finding(rule, result, unknown, chart))
            elif isinstance(result, NotApplicable):
                not_applicable = not_applicable or result.why
            else:
                lacks = lacks or result.why
                lacking.setdefault(result, []).append(rule.id)
        if cut is not None and not_applicable is None:
            lacks = lacks or cut
        outcomes.append(_outcome(rule.id, lacks, not_applicable, frozenset(read), fired=fired))
        for gap in unknown:
            lacking.setdefault(gap, []).append(rule.id)
    if policy.lacking is not None:
        ids = [rule.id for rule in asked if rule.parameters or rule.uses_bill]
        lacking[Unknown(Fact.POLICY, generic_used(policy.lacking))] = ids
    _name_the_rest(chart, asked, lacking)
    return Evaluation(
        date_of_service=case.date_of_service,
        findings=with_holds(findings),
        rules=tuple(outcomes),
        gaps=_missing(lacking),
        policies=policy.layers,
        episode=case.episode.label(case.chart.condition_names) if case.episode else None,
        episode_key=case.episode.key if case.episode else None,
        lacking=policy.lacking,
        bill_read=bill_read,
    )


@lru_cache(maxsize=64)
def of_moment(rules: tuple[Rule, ...], moment: Moment) -> tuple[Rule, ...]:
    """Those of the rules that belong to a moment; there are few sets of rules, one for each wish of a client."""
    return tuple(rule for rule in rules if moment in rule.moments)


def _results(
    rule: Rule, case: Case, bill: Bill, policy: PolicyView, not_there: Mapping[Subject, NotApplicable]
) -> tuple[Iterable[Result], Collection[str]]:
    """What a rule yields, and what it will have read of the policy by then.

    Where there is nothing that its question is about, that is all it yields.
    """
    for subject in rule.about:
        if subject in not_there:
            return (not_there[subject],), NOTHING_READ
    view = recorded(policy, rule.id, rule.declared)
    return rule.check(case, bill if rule.uses_bill else NOTHING_BILLED, view), view.read


def _known_to(rule: Rule, chart: Chart) -> KnownToRule:
    """Facts without which the rule is not run, what is unknown of those it reads, and why a search was cut short."""
    unavailable = [fact for fact in rule.facts if fact in chart.unavailable]
    in_part = [chart.in_part[fact] for fact in rule.facts if fact in chart.in_part and fact not in chart.unavailable]
    unknown = [
        *(gap for gap in chart.gaps if gap.fact in rule.concerned_by),
        *(gap for part in in_part for gap in part.gaps),
        *(Unknown(fact, chart.unavailable[fact]) for fact in unavailable),
    ]
    missing = [Unknown(fact, chart.unavailable[fact]) for fact in unavailable if fact not in rule.able_without]
    return missing, list(dict.fromkeys(unknown)), next((part.gaps[0].why for part in in_part if part.cut), None)


def doubted(evaluation: Evaluation, gap: Caveat, about: Collection[str] | None = None) -> Evaluation:
    """The evaluation with a doubt: named as a gap, beside each finding, and nothing of these recommended.

    ``about`` are the keys of the findings that are in doubt, None for all of them.
    """
    concerned = [finding for finding in evaluation.findings if about is None or finding.key in about]
    rules = tuple(
        outcome.rule
        for outcome in evaluation.rules
        if about is None or any(finding.rule == outcome.rule for finding in concerned)
    )
    return replace(
        evaluation,
        findings=tuple(
            replace(found, caveats=(*found.caveats, gap), proposals=_not_recommended(found.proposals))
            if about is None or found.key in about
            else found
            for found in evaluation.findings
        ),
        gaps=(*evaluation.gaps, MissingFact(gap.fact, gap.why, rules, gap.reference)),
    )


def generic_used(lacking: str) -> str:
    """What follows where no policy is on file."""
    return f"{lacking}: our defaults are used"


def unanswered(case: Case, policy: PolicyView, gap: Caveat, rules: Iterable[Rule] = RULES) -> Evaluation:
    """The evaluation of a case whose subject itself could not be had: every rule of the moment ends in that gap.

    Only what could not be read of a visit or a booking is told.
    """
    asked = of_moment(tuple(rules), case.moment)
    ids = [rule.id for rule in asked]
    findings = [
        _finding(rule, answer, [], case.chart)
        for rule in asked
        if rule is UNREAD
        for answer in rule.check(case, NOTHING_BILLED, policy)
        if isinstance(answer, Answer)
    ]
    fired = {finding.rule for finding in findings}
    lacking: dict[Caveat, list[str]] = {gap: ids}
    _name_the_rest(case.chart, asked, lacking)
    return Evaluation(
        date_of_service=case.date_of_service,
        findings=tuple(findings),
        rules=tuple(_outcome(rule_id, gap.why, None, NOTHING_READ, fired=rule_id in fired) for rule_id in ids),
        gaps=_missing(lacking),
        policies=policy.layers,
    )


def _name_the_rest(chart: Chart, asked: Sequence[Rule], lacking: dict[Caveat, list[str]]) -> None:
    """Add what the chart lacks and no rule ended in, with the rules that declare the fact, else with all of them."""
    if not chart.open_facts:
        return
    unnamed = [
        Unknown(fact, why)
        for fact, why in chart.unavailable.items()
        if not any(gap.fact is fact and why in gap.why for gap in lacking)
    ]
    unnamed.extend(gap for gap in chart.gaps if gap not in lacking)
    unnamed.extend(
        gap
        for part in chart.in_part.values()
        for gap in part.gaps
        if gap not in lacking and not any(gap.why in named.why for named in (*lacking, *unnamed))
    )
    for gap in unnamed:
        lacking[gap] = [rule.id for rule in asked if gap.fact in rule.facts] or [rule.id for rule in asked]


def _missing(lacking: Mapping[Caveat, Sequence[str]]) -> tuple[MissingFact, ...]:
    return tuple(
        MissingFact(gap.fact, gap.why, tuple(dict.fromkeys(ids)), gap.reference) for gap, ids in lacking.items() if ids
    )


def _finding(rule: Rule, answer: Answer, unknown: Sequence[Unknown], chart: Chart) -> Finding:
    """The finding of an answer; what rests on a search that was cut short is no warning."""
    caveats = tuple(dict.fromkeys((*answer.caveats, *unknown))) if unknown else answer.caveats
    proposals = answer.proposals
    in_part = [chart.in_part[fact] for fact in answer.absent if fact in chart.in_part]
    if any(gap.unsettles for gap in caveats):
        proposals = _not_recommended(proposals)
    return Finding(
        rule=rule.id,
        topic=rule.topic,
        kind=f"{rule.id}.{answer.kind}",
        severity=Severity.INFO if any(part.cut for part in in_part) else answer.severity,
        facts=answer.facts,
        values=answer.values,
        evidence=answer.evidence,
        subject=answer.subject,
        proposals=proposals,
        joins=answer.joins,
        caveats=caveats,
        questions=answer.questions,
        holds=_declared_holds(rule, answer),
        as_sent=bool(in_part) or any(fact in chart.unavailable for fact in answer.absent),
        unread=bool(answer.absent) and chart.set_aside(*answer.absent),
    )


def _declared_holds(rule: Rule, answer: Answer) -> tuple[Hold, ...]:
    undeclared = [hold.rule for hold in answer.holds if hold.rule not in rule.holds]
    if undeclared:
        raise HoldError(f"{rule.id} holds {', '.join(undeclared)} without declaring it")
    return answer.holds


def _not_recommended(proposals: tuple[Proposal, ...]) -> tuple[Proposal, ...]:
    return tuple(replace(proposal, recommended=False) for proposal in proposals)


@lru_cache(maxsize=4096)
def _outcome(
    rule: str, lacks: str | None, not_applicable: str | None, read: frozenset[str], *, fired: bool
) -> RuleOutcome:
    """What became of a rule: an answer counts before a gap, a gap before a question that does not arise."""
    if fired:
        return RuleOutcome(rule, Outcome.FIRED, read=read)
    if lacks is not None:
        return RuleOutcome(rule, Outcome.GAP, lacks, read)
    if not_applicable is not None:
        return RuleOutcome(rule, Outcome.NOT_APPLICABLE, not_applicable, read)
    return RuleOutcome(rule, Outcome.QUIET, read=read)
