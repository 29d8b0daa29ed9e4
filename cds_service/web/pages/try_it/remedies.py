"""What is still obtainable: the documents, answers and acts that would settle what the service found."""

from collections.abc import Iterable
from dataclasses import dataclass

from cards.composition import Composition
from cards.groups import Worded
from cards.wording import bundled_wordings
from cds_service.domain.findings import Severity


@dataclass(frozen=True, slots=True)
class Remedy:
    """What would settle findings of one kind: ``acts`` as sentences, or ``why_none`` would."""

    summaries: tuple[str, ...]
    warns: bool
    acts: tuple[str, ...]
    why_none: str | None


def remedies(composition: Composition) -> list[Remedy]:
    """Those of all findings, the withheld ones included: warnings first, then information that asks for something."""
    by_kind: dict[str, list[Worded]] = {}
    for member in _members(composition):
        by_kind.setdefault(member.finding.kind, []).append(member)
    found = [_remedy(kind, members) for kind, members in by_kind.items()]
    return sorted((remedy for remedy in found if remedy.warns or remedy.acts), key=lambda remedy: not remedy.warns)


def _members(composition: Composition) -> Iterable[Worded]:
    groups = (*composition.shown, *(card.group for card in composition.withheld))
    return (member for group in groups for member in group.members)


def _remedy(kind: str, members: list[Worded]) -> Remedy:
    obtain = bundled_wordings()[kind].obtain
    return Remedy(
        summaries=tuple(dict.fromkeys(member.words.summary for member in members)),
        warns=any(member.finding.severity is Severity.WARNING for member in members),
        acts=obtain.sentences,
        why_none=obtain.why_none,
    )
