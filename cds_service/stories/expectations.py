"""What a story can expect of its answer: the mapping under ``expect``."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from cards.wording import kinds
from cds_service.policies.parameters import PARAMETERS
from cds_service.rules.catalog import RULES
from cds_service.stories.words import Texts, as_list, did_you_mean


def _rule(name: str) -> str:
    """Check the name of a rule, or of a kind of its findings.

    Raises:
        ValueError: there is none of that name.
    """
    known = kinds() if "." in name else [rule.id for rule in RULES]
    if name not in known:
        raise ValueError(f"no rule answers with {name}{did_you_mean(name, known)}")
    return name


def _parameter(name: str) -> str:
    """Check the name of a policy parameter.

    Raises:
        ValueError: there is none of that name.
    """
    if name not in PARAMETERS:
        raise ValueError(f"unknown parameter {name}{did_you_mean(name, PARAMETERS)}")
    return name


Rules: TypeAlias = Annotated[list[Annotated[str, AfterValidator(_rule)]], BeforeValidator(as_list)]
ParameterName: TypeAlias = Annotated[str, AfterValidator(_parameter)]


class Expect(BaseModel):
    """What has to be true of the answer; whatever is left out may be as it likes.

    Of rules: ``fires`` are rules, or kinds like ``reassessment.overdue``, that must be among the findings; ``silent``
    rules that must have looked and found nothing; ``gaps`` rules that must say that a fact is missing;
    ``not_applicable`` rules whose question must not arise. ``unknown`` are facts, like ``time-zone``, of which the
    answer must say that something is not known.

    Of cards: ``only`` are the rules of exactly the cards shown, in their order and without the two quiet ones (the
    state of the program, what was not checked), ``none`` is no other card; ``charges`` the lines of the first charge
    suggestion, like ``97545 x1 GP; 97546 x2 GP``, or ``none``; ``recommended`` whether any suggestion is recommended;
    ``summaries`` and ``details`` texts that must each be part of some card's summary or detail; ``said`` texts that the
    cards must contain somewhere, suggestions included; ``unsaid`` texts that no card may contain.

    Of policies: ``policies`` are layers that must have been applied; ``values`` the value in force of a parameter, as
    a policy file writes it, ``none`` when nothing decides; ``layers`` the policy that gives a parameter its value;
    ``questions`` parameters with an unverified value that is only asked about.

    ``status`` is 412 when the call must be refused for want of data.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    fires: Rules = []
    silent: Rules = []
    gaps: Rules = []
    not_applicable: Rules = []
    unknown: Texts = []
    only: Rules | None = None
    charges: str | None = None
    recommended: bool | None = None
    summaries: Texts = []
    details: Texts = []
    said: Texts = []
    unsaid: Texts = []
    policies: Texts = []
    values: dict[ParameterName, Any] = {}
    layers: dict[ParameterName, str] = {}
    questions: Annotated[list[ParameterName], BeforeValidator(as_list)] = []
    status: Literal[412] | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing is expected at all."""
        return not self.model_fields_set
