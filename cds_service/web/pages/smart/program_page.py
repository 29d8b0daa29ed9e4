"""The page about a patient: what the hook patient-view answers for the chart that was opened, said at length."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import uuid4

from cards.detail import label_of
from cards.gaps import plain_sentences
from cards.numbers import capital, day
from cards.policy_values import how_sure, value_in_words
from cds_service.domain.chart import Unknown
from cds_service.domain.findings import Evaluation, Outcome
from cds_service.domain.values import PolicyValue
from cds_service.errors import DataNeeded
from cds_service.fhir.reading.prefetch import Prefetch
from cds_service.fhir.reading.prefetch_keys import fact_of
from cds_service.hooks.answer import Answered, Answerer, Completes
from cds_service.hooks.call import FhirAuthorization, HookCall
from cds_service.hooks.context import Context
from cds_service.hooks.program_picture import view_of_answer
from cds_service.policies.parameters import PARAMETERS
from cds_service.rules.catalog import TITLES
from cds_service.security.clients import Caller, Client
from cds_service.web.pages.drawn_cards import DrawnCard, drawn_card
from cds_service.web.pages.packets.drafting import drafted_of
from cds_service.web.pages.smart.app_clients import AppClient
from cds_service.web.pages.smart.app_tokens import OVERVIEW, ChartAccess
from cds_service.web.pages.smart.launch_stops import LaunchStop
from cds_service.web.pages.try_it.remedies import remedies

MOST_REASONS: Final = 5
_MONTH: Final = len("2026-03")


class ShownGap(NamedTuple):
    """What could not be known, and the rules that it matters for."""

    sentence: str
    rules: tuple[str, ...]


class ShownValue(NamedTuple):
    """A policy value as the page shows it."""

    label: str
    words: str
    since: str
    policy: str
    title: str
    sure: str
    source: str
    href: str


class _Remembered:
    """Completes the prefetch of one call, and remembers it."""

    def __init__(self, fetcher: Completes) -> None:
        self._fetcher = fetcher
        self.prefetch = Prefetch()

    def complete(self, call: HookCall, prefetch: Prefetch, client: Client) -> Prefetch:
        self.prefetch = self._fetcher.complete(call, prefetch, client)
        return self.prefetch


def facts_of_program(answerer: Answerer, launched: AppClient, access: ChartAccess) -> dict[str, Any]:
    """What the page shows. The chart is read with the EHR's token, as for a call without prefetch.

    Raises:
        LaunchStop: the chart could not be read; nothing is known, which is not the same as nothing to say.
    """
    call = HookCall(
        service=OVERVIEW,
        hook_instance=str(uuid4()),
        context=Context(access.patient, access.encounter),
        fhir_server=launched.server,
        fhir_authorization=FhirAuthorization(access.token, access.scope, access.patient),
    )
    if answerer.fetcher is None:
        raise LaunchStop("no-data")
    remembered = _Remembered(answerer.fetcher)
    try:
        answered = replace(answerer, fetcher=remembered).answered(call, Caller(launched.client))
    except DataNeeded as needed:
        raise LaunchStop("no-data", *_reasons(needed.keys, remembered.prefetch)) from None
    titles = answerer.policies.current.titles
    banner = None if access.shows_patient else _person(remembered.prefetch, access.patient)
    opened_from = TITLES.get(access.opened_from or "")
    facts = _facts(answered, titles) or {"known": False, "unread": [*_unread(remembered.prefetch)]}
    drafted = drafted_of(answered, launched.client.issuer) if facts["known"] else None
    return {"patient": banner, "openedFrom": opened_from, "drafted": drafted, **facts}


def _reasons(keys: Iterable[str], prefetch: Prefetch) -> Iterator[str]:
    """Why these keys could not be had."""
    slots = (prefetch.slots.get(key) for key in keys)
    gaps = (Unknown(fact_of(slot.key), slot.reason) for slot in slots if slot is not None and slot.reason)
    yield from [*plain_sentences(gaps)][:MOST_REASONS]


def _unread(prefetch: Prefetch) -> Iterator[str]:
    """What could not be read: where nothing is found, it may be there."""
    yield from _reasons(prefetch.slots, prefetch)
    yield from [*plain_sentences(prefetch.gaps)][:MOST_REASONS]


def _person(prefetch: Prefetch, patient: str) -> dict[str, str] | None:
    """Name and birth date, by which users see that they have the right chart; None where the EHR tells neither."""
    received = prefetch.as_received(f"Patient/{patient}") or {}
    names = received.get("name")
    name = next((_name(each) for each in names if isinstance(each, dict)), "") if isinstance(names, list) else ""
    born = received.get("birthDate")
    found = {"name": name, "born": _birthday(born)}
    return found if any(found.values()) else None


def _birthday(born: object) -> str:
    """A day in words; a year or month as it is written, and nothing of what is none."""
    try:
        return day(date.fromisoformat(born)) if isinstance(born, str) and len(born) > _MONTH else str(born or "")
    except ValueError:
        return ""


def _name(name: Mapping[str, Any]) -> str:
    text, given_names, family = name.get("text"), name.get("given"), name.get("family")
    if isinstance(text, str) and text:
        return text
    parts = [*(given_names if isinstance(given_names, list) else ()), family]
    return " ".join(part for part in parts if isinstance(part, str))


def _facts(answered: Answered, titles: Mapping[str, str]) -> dict[str, Any]:
    """What is known of a program; empty where there is none."""
    evaluation = answered.evaluation
    if evaluation is None or all(rule.outcome is Outcome.NOT_APPLICABLE for rule in evaluation.rules):
        return {}
    composition = answered.composition
    groups = (*composition.shown, *(held.group for held in composition.withheld))
    applied = (value for group in groups for value in group.values)
    asked = (value for group in groups for value in group.questions)
    return {
        "known": True,
        "day": day(evaluation.date_of_service),
        "timeline": view_of_answer(answered),
        "cards": [_card(card) for card in answered.response["cards"]],
        "further": [held.group.host.words.summary for held in composition.withheld],
        "remedies": remedies(composition),
        "gaps": [*_gaps(evaluation)],
        "values": _each_once(_value(value, titles) for value in applied),
        "questions": _each_once(_value(value, titles) for value in asked),
    }


def _card(card: Mapping[str, Any]) -> DrawnCard:
    """A card as the EHR shows it, to be read: it is set aside or accepted in the EHR."""
    links = [link for link in card["links"] if link["type"] != "smart"]
    return drawn_card({**card, "links": links, "overrideReasons": []}, new_tab=True)


def _gaps(evaluation: Evaluation) -> Iterator[ShownGap]:
    """Each gap as a sentence, with the rules that it matters for unless these are all."""
    rules: dict[str, dict[str, None]] = {}
    for gap in evaluation.gaps:
        few = gap.rules if len(gap.rules) < len(evaluation.rules) else ()
        for sentence in plain_sentences((Unknown(gap.fact, gap.why, gap.reference),)):
            rules.setdefault(sentence, {}).update(dict.fromkeys(TITLES[rule] for rule in few))
    return (ShownGap(sentence, tuple(titles)) for sentence, titles in rules.items())


def _each_once(values: Iterable[ShownValue]) -> list[ShownValue]:
    return list(dict.fromkeys(values))


def _value(value: PolicyValue[object], titles: Mapping[str, str]) -> ShownValue:
    parameter = PARAMETERS[value.parameter]
    return ShownValue(
        label=capital(label_of(value, parameter.label)),
        words=value_in_words(value.plain, parameter.unit),
        since=day(value.since) if value.dated else "",
        policy=value.policy,
        title=titles.get(value.policy, value.policy),
        sure=how_sure(value.confidence, value.policy),
        source=" ".join(filter(None, (value.source.title, value.source.paragraph))),
        href=value.source.href or "",
    )
