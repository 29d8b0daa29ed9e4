"""What the CDS Hooks specification demands of a response, as far as one response alone can show it.

Each problem names the path and the requirement (CH-S-01 to CH-S-24, CH-X-18). CH-S-02 (status) and CH-S-25 (same
answer twice) need more than one response; the content of embedded resources is judged where FHIR is read.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from cds_service.ehr.judged_shapes import JudgedClient, extension_problems, is_text, objects_in, uuid_problems
from cds_service.ehr.judging_actions import action_problems, suggestion_problems

_RAW_HTML: Final = re.compile(r"(?<!\\)<(?=[A-Za-z/!?])")
_INDICATORS: Final = ("critical", "warning", "info")
_SUMMARY_LIMIT: Final = 140


def problems(
    response: object,
    *,
    version: str = "2.0",
    known_references: Collection[str] = (),
    link_hosts: Collection[str] = (),
    max_cards: int | None = None,
) -> list[str]:
    """List what is wrong with a response; empty when nothing is.

    Args:
        response: the decoded JSON body.
        version: the CDS Hooks version of the client (1.0, 2.0, 3.0).
        known_references: references (``Type/id``) the client can resolve; empty leaves references to them unchecked.
        link_hosts: the only hosts that links and sources may point to; empty allows any.
        max_cards: the most cards the client is to get.
    """
    client = JudgedClient(version, frozenset(known_references), frozenset(link_hosts))
    if not isinstance(response, Mapping):
        return ["$: the response is not an object (CH-S-01)"]
    return [
        *_empty_values("$", response),
        *extension_problems("$", response),
        *_cards(response, client, max_cards),
        *_unique_uuids(response),
        *_system_actions(response, client),
    ]


def _empty_values(path: str, value: object) -> Iterator[str]:
    match value:
        case None:
            yield f"{path}: null (CH-S-03)"
        case str() if not value.strip():
            yield f"{path}: empty text (CH-S-03)"
        case Mapping() | list() if not value and path != "$.cards":
            yield f"{path}: empty (CH-S-03)"
        case Mapping():
            for key, member in value.items():
                yield from _empty_values(f"{path}.{key}", member)
        case list():
            for index, member in enumerate(value):
                yield from _empty_values(f"{path}[{index}]", member)


def _cards(response: Mapping[str, object], client: JudgedClient, max_cards: int | None) -> Iterator[str]:
    if "cards" not in response:
        yield "$.cards: missing (CH-S-01)"
        return
    indicators = []
    for path, card, problem in objects_in("$.cards", response["cards"], "CH-S-01"):
        if card is None:
            yield problem
            continue
        yield from _card(path, card, client)
        if card.get("indicator") in _INDICATORS:
            indicators.append(_INDICATORS.index(str(card["indicator"])))
    if indicators != sorted(indicators):
        yield "$.cards: not in the order critical, warning, info (CH-S-24)"
    cards = response["cards"]
    if max_cards is not None and isinstance(cards, list) and len(cards) > max_cards:
        yield f"$.cards: {len(cards)} cards, at most {max_cards} (CH-S-24)"


def _card(path: str, card: Mapping[str, object], client: JudgedClient) -> Iterator[str]:
    yield from uuid_problems(path, card)
    yield from _summary(path, card)
    yield from _detail(path, card)
    if card.get("indicator") not in _INDICATORS:
        yield f"{path}.indicator: not one of {', '.join(_INDICATORS)} (CH-S-07)"
    yield from _source(f"{path}.source", card.get("source"), client)
    yield from _selection(path, card, client)
    yield from suggestion_problems(path, card, client)
    yield from _override_reasons(path, card)
    yield from _links(path, card, client)
    yield from extension_problems(path, card)


def _summary(path: str, card: Mapping[str, object]) -> Iterator[str]:
    summary = card.get("summary")
    if not isinstance(summary, str) or not summary.strip():
        yield f"{path}.summary: missing (CH-S-05)"
    elif len(summary) >= _SUMMARY_LIMIT:
        yield f"{path}.summary: {len(summary)} characters, at most {_SUMMARY_LIMIT - 1} (CH-S-05)"
    elif len(summary.splitlines()) > 1:
        yield f"{path}.summary: more than one line (CH-S-05)"


def _detail(path: str, card: Mapping[str, object]) -> Iterator[str]:
    if "detail" not in card:
        return
    detail = card["detail"]
    if not isinstance(detail, str):
        yield f"{path}.detail: not text (CH-S-06)"
    elif _RAW_HTML.search(detail):
        yield f"{path}.detail: raw HTML (CH-S-06)"


def _unique_uuids(response: Mapping[str, object]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for path, holder in _uuid_holders(response):
        uuid = holder.get("uuid")
        if isinstance(uuid, str):
            if uuid in seen:
                yield f"{path}.uuid: the same as {seen[uuid]}.uuid (CH-S-04)"
            seen.setdefault(uuid, path)


def _uuid_holders(response: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, object]]]:
    for path, card, _ in objects_in("$.cards", response.get("cards"), ""):
        if card is not None:
            yield path, card
            for inner, suggestion, _ in objects_in(f"{path}.suggestions", card.get("suggestions"), ""):
                if suggestion is not None:
                    yield inner, suggestion


def _source(path: str, source: object, client: JudgedClient) -> Iterator[str]:
    if not isinstance(source, Mapping) or not is_text(source.get("label")):
        yield f"{path}.label: missing (CH-S-08)"
        return
    for name in ("url", "icon"):
        if name in source:
            yield from _address(f"{path}.{name}", source[name], client, "CH-S-08")
    if "topic" in source:
        yield from _coding(f"{path}.topic", source["topic"], display=False)


def _selection(path: str, card: Mapping[str, object], client: JudgedClient) -> Iterator[str]:
    allowed = ("at-most-one",) if client.first_version else ("at-most-one", "any")
    behavior = card.get("selectionBehavior")
    if "suggestions" in card and "selectionBehavior" not in card:
        yield f"{path}.selectionBehavior: missing beside suggestions (CH-S-09)"
    elif "selectionBehavior" in card and behavior not in allowed:
        yield f"{path}.selectionBehavior: not one of {', '.join(allowed)} (CH-S-09)"
    elif "selectionBehavior" in card and "suggestions" not in card:
        yield f"{path}.selectionBehavior: without suggestions (CH-S-09)"


def _override_reasons(path: str, card: Mapping[str, object]) -> Iterator[str]:
    if "overrideReasons" not in card:
        return
    for where, reason, problem in objects_in(f"{path}.overrideReasons", card["overrideReasons"], "CH-S-17"):
        if reason is None:
            yield problem
        else:
            yield from _coding(where, reason, display=True)


def _coding(path: str, coding: object, *, display: bool) -> Iterator[str]:
    if not isinstance(coding, Mapping):
        yield f"{path}: not a coding (CH-S-21)"
        return
    for name in ("code", "system"):
        if not is_text(coding.get(name)):
            yield f"{path}.{name}: missing (CH-S-21)"
    if display and not is_text(coding.get("display")):
        yield f"{path}.display: missing (CH-S-17)"


def _links(path: str, card: Mapping[str, object], client: JudgedClient) -> Iterator[str]:
    if "links" not in card:
        return
    for where, link, problem in objects_in(f"{path}.links", card["links"], "CH-S-18"):
        if link is None:
            yield problem
            continue
        if not is_text(link.get("label")):
            yield f"{where}.label: missing (CH-S-18)"
        if link.get("type") not in ("absolute", "smart"):
            yield f"{where}.type: not one of absolute, smart (CH-S-18)"
        if "appContext" in link and link.get("type") != "smart":
            yield f"{where}.appContext: only with smart (CH-S-18)"
        for name in ("autolaunchable", "autolaunch"):
            if name in link:
                yield f"{where}.{name}: not used (CH-S-19)"
        yield from _address(f"{where}.url", link.get("url"), client, "CH-S-18")


def _address(path: str, url: object, client: JudgedClient, rule: str) -> Iterator[str]:
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in ("http", "https") or not parts.netloc:
        yield f"{path}: not an absolute http(s) address ({rule})"
    elif client.hosts and parts.hostname not in client.hosts:
        yield f"{path}: host {parts.hostname} is not allowed (CH-X-18)"


def _system_actions(response: Mapping[str, object], client: JudgedClient) -> Iterator[str]:
    if "systemActions" not in response:
        return
    if client.first_version:
        yield "$.systemActions: not before version 2.0 (CH-S-20)"
    yield from action_problems("$.systemActions", response["systemActions"], client, "CH-S-20")
