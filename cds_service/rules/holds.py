"""What one rule's finding does to the suggestions of another: a warning never stands beside what it warns of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from cds_service.domain.findings import AddOrder, ChangeOrder, DraftCharges, Finding, Hold, Proposal
from cds_service.rules.rule import Rule


class HoldError(Exception):
    """Rules hold each other in a circle, or hold a rule that is not there; the message names them."""


def check_holds(rules: Iterable[Rule]) -> None:
    """Refuse holds that lead nowhere, and those that lead back.

    Raises:
        HoldError: there are such.
    """
    held_by = {rule.id: rule.holds for rule in rules}
    for rule, held in held_by.items():
        unknown = [name for name in held if name not in held_by]
        if unknown:
            raise HoldError(f"{rule} holds {', '.join(unknown)}: there is no such rule")
    try:
        TopologicalSorter(held_by).prepare()
    except CycleError as found:
        raise HoldError(f"rules hold each other in a circle: {' holds '.join(reversed(found.args[1]))}") from None


def with_holds(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings with what is held among them: not recommended, with the reason first, or not to be told at all.

    What would have stood on the card of a finding that is not told stands on the card of the one that holds it.
    """
    holding = [(finding, hold) for finding in findings for hold in finding.holds]
    if not holding:
        return tuple(findings)
    settled = [_held(finding, holding) for finding in findings]
    shown = {finding.rule for finding in settled if finding.withheld_by is None}
    homes = {finding.rule: finding.withheld_by for finding in settled if finding.withheld_by is not None}
    homes = {rule: key for rule, key in homes.items() if rule not in shown}
    by_key = {finding.key: finding.rule for finding in settled}
    return tuple(_moved(finding, homes, by_key) for finding in settled)


def _held(finding: Finding, holding: Iterable[tuple[Finding, Hold]]) -> Finding:
    for holder, hold in holding:
        if hold.rule != finding.rule or not any(_is_about(proposal, hold) for proposal in finding.proposals):
            continue
        finding = replace(
            finding,
            proposals=tuple(
                replace(proposal, recommended=proposal.recommended and not _is_about(proposal, hold))
                for proposal in finding.proposals
            ),
            caveats=tuple(dict.fromkeys((hold.doubt, *finding.caveats))),
            withheld_by=holder.key if hold.withholds else finding.withheld_by,
        )
    return finding


def _is_about(proposal: Proposal, hold: Hold) -> bool:
    return not hold.codes or any(code is None or code in hold.codes for code in _codes(proposal))


def _codes(proposal: Proposal) -> Iterable[str | None]:
    """The codes that it would put on a claim or order; None for an order whose code stays as it is."""
    for change in proposal.changes:
        if isinstance(change, DraftCharges):
            yield from (line.code for line in change.lines)
        elif isinstance(change, AddOrder | ChangeOrder):
            yield change.code


def _moved(finding: Finding, homes: Mapping[str, str], rules: Mapping[str, str]) -> Finding:
    home = homes.get(finding.joins) if finding.joins is not None else None
    return replace(finding, joins=rules[home]) if home is not None else finding
