"""The parts of a CDS Hooks response as types, encoded as they stand: none can be null, empty or half there.

Names, order and required fields are those of the specification; a field with a default is left out where it has that
value (CH-S-03).
"""

from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta, Struct
from msgspec.json import Encoder

from cards.extensions import AnswerExtension, CardExtension
from cds_service.domain.actions import Action
from cds_service.domain.findings import Severity

MOST_SUMMARY: Final = 139
"""Characters of a summary (CH-S-05)."""
CardUuid: TypeAlias = Annotated[
    str, Meta(description="The same input gives the same id.", extra_json_schema={"format": "uuid"})
]
CardUrl: TypeAlias = Annotated[str, Meta(description="A page of this service.", extra_json_schema={"format": "uri"})]


class CardCoding(Struct, frozen=True):
    """A topic or an override reason, in a code system of ours (CH-S-17, CH-S-21)."""

    system: str
    code: str
    display: str


class CardSource(Struct, frozen=True):
    """Who speaks, and about what (CH-S-08)."""

    label: str
    url: CardUrl
    topic: CardCoding


class CardLink(Struct, frozen=True):
    """A link to a page of ours (CH-S-18)."""

    label: str
    url: CardUrl
    type: Literal["absolute"] = "absolute"


class AppLink(Struct, frozen=True, rename="camel"):
    """A link that the EHR opens as a SMART app, with what it is opened from (CH-S-18)."""

    label: str
    url: str
    app_context: str
    type: Literal["smart"] = "smart"


class Suggestion(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A whole change to accept or leave (CH-S-11)."""

    uuid: CardUuid
    label: str
    is_recommended: bool = False
    actions: tuple[Action, ...]


class Card(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What the EHR shows of a finding, or of several that belong together.

    ``selection_behavior`` stands beside suggestions and only there (CH-S-09).
    """

    uuid: CardUuid
    summary: Annotated[str, Meta(max_length=MOST_SUMMARY, description="What to do, with the number that matters.")]
    indicator: Severity
    source: CardSource
    detail: Annotated[str, Meta(description="What and why, in GitHub-flavored Markdown without HTML.")]
    suggestions: tuple[Suggestion, ...] = ()
    selection_behavior: Literal["any", "at-most-one"] | None = None
    override_reasons: Annotated[tuple[CardCoding, ...], Meta(description="Reasons that fit the topic.")]
    links: Annotated[tuple[CardLink | AppLink, ...], Meta(description="Pages that explain the card.")]
    extension: CardExtension


class HookResponse(Struct, frozen=True, omit_defaults=True):
    """The answer to a hook call; ``extension`` is left out where no rule applies."""

    cards: tuple[Card, ...]
    extension: AnswerExtension | None = None

    @property
    def encoded(self) -> bytes:
        """The body that is sent."""
        return _ENCODER.encode(self)


NO_CARDS: Final = HookResponse(())

_ENCODER: Final = Encoder()
