"""A hook answer and other results for people at a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich.console import Console, Group, RenderableType
from rich.markdown import Markdown
from rich.panel import Panel
from rich.table import Column, Table
from rich.text import Text

COLORS: Final = {"info": "cyan", "warning": "yellow", "critical": "red"}
EVALUATION: Final = "work-rehab-cds.evaluation"


def show_answer(console: Console, answer: Mapping[str, Any]) -> None:
    """Print cards, numbered from 1, and what could not be known."""
    cards: Sequence[Mapping[str, Any]] = answer.get("cards", [])
    for number, card in enumerate(cards, start=1):
        console.print(_card(number, card))
    evaluation: Mapping[str, Any] = answer.get("extension", {}).get(EVALUATION, {})
    if not cards:
        console.print("No cards: " + _silence(evaluation), style="green" if evaluation else "dim")
    for gap in evaluation.get("gaps", []):
        console.print(Text(f"Not known: {gap['fact']} ({gap['why']}); rules: {', '.join(gap['rules'])}", style="dim"))
    for rule in evaluation.get("withheld", []):
        console.print(Text(f"Held back: {rule.get('summary', rule['rule'])} ({rule['why']})", style="dim"))
    if evaluation:
        console.print(Text(_policies(evaluation), style="dim"))


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
    """Print rows under a header; the first column holds names to copy, so it is never cut."""
    kept = [tuple(row) for row in rows]
    longest = max((len(row[0]) for row in kept), default=0)
    names = Column(header[0], no_wrap=True, overflow="fold", min_width=longest)
    table = Table(names, *(Column(one, overflow="fold") for one in header[1:]), show_lines=False)
    for row in kept:
        table.add_row(*map(Text, row))
    console.print(table)
