"""The extensions of a card and of an answer as types: what travels with them to explain them.

What is empty is left out, so only what is always there is required.
"""

from typing import Any, NotRequired, TypedDict

from cds_service.domain.values import Confidence


class Citation(TypedDict):
    """Where a policy value comes from; ``retrieved`` is the day on which the source was read."""

    title: str
    retrieved: str
    paragraph: NotRequired[str]
    href: NotRequired[str]


AppliedValue = TypedDict(
    "AppliedValue",
    {
        "parameter": str,
        "policy": str,
        "from": str,
        "confidence": Confidence,
        "value": NotRequired[Any],
        "until": NotRequired[str],
        "program": NotRequired[str],
        "dated": NotRequired[bool],
        "note": NotRequired[str],
        "conflict": NotRequired[str],
        "source": NotRequired[Citation],
    },
)
AppliedValue.__doc__ = "A policy value that was applied, or that is asked about because nobody verified it."


class UsedFact(TypedDict):
    """A fact that was used, with the resource that it was read from."""

    fact: str
    value: NotRequired[str | int | float]
    reference: NotRequired[str]


class JoinedFinding(TypedDict):
    """A finding that the card shows beside its own."""

    rule: str
    kind: str
    summary: str


class DoubtTold(TypedDict):
    """What makes the answer less than certain."""

    fact: str
    why: str
    reference: NotRequired[str]


FindingExplained = TypedDict(
    "FindingExplained",
    {
        "rule": str,
        "kind": str,
        "policy": NotRequired[str],
        "parameter": NotRequired[str],
        "value": NotRequired[Any],
        "from": NotRequired[str],
        "confidence": NotRequired[Confidence],
        "citations": NotRequired[list[Citation]],
        "evidence": NotRequired[list[UsedFact]],
        "values": NotRequired[list[AppliedValue]],
        "joined": NotRequired[list[JoinedFinding]],
        "questions": NotRequired[list[AppliedValue]],
        "caveats": NotRequired[list[DoubtTold]],
    },
)
FindingExplained.__doc__ = "Why the card is there: rule, deciding policy value, facts, and what is open."


class GapTold(TypedDict):
    """A fact that could not be known, with the rules that could not answer because of it."""

    fact: str
    rules: NotRequired[list[str]]
    why: str
    reference: NotRequired[str]


class RuleTold(TypedDict):
    """What became of a rule; ``read`` names the policy parameters that one that fired has read."""

    id: str
    outcome: str
    why: NotRequired[str]
    read: NotRequired[list[str]]


class BillTold(TypedDict):
    """The policy parameters that the bill has read."""

    read: NotRequired[list[str]]


class WithheldCard(TypedDict):
    """A finding that got no card, and why."""

    rule: str
    why: str
    summary: str


class EvaluationExplained(TypedDict):
    """What became of the call: policies, date of service, program, gaps, every rule, and what was withheld."""

    id: str
    policies: NotRequired[list[str]]
    dateOfService: str
    episode: NotRequired[str]
    gaps: NotRequired[list[GapTold]]
    rules: NotRequired[list[RuleTold]]
    bill: NotRequired[BillTold]
    withheld: NotRequired[list[WithheldCard]]


CardExtension = TypedDict("CardExtension", {"work-rehab-cds.finding": FindingExplained})
CardExtension.__doc__ = "For machines: why the card is there."
AnswerExtension = TypedDict("AnswerExtension", {"work-rehab-cds.evaluation": EvaluationExplained})
AnswerExtension.__doc__ = "For machines: what became of the call."
