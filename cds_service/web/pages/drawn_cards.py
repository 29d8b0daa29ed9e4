"""Cards of a CDS Hooks response as an EHR would draw them, by the macro in ``templates/cards/ehr_card.html``."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

INDICATORS: Final = {"info": "Information", "warning": "Warning", "critical": "Critical"}


@dataclass(frozen=True, slots=True)
class DrawnSuggestion:
    """A button: ``href`` is where it leads; without it the button is a picture of one."""

    label: str
    recommended: bool
    href: str | None = None


@dataclass(frozen=True, slots=True)
class OverrideMenu:
    """The form that overrides a card: a GET to ``action`` with these fields and the reason that is chosen."""

    action: str
    fields: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class DrawnCard:
    """What an EHR shows of a card; ``detail`` is HTML made of its Markdown, all else is text."""

    indicator: str
    summary: str
    detail: Markup
    source: str
    suggestions: tuple[DrawnSuggestion, ...]
    reasons: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]
    override: OverrideMenu | None = None
    new_tab: bool = False

    @property
    def indicator_in_words(self) -> str:
        """What its color says."""
        return INDICATORS.get(self.indicator, self.indicator)


def drawn_card(
    card: Mapping[str, Any],
    hrefs: Sequence[str | None] = (),
    override: OverrideMenu | None = None,
    *,
    new_tab: bool = False,
) -> DrawnCard:
    """A card of a response.

    Args:
        card: The card as it was sent.
        hrefs: Where the button of each suggestion leads, in their order.
        override: The form of its override menu; without it the menu is a list of reasons to read.
        new_tab: Whether its links open a new tab, as they have to in a frame of the EHR.
    """
    suggestions = card.get("suggestions", ())
    targets = [*hrefs, *[None] * (len(suggestions) - len(hrefs))]
    return DrawnCard(
        indicator=card["indicator"],
        summary=card["summary"],
        detail=from_markdown(card.get("detail", ""), new_tab=new_tab),
        source=card.get("source", {}).get("label", ""),
        suggestions=tuple(
            DrawnSuggestion(suggestion["label"], suggestion.get("isRecommended", False), href)
            for suggestion, href in zip(suggestions, targets, strict=False)
        ),
        reasons=tuple((reason["code"], reason["display"]) for reason in card.get("overrideReasons", ())),
        links=tuple(_links(card.get("links", ()))),
        override=override,
        new_tab=new_tab,
    )


def _links(links: Iterable[Mapping[str, str]]) -> Iterable[tuple[str, str]]:
    """Label and address; only those of the web, for a card could name any."""
    for link in links:
        if link["url"].startswith(("https://", "http://")):
            yield link["label"], link["url"]


def from_markdown(text: str, *, new_tab: bool = False) -> Markup:
    """Markdown as HTML: no HTML of its own, no pictures, links of the web only."""
    return Markup(_markdown().render(text, {"new_tab": new_tab}))  # noqa: S704 - the renderer escapes everything that it does not write itself


@cache
def _markdown() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "autolink"])
    reader.add_render_rule("link_open", _link_open)
    reader.validateLink = _is_of_the_web  # type: ignore[method-assign]
    return reader


def _is_of_the_web(url: str) -> bool:
    return url.startswith(("https://", "http://"))


def _link_open(renderer: Any, tokens: Sequence[Token], place: int, options: Any, env: Any) -> str:  # noqa: ANN401 - the library's
    tokens[place].attrSet("rel", "noreferrer")
    if env["new_tab"]:
        tokens[place].attrSet("target", "_blank")
    return str(renderer.renderToken(tokens, place, options, {}))
