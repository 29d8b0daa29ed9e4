"""The machine-readable explanation that travels with cards and response: extensions without null or empty values."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Final, TypeVar, cast

from cards.envelope import CardSettings
from cards.extensions import (
    AppliedValue,
    BillTold,
    Citation,
    DoubtTold,
    EvaluationExplained,
    FindingExplained,
    GapTold,
    RuleTold,
    UsedFact,
)
from cards.groups import Group, Withheld
from cards.markdown import plain
from cards.numbers import readable
from cds_service.domain.chart import Caveat
from cds_service.domain.coverage_and_claims import Authorization
from cds_service.domain.findings import (
    Days,
    Evaluation,
    Evidence,
    EvidenceValue,
    MissingFact,
    Outcome,
    RuleOutcome,
    Times,
)
from cds_service.domain.values import Json, PolicyValue, Source

FINDING_EXTENSION: Final = "work-rehab-cds.finding"
EVALUATION_IDENTITY: Final = "evaluation"
EVALUATION_EXTENSION: Final = "work-rehab-cds.evaluation"
_Described = TypeVar("_Described", bound=Mapping[str, object])
MOST_MEMBERS: Final = 20
MOST_LISTED: Final = 200
"""Facts, doubts and gaps that an answer lists one by one; of more it says how many."""
MOST_LETTERS: Final = 2000
"""Letters of one text that was made of what a record holds."""
NOT_LISTED: Final = "more that are not listed"


def finding_extension(group: Group) -> FindingExplained:
    """Rule, deciding policy value, citations, evidence, all values applied, joined rules, questions to the payer."""
    finding = group.host.finding
    explained: FindingExplained = {"rule": finding.rule, "kind": finding.kind}
    if finding.values:
        deciding = finding.values[0]
        explained["policy"] = deciding.policy
        explained["parameter"] = deciding.parameter
        explained["value"] = _filled(bounded(deciding.plain))
        explained["from"] = deciding.since.isoformat()
        explained["confidence"] = deciding.confidence
    explained["citations"] = [_cited(source) for source in dict.fromkeys(value.source for value in group.values)]
    explained["evidence"] = [_fact(found) for found in group.evidence[:MOST_LISTED]]
    if len(group.evidence) > MOST_LISTED:
        explained["evidence"].append({"fact": NOT_LISTED, "value": len(group.evidence) - MOST_LISTED})
    explained["values"] = [_value(value) for value in group.values]
    explained["joined"] = [
        {"rule": member.finding.rule, "kind": member.finding.kind, "summary": member.words.summary}
        for member in group.joined
    ]
    explained["questions"] = [{**_value(value), "source": _cited(value.source)} for value in group.questions]
    explained["caveats"] = [_caveat(gap) for gap in group.caveats[:MOST_LISTED]]
    if len(group.caveats) > MOST_LISTED:
        more = len(group.caveats) - MOST_LISTED
        explained["caveats"].append({"fact": group.caveats[MOST_LISTED].fact.value, "why": f"{more} {NOT_LISTED}"})
    return _without_empty(explained)


def evaluation_extension(
    evaluation: Evaluation, withheld: Sequence[Withheld], settings: CardSettings
) -> EvaluationExplained:
    """Policies, date of service, episode, gaps, the outcome of each rule, what was read, findings that got no card."""
    explained: EvaluationExplained = {
        "id": settings.identity(EVALUATION_IDENTITY),
        "policies": list(evaluation.policies),
        "dateOfService": evaluation.date_of_service.isoformat(),
        "episode": _short(plain(evaluation.episode or "")),
        "gaps": _gaps(evaluation.gaps),
        "rules": [_outcome(outcome) for outcome in evaluation.rules],
        "bill": _read(evaluation.bill_read),
        "withheld": [
            {"rule": card.group.host.finding.rule, "why": card.why, "summary": card.group.host.words.summary}
            for card in withheld
        ],
    }
    return _without_empty(explained)


def _gaps(gaps: Sequence[MissingFact]) -> list[GapTold]:
    described = [_gap(gap) for gap in gaps[:MOST_LISTED]]
    if len(gaps) > MOST_LISTED:
        described.append({"fact": gaps[MOST_LISTED].fact.value, "why": f"{len(gaps) - MOST_LISTED} {NOT_LISTED}"})
    return described


def _short(text: str) -> str:
    """The text, one beyond all measure without its rest, which is told."""
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}… ({len(text)} letters)"


@lru_cache(maxsize=4096)
def _value(value: PolicyValue[object]) -> AppliedValue:
    described: AppliedValue = {
        "parameter": value.parameter,
        "policy": value.policy,
        "from": value.since.isoformat(),
        "confidence": value.confidence,
    }
    shown = _filled(bounded(value.plain))
    if not _empty(shown):
        described["value"] = shown
    if value.until:
        described["until"] = value.until.isoformat()
    if value.program:
        described["program"] = value.program
    if not value.dated:
        described["dated"] = False
    if value.note:
        described["note"] = plain(value.note)
    if value.conflict:
        described["conflict"] = plain(value.conflict)
    return described


def _fact(evidence: Evidence) -> UsedFact:
    value = _for_machines(evidence.value)
    described: UsedFact = {"fact": plain(evidence.fact)}
    if evidence.reference:
        described["reference"] = evidence.reference
    if value != "":
        described["value"] = value
    return described


def _for_machines(value: EvidenceValue) -> str | int | float:
    """Numbers as they are, dates and times as ISO 8601, all else in words."""
    match value:
        case int() | float():
            return value
        case date():
            return value.isoformat()
        case Days():
            return " to ".join(day.isoformat() if day is not None else "open" for day in value)
        case Times():
            return f"{value.start:%H:%M} to {value.end:%H:%M}{f' {value.zone}' if value.zone else ''}"
        case Authorization():
            dates = str(_for_machines(Days(value.start, value.end)))
            return plain(" ".join(filter(None, (value.state.value, value.number, dates))))
        case _:
            return _short(plain(readable(value)))


@lru_cache(maxsize=1024)
def _cited(source: Source) -> Citation:
    described: Citation = {"title": source.title, "retrieved": source.retrieved.isoformat()}
    if source.paragraph:
        described["paragraph"] = source.paragraph
    if source.href:
        described["href"] = source.href
    return described


def bounded(value: Json) -> Json:
    """The value itself, or how many entries it has when it is a whole table (code pairs, unit edits)."""
    if isinstance(value, str | int | float) or value is None or len(value) <= MOST_MEMBERS:
        return value
    return f"{len(value)} entries"


def _caveat(gap: Caveat) -> DoubtTold:
    described: DoubtTold = {"fact": gap.fact.value, "why": _short(plain(gap.why))}
    if gap.reference:
        described["reference"] = gap.reference
    return described


def _gap(gap: MissingFact) -> GapTold:
    described: GapTold = {"fact": gap.fact.value, "rules": list(gap.rules), "why": _short(plain(gap.why))}
    if gap.reference:
        described["reference"] = gap.reference
    return _without_empty(described)


@lru_cache(maxsize=4096)
def _outcome(outcome: RuleOutcome) -> RuleTold:
    described: RuleTold = {"id": outcome.rule, "outcome": outcome.outcome.value}
    if outcome.why:
        described["why"] = plain(outcome.why)
    if outcome.read and outcome.outcome is Outcome.FIRED:
        described["read"] = sorted(outcome.read)
    return described


@lru_cache(maxsize=1024)
def _read(parameters: frozenset[str]) -> BillTold:
    """The policy parameters that were read, by name."""
    return {"read": sorted(parameters)} if parameters else {}


def _empty(value: object) -> bool:
    """Whether CDS Hooks forbids the value in a response (CH-S-03); zero and false are values."""
    if value:
        return isinstance(value, str) and value.isspace()
    return value is None or isinstance(value, (str, dict, list))


def _without_empty(described: _Described) -> _Described:
    return cast("_Described", {name: value for name, value in described.items() if not _empty(value)})


def _filled(value: Json) -> Json:
    """The value as plain dicts and lists without empty parts."""
    if isinstance(value, str | int | float) or value is None:
        return value
    if isinstance(value, Mapping):
        return _without_empty({key: _filled(member) for key, member in value.items()})
    return [member for member in map(_filled, value) if not _empty(member)]
