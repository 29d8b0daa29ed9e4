"""A hook answer and other results for people at a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.markdown import Markdown
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Column, Table
from rich.text import Text

from cards.explanation import EVALUATION_EXTENSION

COLORS: Final = {"info": "cyan", "warning": "yellow", "critical": "red"}
MOST_TITLES: Final = 4
"""Rules that are named below the cards; the table of gaps names all."""
EVERY_RULE: Final = "every rule"
GAPS: Final = (2, 1)
"""Blanks between columns, the first that leaves room for every word of the header."""


def show_answer(console: Console, answer: Mapping[str, Any]) -> None:
    """Print cards, numbered from 1, and what could not be known."""
    cards: Sequence[Mapping[str, Any]] = answer.get("cards", [])
    for number, card in enumerate(cards, start=1):
        console.print(_card(number, card))
    evaluation: Mapping[str, Any] = answer.get("extension", {}).get(EVALUATION_EXTENSION, {})
    if not cards:
        console.print("No cards: " + _silence(evaluation), style="green" if evaluation else "dim")
    for gap in evaluation.get("gaps", []):
        rules = _rules_without_answer(evaluation, gap)
        if len(gap["rules"]) > MOST_TITLES and rules != EVERY_RULE:
            rules = f"{len(gap['rules'])} rules"
        console.print(Text(f"Not known for {rules}: {gap['why']}", style="dim"))
    for rule in evaluation.get("withheld", []):
        console.print(Text(f"Held back: {rule.get('summary', rule['rule'])} ({rule['why']})", style="dim"))
    if evaluation:
        console.print(Text(_policies(evaluation), style="dim"))


def show_gaps(console: Console, answer: Mapping[str, Any], not_sent: Sequence[str]) -> None:
    """Print what the call did not tell: each fact, why it is not known, and the rules that could not answer for it."""
    evaluation: Mapping[str, Any] = answer.get("extension", {}).get(EVALUATION_EXTENSION, {})
    if not_sent:
        console.print(Text(f"Prefetch keys not sent: {', '.join(not_sent)}."))
    if not evaluation:
        console.print(Text("This call is not about work rehabilitation, so no rule was asked."))
    elif not evaluation["gaps"]:
        console.print(Text("Nothing was missing: every rule had the facts that it needs."))
    else:
        rows = [(gap["fact"], gap["why"], _rules_without_answer(evaluation, gap)) for gap in evaluation["gaps"]]
        show_table(console, ("fact", "why", "rules without an answer"), rows)


def _rules_without_answer(evaluation: Mapping[str, Any], gap: Mapping[str, Any]) -> str:
    """Titles of the rules that a gap keeps from answering."""
    from cds_service.rules.catalog import RULES  # tables alone need no rules

    if {rule["id"] for rule in evaluation["rules"]} <= {*gap["rules"]}:
        return EVERY_RULE
    titles = {rule.id: rule.title for rule in RULES}
    return ", ".join(titles.get(rule, rule) for rule in gap["rules"])


def _silence(evaluation: Mapping[str, Any]) -> str:
    if not evaluation:
        return "this call is not about work rehabilitation."
    quiet = [rule["id"] for rule in evaluation["rules"] if rule["outcome"] == "quiet"]
    return f"{len(quiet)} rules looked and found nothing to change."


def _policies(evaluation: Mapping[str, Any]) -> str:
    episode = f", episode {evaluation['episode']}" if "episode" in evaluation else ""
    return f"Date of service {evaluation['dateOfService']}{episode}; policies {', '.join(evaluation['policies'])}"


def _card(number: int, card: Mapping[str, Any]) -> Panel:
    color = COLORS.get(card["indicator"], "white")
    parts: list[RenderableType] = [Text(card["summary"], style="bold")]
    if "detail" in card:
        parts.append(Markdown(card["detail"]))
    for suggestion in card.get("suggestions", []):
        mark = " (recommended)" if suggestion.get("isRecommended") else ""
        parts.append(Text(f"[ {suggestion['label']} ]{mark}", style="green"))
        parts.extend(Text(f"    {action['type']}: {action['description']}") for action in suggestion["actions"])
    parts.extend(Text(f"{link['label']}: {link['url']}", style="dim") for link in card.get("links", []))
    topic = card["source"].get("topic", {}).get("code", "")
    title = f"{number} · {card['indicator']} · {topic}"
    return Panel(Group(*parts), title=title, title_align="left", border_style=color, padding=(0, 1))


def show_table(console: Console, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under a header; the first column holds names to copy, so it is never cut.

    No word of a header is broken: where the columns do not fit side by side, each row becomes a few lines.
    """
    kept = [tuple(row) for row in rows]
    longest = max((len(row[0]) for row in kept), default=0)
    needed = [max(longest, len(header[0])), *(max(map(len, heading.split())) for heading in header[1:])]
    gap = next((gap for gap in GAPS if sum(needed) + gap * (len(header) - 1) <= console.width), None)
    if gap is None:
        _show_rows(console, header, kept)
        return
    columns = [
        Column(heading, no_wrap=place == 0, overflow="fold", min_width=width)
        for place, (heading, width) in enumerate(zip(header, needed, strict=True))
    ]
    table = Table(*columns, box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, gap - 1, 0, 0))
    for row in kept:
        table.add_row(*map(Text, row))
    console.print(table)


def _show_rows(console: Console, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """The name on a line, and below it the other columns, each with its header."""
    for row in rows:
        console.print(Text(row[0]))
        for name, value in zip(header[1:], row[1:], strict=True):
            if value:
                console.print(Padding(Text(f"{name}: {value}"), (0, 0, 0, 2)))
