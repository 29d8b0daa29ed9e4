"""What the CDS Hooks specification demands of a response, as far as one response alone can show it.

Each problem names the path and the requirement (CH-S-01 to CH-S-24, CH-X-18). CH-S-02 (status) and CH-S-25 (same
answer twice) need more than one response; the content of embedded resources is judged where FHIR is read.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from cds_service.domain.frozen import dataclass

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_RAW_HTML: Final = re.compile(r"(?<!\\)<(?=[A-Za-z/!?])")
_RESOURCE_TYPE: Final = re.compile(r"[A-Z][A-Za-z]+")
_FHIR_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_REFERENCE: Final = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64}")

_INDICATORS: Final = ("critical", "warning", "info")
_ACTION_TYPES: Final = ("create", "update", "delete")
_SUMMARY_LIMIT: Final = 140


@dataclass(frozen=True, slots=True)
class _Client:
    version: str
    known: frozenset[str]
    hosts: frozenset[str]

    @property
    def first_version(self) -> bool:
        return self.version.startswith("1.")


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
    client = _Client(version, frozenset(known_references), frozenset(link_hosts))
    if not isinstance(response, Mapping):
        return ["$: the response is not an object (CH-S-01)"]
    return [
        *_empty_values("$", response),
        *_extension("$", response),
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


def _objects(path: str, value: object, rule: str) -> Iterator[tuple[str, Mapping[str, object] | None, str]]:
    """The members of a list: (path, object, ""), or (path, None, problem) where there is no object."""
    if not isinstance(value, list):
        yield path, None, f"{path}: not an array ({rule})"
        return
    for index, member in enumerate(value):
        where = f"{path}[{index}]"
        if isinstance(member, Mapping):
            yield where, member, ""
        else:
            yield where, None, f"{where}: not an object ({rule})"


def _cards(response: Mapping[str, object], client: _Client, max_cards: int | None) -> Iterator[str]:
    if "cards" not in response:
        yield "$.cards: missing (CH-S-01)"
        return
    indicators = []
    for path, card, problem in _objects("$.cards", response["cards"], "CH-S-01"):
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


def _card(path: str, card: Mapping[str, object], client: _Client) -> Iterator[str]:
    yield from _uuid(path, card)
    yield from _summary(path, card)
    yield from _detail(path, card)
    if card.get("indicator") not in _INDICATORS:
        yield f"{path}.indicator: not one of {', '.join(_INDICATORS)} (CH-S-07)"
    yield from _source(f"{path}.source", card.get("source"), client)
    yield from _selection(path, card, client)
    yield from _suggestions(path, card, client)
    yield from _override_reasons(path, card)
    yield from _links(path, card, client)
    yield from _extension(path, card)


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


def _uuid(path: str, holder: Mapping[str, object]) -> Iterator[str]:
    uuid = holder.get("uuid")
    if "uuid" in holder and not (isinstance(uuid, str) and _UUID.fullmatch(uuid)):
        yield f"{path}.uuid: not an RFC 4122 uuid in lower case without prefix (CH-S-04)"


def _unique_uuids(response: Mapping[str, object]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for path, holder in _uuid_holders(response):
        uuid = holder.get("uuid")
        if isinstance(uuid, str):
            if uuid in seen:
                yield f"{path}.uuid: the same as {seen[uuid]}.uuid (CH-S-04)"
            seen.setdefault(uuid, path)


def _uuid_holders(response: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, object]]]:
    for path, card, _ in _objects("$.cards", response.get("cards"), ""):
        if card is not None:
            yield path, card
            for inner, suggestion, _ in _objects(f"{path}.suggestions", card.get("suggestions"), ""):
                if suggestion is not None:
                    yield inner, suggestion


def _source(path: str, source: object, client: _Client) -> Iterator[str]:
    if not isinstance(source, Mapping) or not _text(source.get("label")):
        yield f"{path}.label: missing (CH-S-08)"
        return
    for name in ("url", "icon"):
        if name in source:
            yield from _address(f"{path}.{name}", source[name], client, "CH-S-08")
    if "topic" in source:
        yield from _coding(f"{path}.topic", source["topic"], display=False)


def _selection(path: str, card: Mapping[str, object], client: _Client) -> Iterator[str]:
    allowed = ("at-most-one",) if client.first_version else ("at-most-one", "any")
    behavior = card.get("selectionBehavior")
    if "suggestions" in card and "selectionBehavior" not in card:
        yield f"{path}.selectionBehavior: missing beside suggestions (CH-S-09)"
    elif "selectionBehavior" in card and behavior not in allowed:
        yield f"{path}.selectionBehavior: not one of {', '.join(allowed)} (CH-S-09)"
    elif "selectionBehavior" in card and "suggestions" not in card:
        yield f"{path}.selectionBehavior: without suggestions (CH-S-09)"


def _suggestions(path: str, card: Mapping[str, object], client: _Client) -> Iterator[str]:
    if "suggestions" not in card:
        return
    recommended = 0
    for where, suggestion, problem in _objects(f"{path}.suggestions", card["suggestions"], "CH-S-11"):
        if suggestion is None:
            yield problem
            continue
        recommended += suggestion.get("isRecommended") is True
        yield from _suggestion(where, suggestion, client)
    if recommended > 1 and card.get("selectionBehavior") == "at-most-one":
        yield f"{path}.suggestions: {recommended} recommended with at-most-one (CH-S-10)"


def _suggestion(path: str, suggestion: Mapping[str, object], client: _Client) -> Iterator[str]:
    if not _text(suggestion.get("label")):
        yield f"{path}.label: missing (CH-S-11)"
    yield from _uuid(path, suggestion)
    if "isRecommended" in suggestion and not isinstance(suggestion["isRecommended"], bool):
        yield f"{path}.isRecommended: not true or false (CH-S-11)"
    if "actionSelectionBehavior" in suggestion:
        yield f"{path}.actionSelectionBehavior: not without agreement of the client (CH-S-16)"
    yield from _extension(path, suggestion)
    if "actions" in suggestion:
        yield from _actions(f"{path}.actions", suggestion["actions"], client, "CH-S-11")


def _actions(path: str, value: object, client: _Client, rule: str) -> Iterator[str]:
    actions = []
    for where, action, problem in _objects(path, value, rule):
        if action is None:
            yield problem
            continue
        yield from _action(where, action, client)
        actions.append((where, action))
    if isinstance(value, list) and not value:
        yield f"{path}: no action ({rule})"
    yield from _references(actions, client)


def _action(path: str, action: Mapping[str, object], client: _Client) -> Iterator[str]:
    kind = action.get("type")
    if kind not in _ACTION_TYPES:
        yield f"{path}.type: not one of {', '.join(_ACTION_TYPES)} (CH-S-12)"
    if not _text(action.get("description")):
        yield f"{path}.description: missing (CH-S-12)"
    if kind == "delete":
        yield from _delete(path, action, client)
    elif kind in _ACTION_TYPES:
        yield from _written(path, action)
    yield from _extension(path, action)


def _delete(path: str, action: Mapping[str, object], client: _Client) -> Iterator[str]:
    named = action.get("resource" if client.first_version and "resourceId" not in action else "resourceId")
    if not (isinstance(named, str) and _REFERENCE.fullmatch(named)):
        yield f"{path}.resourceId: delete needs Type/id (CH-S-14)"
    if "resource" in action and not client.first_version:
        yield f"{path}.resource: not with delete (CH-S-14)"


def _written(path: str, action: Mapping[str, object]) -> Iterator[str]:
    resource = action.get("resource")
    if "resourceId" in action:
        yield f"{path}.resourceId: only with delete (CH-S-13)"
    if not isinstance(resource, Mapping):
        yield f"{path}.resource: {action['type']} needs the whole resource (CH-S-13)"
        return
    kind, identity = resource.get("resourceType"), resource.get("id")
    if not (isinstance(kind, str) and _RESOURCE_TYPE.fullmatch(kind)):
        yield f"{path}.resource.resourceType: missing (CH-S-23)"
    if "id" in resource and not (isinstance(identity, str) and _FHIR_ID.fullmatch(identity)):
        yield f"{path}.resource.id: not a FHIR id (CH-S-23)"
    if action["type"] == "update" and "id" not in resource:
        yield f"{path}.resource.id: update needs the id of the resource (CH-S-13)"


def _references(actions: list[tuple[str, Mapping[str, object]]], client: _Client) -> Iterator[str]:
    written = {name for _, action in actions for name in _names(action.get("resource"))}
    deleted = {str(action["resourceId"]) for _, action in actions if "resourceId" in action}
    for path, action in actions:
        resource = action.get("resource")
        if not isinstance(resource, Mapping):
            continue
        contained = resource.get("contained")
        inside = (
            {f"#{part.get('id')}" for part in contained if isinstance(part, Mapping)}
            if isinstance(contained, list)
            else set()
        )
        for where, reference in _reference_values(f"{path}.resource", resource):
            if reference in deleted:
                yield f"{where}: {reference} is deleted by the same suggestion (CH-S-15)"
            elif not _resolves(reference, written | inside | {"#"}, client.known):
                yield f"{where}: {reference} does not resolve (CH-S-15)"


def _names(resource: object) -> Iterator[str]:
    if isinstance(resource, Mapping) and "resourceType" in resource and "id" in resource:
        yield f"{resource['resourceType']}/{resource['id']}"


def _resolves(reference: str, here: Collection[str], known: Collection[str]) -> bool:
    if reference in here or reference in known:
        return True
    if reference.startswith(("#", "urn:uuid:")):
        return False
    return not known or not _REFERENCE.fullmatch(reference)


def _reference_values(path: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        reference = value.get("reference")
        if isinstance(reference, str):
            yield f"{path}.reference", reference
        for key, member in value.items():
            yield from _reference_values(f"{path}.{key}", member)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _reference_values(f"{path}[{index}]", member)


def _override_reasons(path: str, card: Mapping[str, object]) -> Iterator[str]:
    if "overrideReasons" not in card:
        return
    for where, reason, problem in _objects(f"{path}.overrideReasons", card["overrideReasons"], "CH-S-17"):
        if reason is None:
            yield problem
        else:
            yield from _coding(where, reason, display=True)


def _coding(path: str, coding: object, *, display: bool) -> Iterator[str]:
    if not isinstance(coding, Mapping):
        yield f"{path}: not a coding (CH-S-21)"
        return
    for name in ("code", "system"):
        if not _text(coding.get(name)):
            yield f"{path}.{name}: missing (CH-S-21)"
    if display and not _text(coding.get("display")):
        yield f"{path}.display: missing (CH-S-17)"


def _links(path: str, card: Mapping[str, object], client: _Client) -> Iterator[str]:
    if "links" not in card:
        return
    for where, link, problem in _objects(f"{path}.links", card["links"], "CH-S-18"):
        if link is None:
            yield problem
            continue
        if not _text(link.get("label")):
            yield f"{where}.label: missing (CH-S-18)"
        if link.get("type") not in ("absolute", "smart"):
            yield f"{where}.type: not one of absolute, smart (CH-S-18)"
        if "appContext" in link and link.get("type") != "smart":
            yield f"{where}.appContext: only with smart (CH-S-18)"
        for name in ("autolaunchable", "autolaunch"):
            if name in link:
                yield f"{where}.{name}: not used (CH-S-19)"
        yield from _address(f"{where}.url", link.get("url"), client, "CH-S-18")


def _address(path: str, url: object, client: _Client, rule: str) -> Iterator[str]:
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in ("http", "https") or not parts.netloc:
        yield f"{path}: not an absolute http(s) address ({rule})"
    elif client.hosts and parts.hostname not in client.hosts:
        yield f"{path}: host {parts.hostname} is not allowed (CH-X-18)"


def _extension(path: str, holder: Mapping[str, object]) -> Iterator[str]:
    if "extension" not in holder:
        return
    extension = holder["extension"]
    if not isinstance(extension, Mapping):
        yield f"{path}.extension: not an object (CH-S-22)"
        return
    for name in extension:
        if "." not in name:
            yield f"{path}.extension.{name}: the name needs a dot to be unique (CH-S-22)"


def _system_actions(response: Mapping[str, object], client: _Client) -> Iterator[str]:
    if "systemActions" not in response:
        return
    if client.first_version:
        yield "$.systemActions: not before version 2.0 (CH-S-20)"
    yield from _actions("$.systemActions", response["systemActions"], client, "CH-S-20")


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
