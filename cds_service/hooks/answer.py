"""What answers a hook call: its question is put to the pipeline, and the answer is composed as cards and actions."""

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from datetime import date, datetime, tzinfo
from functools import lru_cache, partial
from typing import Any, Protocol

import orjson

from cards.composition import Actions, Composition, compose
from cards.envelope import CardSettings
from cds_service.consultation.consult import Consultation, consult
from cds_service.consultation.missing import is_about_something_else
from cds_service.consultation.question import Question
from cds_service.domain.codes import LABELS
from cds_service.domain.findings import Evaluation
from cds_service.domain.frozen import dataclass
from cds_service.fhir.reading.prefetch import Prefetch
from cds_service.fhir.writing.draft_sizes import MeasuredDrafts
from cds_service.fhir.writing.proposed_actions import Writing, actions
from cds_service.hooks.call import HookCall
from cds_service.hooks.gathering import completed, of_drafts, record_of
from cds_service.policies.parameters import PARAMETERS
from cds_service.policies.stack import PoliciesInUse, PolicyStack
from cds_service.rules.catalog import RULES, TITLES
from cds_service.rules.engine import doubted
from cds_service.rules.rule import Rule
from cds_service.security.clients import DEMO, Caller, Client


def nothing_received(_reference: str) -> None:
    """For a call of which no resource was read."""
    return


class Withhold(Protocol):
    """Who knows which findings are not to be shown."""

    def __call__(self, call: HookCall, evaluation: Evaluation, caller: Caller) -> Mapping[str, str]:
        """Why, by finding key; findings that are not named are shown."""
        ...


class Completes(Protocol):
    """Who fetches what the prefetch of a call lacks."""

    def complete(self, call: HookCall, prefetch: Prefetch, client: Client) -> Prefetch:
        """The prefetch with all that could be fetched for this client."""
        ...


@dataclass(frozen=True, slots=True)
class Answered:
    """The response to a call with what led to it; ``settings`` give the ids of its cards and suggestions.

    A call about something else has no ``consultation``. ``received`` gives the JSON of a resource of the request.
    """

    composition: Composition
    settings: CardSettings
    consultation: Consultation | None = None
    received: Callable[[str], Mapping[str, Any] | None] = nothing_received

    @property
    def evaluation(self) -> Evaluation | None:
        """What the rules found."""
        return self.consultation.evaluation if self.consultation is not None else None

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
    fetcher: Completes | None = None
    labels: Mapping[str, str] = field(default_factory=lambda: LABELS)
    strict_fhir: bool = False

    def answer(self, call: HookCall, caller: Caller = DEMO) -> dict[str, Any]:
        """The CDS Hooks response to a call of this caller; see ``answered``."""
        return self.answered(call, caller).response

    def answered(self, call: HookCall, caller: Caller = DEMO) -> Answered:
        """The response to a call of this caller; what is shown of it is for the web to decide.

        Raises:
            DataNeeded: nothing can be said without data that was not given (412).
        """
        client = caller.client
        now = self.clock()
        drafted = of_drafts(call)
        policies = self.policies.current
        if is_about_something_else(drafted):
            return Answered(Composition(), self._card_settings(call, client, policies, now.date()))
        question = self._with_record(drafted, call, client)
        consultation = consult(question, policies, _rules_without(client.unwanted_rules), now=now)
        settings = self._card_settings(call, client, policies, question.day(now))
        if consultation is None:
            return Answered(Composition(), settings)
        drafts = MeasuredDrafts(question.received)
        proposed = self._actions(call, drafts, consultation, client)
        if drafts.gap is not None:
            consultation = replace(consultation, evaluation=doubted(consultation.evaluation, drafts.gap))
        else:
            consultation = replace(
                consultation, evaluation=_with_unchangeable(consultation.evaluation, proposed, drafts)
            )
        evaluation = consultation.evaluation
        unwanted = self.withhold(call, evaluation, caller) if self.withhold is not None else {}
        return Answered(compose(evaluation, proposed, settings, unwanted), settings, consultation, question.received)

    def _with_record(self, drafted: Question, call: HookCall, client: Client) -> Question:
        """The question with the record that came, and what it lacks fetched from the client's FHIR server."""
        question = replace(
            drafted,
            prefetch=record_of(call),
            jurisdiction=client.jurisdiction or self.jurisdiction,
            zones=(client.time_zone, self.time_zone),
            not_available=client.not_available,
            strict=self.strict_fhir,
        )
        if self.fetcher is None:
            return question
        return completed(question, call, partial(self.fetcher.complete, client=client))

    def _card_settings(self, call: HookCall, client: Client, policies: PolicyStack, today: date) -> CardSettings:
        return CardSettings(
            public_url=self.public_url,
            source_label=client.source_label or self.source_label,
            hook_instance=call.hook_instance,
            service=call.service.shared_id,
            today=today,
            max_cards=client.max_cards or self.max_cards,
            parameters=PARAMETERS,
            rules=TITLES,
            policies=policies.titles,
            labels=self.labels,
            app=client.app is not None,
        )

    def _actions(self, call: HookCall, drafts: MeasuredDrafts, consultation: Consultation, client: Client) -> Actions:
        """The FHIR actions of each proposal, by finding and place."""
        writing = Writing(
            patient=call.patient_id,
            today=consultation.case.today,
            call=call.hook_instance,
            received=drafts.received,
            labels=self.labels,
            charge_items=client.charges == "chargeitem",
            legacy_delete=client.cds_hooks == "1.0",
        )
        return {
            (finding.key, index): actions(proposal, writing)
            for finding in consultation.evaluation.findings
            for index, proposal in enumerate(finding.proposals)
        }


def _with_unchangeable(evaluation: Evaluation, proposed: Actions, drafts: MeasuredDrafts) -> Evaluation:
    """The evaluation with each draft named that nothing can be suggested for, since it is not R4."""
    for finding in evaluation.findings:
        lost = [proposal for index, proposal in enumerate(finding.proposals) if not proposed[finding.key, index]]
        reasons = (drafts.why_not_changed(change) for proposal in lost for change in proposal.changes)
        gap = next(filter(None, reasons), None)
        if gap is not None:
            evaluation = doubted(evaluation, gap, {finding.key})
    return evaluation


@lru_cache(maxsize=16)
def _rules_without(unwanted: frozenset[str]) -> tuple[Rule, ...]:
    """The rules without those whose quiet card a client does not want."""
    return tuple(rule for rule in RULES if rule.id not in unwanted)
