"""The tables. Patients, episodes and subjects appear as keyed hashes only (CH-X-17)."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, DateTime, Dialect, Double, ForeignKeyConstraint, Index, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

CONSTRAINT_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(TypeDecorator[datetime]):
    """A moment in UTC, with its zone on the way in and out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """To UTC; SQLite keeps no zone."""
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """From UTC, whether or not the database told the zone."""
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Text(TypeDecorator[str]):
    """Text chosen by a client: without NUL, which PostgreSQL cannot hold."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """NUL becomes the replacement character."""
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}") if value is not None else None


class Base(DeclarativeBase):
    """Types of Python as columns."""

    metadata = MetaData(naming_convention=CONSTRAINT_NAMES)
    type_annotation_map: ClassVar[dict[Any, TypeEngine[Any]]] = {
        str: Text(),
        datetime: Instant(),
        float: Double(),
        list[str]: JSON(),
        list[dict[str, Any]]: JSON(),
    }


class DecisionRow(Base):
    """One hook call that could be read, also when it had no cards or was refused for want of data.

    ``evaluation`` is the id that the answer's evaluation extension gives. ``outcome`` is ``answered``,
    ``data-needed`` or ``failed``; ``shown``, ``withheld`` and ``gaps`` count. ``latency`` is in milliseconds.
    ``input`` and ``output`` are SHA-256 of the bodies. ``shadow`` calls were evaluated, and nothing was shown.
    ``missing`` are the facts that its gaps name, each once, with a space before and after each; None where nobody
    noted them, as before version 0002 of the tables.
    """

    __tablename__ = "decision"
    id: Mapped[str] = mapped_column(primary_key=True)
    evaluation: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    client: Mapped[str]
    tenant: Mapped[str | None]
    service: Mapped[str]
    hook: Mapped[str]
    hook_instance: Mapped[str]
    policies: Mapped[list[str]]
    input: Mapped[str]
    output: Mapped[str | None]
    outcome: Mapped[str]
    shown: Mapped[int]
    withheld: Mapped[int]
    gaps: Mapped[int]
    latency: Mapped[float]
    patient: Mapped[str]
    episode: Mapped[str | None]
    shadow: Mapped[bool]
    missing: Mapped[str | None]


class CardRow(Base):
    """A card, shown or not; a call repeated with the same hookInstance repeats its cards, which then count once.

    ``state`` is ``shown``, ``withheld`` or ``shadow``, ``why`` the reason it was withheld. ``policy`` is the layer
    of the deciding value. ``joined`` are the findings told on the card besides its own: rule, kind, subject hash,
    severity. ``severity`` is that of the card's own finding, ``indicator`` that of the whole card.
    """

    __tablename__ = "card"
    __table_args__ = (ForeignKeyConstraint(["decision"], ["decision.id"], ondelete="CASCADE"),)

    client: Mapped[str] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(primary_key=True)
    decision: Mapped[str] = mapped_column(index=True)
    rule: Mapped[str]
    kind: Mapped[str]
    topic: Mapped[str]
    indicator: Mapped[str]
    severity: Mapped[str]
    policy: Mapped[str | None]
    subject: Mapped[str]
    joined: Mapped[list[dict[str, Any]]]
    rank: Mapped[int]
    state: Mapped[str]
    why: Mapped[str | None]


class SuggestionRow(Base):
    """A suggestion of a shown card; ``label`` is the key of its wording, not its text.

    ``lines`` are the claim lines that it drafts, like ``97545-WH-GP:1 97546-WH-GP:2``: codes, modifiers and units, no
    date and nothing else of the visit. None where it drafts none.
    """

    __tablename__ = "suggestion"
    __table_args__ = (
        ForeignKeyConstraint(["client", "card"], ["card.client", "card.uuid"], ondelete="CASCADE"),
        Index(None, "client", "card"),
    )

    client: Mapped[str] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(primary_key=True)
    card: Mapped[str]
    label: Mapped[str]
    recommended: Mapped[bool | None]
    lines: Mapped[str | None]


class FeedbackRow(Base):
    """What a client says became of a card, the latest word by ``outcome_at``; matched to its card by client and uuid.

    A card that this client never got stays unmatched (CH-F-05). ``comment`` may hold patient data (CH-F-09).
    ``patient`` and ``episode`` are those of the card's call, so that overrides are found without a look at all calls
    about a patient; they follow when the card is written after its feedback.
    """

    __tablename__ = "feedback"
    __table_args__ = (Index(None, "client", "patient", "episode"),)

    client: Mapped[str] = mapped_column(primary_key=True)
    card: Mapped[str] = mapped_column(primary_key=True)
    service: Mapped[str]
    outcome: Mapped[str]
    reason_system: Mapped[str | None]
    reason_code: Mapped[str | None]
    comment: Mapped[str | None]
    suggestions: Mapped[list[str]]
    outcome_at: Mapped[datetime]
    received_at: Mapped[datetime] = mapped_column(index=True)
    patient: Mapped[str | None]
    episode: Mapped[str | None]


class UsedTokenRow(Base):
    """A token that was used, remembered until it expires (CH-X-09)."""

    __tablename__ = "used_token"

    issuer: Mapped[str] = mapped_column(primary_key=True)
    jti: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[datetime] = mapped_column(index=True)


class SecretRow(Base):
    """A secret that this installation made for itself."""

    __tablename__ = "secret"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class EndedSessionRow(Base):
    """A session of the insights that its user ended, remembered until it would have ended by itself."""

    __tablename__ = "ended_session"

    id: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[datetime]


class SignInAttemptRow(Base):
    """Wrong tokens at the door of the insights: how many from an address, as a keyed hash, or in all, since when."""

    __tablename__ = "sign_in_attempt"

    source: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    wrong: Mapped[int]
