"""From an answered call to the rows that are kept of it; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, TypeAlias

from cards.explanation import EVALUATION_IDENTITY
from cards.groups import Group
from cds_service.domain.findings import ChargeLine, DraftCharges, Evaluation, Finding, Proposal
from cds_service.hooks.answer import Answered
from cds_service.hooks.call import HookCall
from cds_service.records.pseudonyms import Pseudonyms
from cds_service.security.clients import Caller

Row: TypeAlias = Mapping[str, Any]
_CODE_LENGTH: Final = 5
_MODIFIER_LENGTH: Final = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """The rows of one call. They hold hashes and our own words, nothing of the chart."""

    decision: Row
    cards: tuple[Row, ...] = ()
    suggestions: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """When and how a call was made: an id for its record, the moment, the body, and the milliseconds it took."""

    id: str
    at: datetime
    body: bytes
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Naming:
    """The names of one call's patient, episode and subjects as hashes."""

    pseudonyms: Pseudonyms
    client: str
    tenant: str
    patient_id: str

    @property
    def patient(self) -> str:
        """The patient of the call."""
        return self.pseudonyms.of("patient", self.client, self.tenant, self.patient_id)

    def episode(self, key: str) -> str:
        """An episode of this patient."""
        return self.pseudonyms.of("episode", self.client, self.tenant, self.patient_id, key)

    def subject(self, subject: str) -> str:
        """What a finding is about: a resource or a date."""
        return self.pseudonyms.of("subject", self.client, self.tenant, self.patient_id, subject)


def naming(pseudonyms: Pseudonyms, call: HookCall, caller: Caller) -> Naming:
    """The hashes for a call of this client."""
    return Naming(pseudonyms, caller.client.issuer, caller.tenant or "", call.patient_id)


def entry_of(
    call: HookCall, answered: Answered, reply: bytes, caller: Caller, occasion: Occasion, names: Naming
) -> Entry:
    """The rows of an answered call; ``reply`` is the body that was sent."""
    composed, evaluation = answered.composition, answered.evaluation
    shadow = caller.client.mode == "shadow"
    decision = _decision(call, caller, occasion, names) | {
        "evaluation": answered.settings.identity(EVALUATION_IDENTITY),
        "policies": list(evaluation.policies) if evaluation is not None else [],
        "output": sha256(reply).hexdigest(),
        "outcome": "answered",
        "shown": 0 if shadow else len(composed.shown),
        "withheld": len(composed.withheld) + (len(composed.shown) if shadow else 0),
        "gaps": len(evaluation.gaps) if evaluation is not None else 0,
        "missing": _missing(evaluation),
        "episode": names.episode(evaluation.episode_key or "") if evaluation is not None else None,
    }
    state = "shadow" if shadow else "shown"
    states: list[tuple[Group, str, str | None]] = [(group, state, None) for group in composed.shown]
    states += [(withheld.group, "withheld", withheld.why) for withheld in composed.withheld]
    identity = answered.settings.identity
    cards = tuple(
        {
            "client": caller.client.issuer,
            "uuid": identity(group.host.finding.key),
            "decision": occasion.id,
            "rank": rank,
            "state": state,
            "why": why,
            **_about(group, names),
        }
        for rank, (group, state, why) in enumerate(states, start=1)
    )
    return Entry(decision, cards, tuple(_suggestions(answered, caller.client.issuer)))


def refused(call: HookCall, outcome: str, caller: Caller, occasion: Occasion, names: Naming) -> Entry:
    """The row of a call without answer; ``outcome`` is ``data-needed`` or ``failed``."""
    empty = {"shown": 0, "withheld": 0, "gaps": 0, "policies": [], "output": None, "episode": None, "missing": None}
    return Entry(_decision(call, caller, occasion, names) | empty | {"evaluation": occasion.id, "outcome": outcome})


def _decision(call: HookCall, caller: Caller, occasion: Occasion, names: Naming) -> dict[str, Any]:
    return {
        "id": occasion.id,
        "at": occasion.at,
        "client": caller.client.issuer,
        "tenant": caller.tenant,
        "service": call.service.shared_id,
        "hook": call.hook,
        "hook_instance": call.hook_instance,
        "input": sha256(occasion.body).hexdigest(),
        "latency": round(occasion.milliseconds, 3),
        "patient": names.patient,
        "shadow": caller.client.mode == "shadow",
    }


def _about(group: Group, names: Naming) -> dict[str, Any]:
    finding = group.host.finding
    return {
        "rule": finding.rule,
        "kind": finding.kind,
        "topic": finding.topic.value,
        "indicator": group.severity.value,
        "severity": finding.severity.value,
        "policy": finding.values[0].policy if finding.values else None,
        "subject": names.subject(finding.subject),
        "joined": [_joined(joined.finding, names) for joined in group.joined],
    }


def _joined(finding: Finding, names: Naming) -> dict[str, str]:
    return {
        "rule": finding.rule,
        "kind": finding.kind,
        "subject": names.subject(finding.subject),
        "severity": finding.severity.value,
    }


def _suggestions(answered: Answered, client: str) -> Iterator[Row]:
    """The suggestions that stand on the cards; a proposal that came to no action has none."""
    identity = answered.settings.identity
    for group, card in zip(answered.composition.shown, answered.composition.cards, strict=True):
        sent = {suggestion.uuid for suggestion in card.suggestions}
        if not sent:
            continue
        for member in group.members:
            for index, proposal in enumerate(member.finding.proposals):
                uuid = identity(f"{member.finding.key}#{index}")
                if uuid in sent:
                    yield {
                        "client": client,
                        "uuid": uuid,
                        "card": card.uuid,
                        "label": proposal.key,
                        "recommended": proposal.recommended,
                        "lines": drafted_as_kept(proposal),
                    }


def _missing(evaluation: Evaluation | None) -> str:
    """The facts that gaps name, each once, between spaces."""
    if evaluation is None or not evaluation.gaps:
        return ""
    return f" {' '.join(sorted({gap.fact for gap in evaluation.gaps}))} "


def drafted_as_kept(proposal: Proposal) -> str | None:
    """The claim lines of a proposal; None where it drafts none, or a line is not made of codes alone."""
    lines = [line for change in proposal.changes if isinstance(change, DraftCharges) for line in change.lines]
    if not lines or not all(map(_is_of_codes, lines)):
        return None
    return " ".join(f"{'-'.join((line.code, *line.modifiers))}:{line.units}" for line in lines)


def _is_of_codes(line: ChargeLine) -> bool:
    """A modifier that a person drafted may be any text, which is not kept."""
    return _is_code(line.code, _CODE_LENGTH) and all(
        _is_code(modifier, _MODIFIER_LENGTH) for modifier in line.modifiers
    )


def _is_code(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isalnum()
