"""Feedback on cards: what a client may report, checked as a whole (CH-F); one bad entry rejects all of it (CH-F-08)."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from cds_service.domain.frozen import dataclass
from cds_service.errors import InvalidRequest, MissingField, UnknownService
from cds_service.hooks.call import read_object
from cds_service.hooks.services import hooks_of

MAX_ENTRIES: Final = 1_000
MAX_ID: Final = 128
MAX_CODING: Final = 512
MAX_COMMENT: Final = 4_000
"""Characters of a comment. It may hold patient data, so it is kept short (CH-F-09)."""

_RFC_3339: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?P<fraction>\.\d+)?(?P<zone>[Zz]|[+-]\d{2}:\d{2})"
)


@dataclass(frozen=True, slots=True)
class OverrideReason:
    """Why a card was overridden: a code, a comment, or both (CH-F-04)."""

    system: str | None = None
    code: str | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class CardFeedback:
    """What became of one card. ``at`` is in UTC; ``suggestions`` are the uuids of the accepted ones."""

    card: str
    outcome: Literal["accepted", "overridden"]
    at: datetime
    suggestions: tuple[str, ...] = ()
    reason: OverrideReason | None = None


class _Coding(msgspec.Struct):
    system: str | None = None
    code: str | None = None


class _Reason(msgspec.Struct, rename="camel"):
    reason: _Coding | None = None
    user_comment: str | None = None


class _Suggestion(msgspec.Struct):
    id: str | None = None


class _Entry(msgspec.Struct, rename="camel"):
    card: str | None = None
    outcome: str | None = None
    outcome_timestamp: str | None = None
    accepted_suggestions: tuple[_Suggestion, ...] | None = None
    override_reason: _Reason | None = None


class _Body(msgspec.Struct):
    feedback: tuple[_Entry, ...] | None = None


_decode: Final[Callable[[bytes], _Body]] = msgspec.json.Decoder(_Body).decode


def read_feedback(body: bytes, service_id: str) -> tuple[CardFeedback, ...]:
    """Check a feedback request and read it; an entry sent twice is returned once (CH-F-01).

    Raises:
        UnknownService: no service has this id.
        NotJson: the body is not JSON in UTF-8.
        NotAnObject: the body is not a JSON object.
        InvalidRequest: an entry lacks a field or has a wrong one; it is named.
    """
    if not hooks_of(service_id):
        raise UnknownService(service_id)
    entries = read_object(_decode, body).feedback
    if not entries:
        raise MissingField("feedback")
    if len(entries) > MAX_ENTRIES:
        raise InvalidRequest("feedback", f"must have at most {MAX_ENTRIES} entries")
    read = (_entry(entry, f"feedback[{index}]") for index, entry in enumerate(entries))
    return tuple(dict.fromkeys(read))


def _entry(entry: _Entry, at: str) -> CardFeedback:
    card = _text(entry.card, f"{at}.card", MAX_ID)
    when = _instant(_text(entry.outcome_timestamp, f"{at}.outcomeTimestamp", MAX_ID), f"{at}.outcomeTimestamp")
    match _text(entry.outcome, f"{at}.outcome", MAX_ID):
        case "accepted":
            return CardFeedback(card, "accepted", when, suggestions=_suggestions(entry, at))
        case "overridden":
            return CardFeedback(card, "overridden", when, reason=_reason(entry.override_reason, f"{at}.overrideReason"))
        case _:
            raise InvalidRequest(f"{at}.outcome", "must be accepted or overridden")


def _suggestions(entry: _Entry, at: str) -> tuple[str, ...]:
    field = f"{at}.acceptedSuggestions"
    if not entry.accepted_suggestions:
        raise MissingField(field)
    return tuple(
        _text(suggestion.id, f"{field}[{index}].id", MAX_ID)
        for index, suggestion in enumerate(entry.accepted_suggestions)
    )


def _reason(sent: _Reason | None, at: str) -> OverrideReason | None:
    if sent is None:
        return None
    comment = sent.user_comment or None
    if comment is not None and len(comment) > MAX_COMMENT:
        raise InvalidRequest(f"{at}.userComment", f"must have at most {MAX_COMMENT} characters")
    if sent.reason is not None:
        return OverrideReason(
            system=_text(sent.reason.system, f"{at}.reason.system", MAX_CODING),
            code=_text(sent.reason.code, f"{at}.reason.code", MAX_CODING),
            comment=comment,
        )
    if comment is None:
        raise InvalidRequest(at, "must have a reason or a userComment")
    return OverrideReason(comment=comment)


def _text(text: str | None, field: str, limit: int) -> str:
    if text is None or not text.strip():
        raise MissingField(field)
    if len(text) > limit:
        raise InvalidRequest(field, f"must have at most {limit} characters")
    return text


def _instant(text: str, field: str) -> datetime:
    """RFC 3339 with any offset, in UTC; fractions finer than a microsecond are cut off."""
    form = _RFC_3339.fullmatch(text)
    if form is None:
        raise InvalidRequest(field, "must be a time like 2026-01-31T09:30:00Z")
    fraction = (form["fraction"] or "")[:7]
    try:
        return datetime.fromisoformat(f"{text[:19]}{fraction}{form['zone'].upper()}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidRequest(field, "must be a time like 2026-01-31T09:30:00Z") from None
