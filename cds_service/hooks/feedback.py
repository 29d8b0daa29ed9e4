"""Feedback on cards: what a client may report, checked as a whole (CH-F); one bad entry rejects all of it (CH-F-08)."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

import msgspec

from cds_service.domain.frozen import dataclass
from cds_service.errors import InvalidRequest, MissingField, UnknownService
from cds_service.hooks.call import read_object
from cds_service.hooks.sent_members import INSTANT_FORM, NOT_BLANK, SentText, described
from cds_service.hooks.services import hooks_of

MAX_ENTRIES: Final = 1_000
MAX_ID: Final = 128
MAX_CODING: Final = 512
MAX_COMMENT: Final = 4_000
"""Characters of a comment. It may hold patient data, so it is kept short (CH-F-09)."""

_OUTCOMES: Final = ("accepted", "overridden")
_RFC_3339: Final = re.compile(INSTANT_FORM, re.ASCII)


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


class ReasonCoding(msgspec.Struct):
    """One of the override reasons that came with the card."""

    system: Annotated[SentText, described("The code system.", maxLength=MAX_CODING, pattern=NOT_BLANK)] = None
    code: Annotated[SentText, described("The reason.", maxLength=MAX_CODING, pattern=NOT_BLANK)] = None


class SentReason(msgspec.Struct, rename="camel"):
    """Why a card was overridden: a reason, a comment, or both."""

    reason: ReasonCoding | None = None
    user_comment: Annotated[SentText, described("What the user wrote.", maxLength=MAX_COMMENT)] = None


class AcceptedSuggestion(msgspec.Struct):
    """A suggestion that was accepted."""

    id: Annotated[SentText, described("The uuid of the suggestion.", maxLength=MAX_ID, pattern=NOT_BLANK)] = None


class FeedbackEntry(msgspec.Struct, rename="camel"):
    """What became of one card."""

    card: Annotated[SentText, described("The uuid of the card.", maxLength=MAX_ID, pattern=NOT_BLANK)] = None
    outcome: Annotated[SentText, described("What the user did.", enum=list(_OUTCOMES))] = None
    outcome_timestamp: Annotated[
        SentText, described("When.", format="date-time", maxLength=MAX_ID, pattern=f"^{INSTANT_FORM}$")
    ] = None
    accepted_suggestions: Annotated[
        tuple[AcceptedSuggestion, ...] | None, described("What was accepted; needed with accepted.")
    ] = None
    override_reason: SentReason | None = None


class FeedbackBody(msgspec.Struct):
    """Feedback on cards: refused as a whole when an entry is wrong."""

    feedback: Annotated[
        tuple[FeedbackEntry, ...] | None,
        described("What became of the cards, one entry each.", minItems=1, maxItems=MAX_ENTRIES),
    ] = None


_decode: Final[Callable[[bytes], FeedbackBody]] = msgspec.json.Decoder(FeedbackBody).decode


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


def _entry(entry: FeedbackEntry, at: str) -> CardFeedback:
    card = _text(entry.card, f"{at}.card", MAX_ID)
    when = _instant(_text(entry.outcome_timestamp, f"{at}.outcomeTimestamp", MAX_ID), f"{at}.outcomeTimestamp")
    match _text(entry.outcome, f"{at}.outcome", MAX_ID):
        case "accepted":
            return CardFeedback(card, "accepted", when, suggestions=_suggestions(entry, at))
        case "overridden":
            return CardFeedback(card, "overridden", when, reason=_reason(entry.override_reason, f"{at}.overrideReason"))
        case _:
            raise InvalidRequest(f"{at}.outcome", "must be accepted or overridden")


def _suggestions(entry: FeedbackEntry, at: str) -> tuple[str, ...]:
    field = f"{at}.acceptedSuggestions"
    if not entry.accepted_suggestions:
        raise MissingField(field)
    return tuple(
        _text(suggestion.id, f"{field}[{index}].id", MAX_ID)
        for index, suggestion in enumerate(entry.accepted_suggestions)
    )


def _reason(sent: SentReason | None, at: str) -> OverrideReason | None:
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
    fraction = (form[1] or "")[:7]
    try:
        return datetime.fromisoformat(f"{text[:19]}{fraction}{form[2].upper()}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidRequest(field, "must be a time like 2026-01-31T09:30:00Z") from None
