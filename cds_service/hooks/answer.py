"""The one pipeline that answers a hook call: gather, choose the policies, evaluate, propose, compose."""

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime, tzinfo
from functools import partial
from typing import Any, Protocol

import orjson

from cards.composition import Actions, Composition, compose
from cards.envelope import CardSettings
from cds_service.domain.case import Case
from cds_service.domain.codes import LABELS
from cds_service.domain.findings import Evaluation
from cds_service.domain.frozen import dataclass
from cds_service.fhir.writing.actions import Writing, actions
from cds_service.hooks.call import HookCall
from cds_service.hooks.fetching import Fetcher
from cds_service.hooks.gathering import Gathered
from cds_service.hooks.profile import DEMO, Profile
from cds_service.hooks.readings import agreed, evaluation_of, policy_for
from cds_service.policies.model import PolicyView
from cds_service.policies.parameters import PARAMETERS
from cds_service.policies.stack import PoliciesInUse
from cds_service.rules.catalogue import RULES, TITLES
from cds_service.rules.engine import unanswered


class Withhold(Protocol):
    """Who knows which findings are not to be shown."""

    def __call__(self, call: HookCall, evaluation: Evaluation, profile: Profile) -> Mapping[str, str]:
        """Why, by finding key; findings that are not named are shown."""
        ...


@dataclass(frozen=True, slots=True)
class Answered:
    """The response to a call with what led to it; ``settings`` give the ids of its cards and suggestions.

    A call about something else has no ``case``, and so no policy values and no evaluation.
    """

    composition: Composition
    settings: CardSettings
    evaluation: Evaluation | None = None
    case: Case | None = None
    policy: PolicyView | None = None

    @property
    def response(self) -> dict[str, Any]:
        """The CDS Hooks response as whoever called will read it."""
        response: dict[str, Any] = orjson.loads(self.body)
        return response

    @property
    def body(self) -> bytes:
        """The CDS Hooks response as it is sent."""
        return self.composition.response.encoded


@dataclass(frozen=True, slots=True)
class Answerer:
    """Answers hook calls; immutable, so that calls share nothing.

    ``clock`` gives the present moment; the day of the call is its date at the place of treatment. ``jurisdiction`` and
    ``time_zone`` stand in when nothing in the chart tells the state or the time zone. ``labels`` name codes.
    ``strict_fhir`` validates every resource.
    """

    policies: PoliciesInUse
    clock: Callable[[], datetime]
    public_url: str
    source_label: str
    max_cards: int = 5
    jurisdiction: str | None = None
    time_zone: tzinfo | None = None
    withhold: Withhold | None = None
    fetcher: Fetcher | None = None
    labels: Mapping[str, str] = field(default_factory=lambda: LABELS)
    strict_fhir: bool = False

    def answer(self, call: HookCall, profile: Profile = DEMO) -> dict[str, Any]:
        """The CDS Hooks response to a call of this client; see ``answered``."""
        return self.answered(call, profile).response

    def answered(self, call: HookCall, profile: Profile = DEMO) -> Answered:
        """The response to a call of this client. What it may see of it is for the caller to decide.

        Raises:
            DataNeeded: nothing can be said without data that was not given (412).
        """
        now = self.clock()
        fetch = partial(self.fetcher.complete, allowed=profile.fhir_servers) if self.fetcher is not None else None
        gathered = Gathered(
            call,
            profile.jurisdiction or self.jurisdiction,
            fetch,
            zones=(profile.time_zone, self.time_zone),
            strict_fhir=self.strict_fhir,
            not_available=profile.not_available,
        )
        today = gathered.calendar.local_date(now)
        case = gathered.case(today)
        missing = gathered.missing(today) if case is None else None
        if missing is not None:
            case = gathered.bare_case(today, missing)
        policies = self.policies.current
        settings = CardSettings(
            public_url=self.public_url,
            source_label=profile.source_label or self.source_label,
            hook_instance=call.hook_instance,
            service=call.service.shared_id,
            today=today,
            max_cards=profile.max_cards or self.max_cards,
            parameters=PARAMETERS,
            rules=TITLES,
            policies=policies.titles,
            labels=self.labels,
        )
        if case is None:
            return Answered(Composition(), settings)
        policy = policy_for(case, policies)
        rules = profile.wanted(RULES)
        if missing is None:
            evaluation = agreed(evaluation_of(case, policy, rules), gathered, now, policies, rules)
        else:
            evaluation = unanswered(case, policy, missing.gap, rules)
        unwanted = self.withhold(call, evaluation, profile) if self.withhold is not None else {}
        composed = compose(evaluation, self._actions(evaluation, gathered, case, profile), settings, unwanted)
        return Answered(composed, settings, evaluation, case, policy)

    def _actions(self, evaluation: Evaluation, gathered: Gathered, case: Case, profile: Profile) -> Actions:
        writing = Writing(
            patient=gathered.call.patient_id,
            today=case.today,
            call=gathered.call.hook_instance,
            received=gathered.received,
            labels=self.labels,
            charge_items=profile.charges == "chargeitem",
            legacy_delete=profile.cds_hooks == "1.0",
        )
        return {
            (finding.key, index): actions(proposal, writing)
            for finding in evaluation.findings
            for index, proposal in enumerate(finding.proposals)
        }
