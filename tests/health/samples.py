"""Samples that the pages quote, as the service gives them: ``python -m tests.health.samples`` renews them all.

A page marks a sample by ``<!-- sample: NAME -->`` above a code block.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from cds_service.cli.terminal import show_answer
from cds_service.records.database import Database
from cds_service.stories import load
from tests.playing import play
from tests.records.keeping import Kept, accepted, keeping, overridden

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
DAY = date(2026, 3, 16)
COLUMNS = 100
QUOTED = re.compile(r"(?P<head><!-- sample: (?P<name>[^>]+) -->\n\n```[a-z]*\n)(?P<text>.*?)\n```\n", re.DOTALL)
THIS_CALL = "7c1d2f0e-51a5-4b0e-9d4e-0a4f7f0c1a11"


def printed_card(story: str, hook: str, number: int = 1, columns: int = COLUMNS) -> str:
    """A card of the story's answer, at a terminal of so many columns."""
    output = StringIO()
    card = json.dumps(play(load(story, DAY), hook).cards[number - 1 : number])
    here = json.loads(card.replace("https://cds.example.org", "http://127.0.0.1:8000"))
    show_answer(Console(file=output, width=columns), {"cards": here})
    return "\n".join(line.rstrip() for line in output.getvalue().splitlines())


def discovered_service() -> str:
    """One service of discovery, with its prefetch."""
    with service_with_records() as service:
        listed = service.web.get("/cds-services", headers=service.ehr.headers("https://cds.example.org/cds-services"))
    return laid_out({"services": [listed.json["services"][3]]})


def answered_card() -> str:
    return laid_out({"cards": [an_order_in_words()[0]]})


def refusal() -> str:
    """The answer to the end of a visit that comes without any data of the visit."""
    with service_with_records() as service:
        reply = service.call("colles-fracture", "encounter-discharge", prefetch={})
    assert reply.status_code == 412
    return laid_out(json.loads(reply.text.replace(reply.headers["X-Request-Id"], "4f1c0a6e")))


def feedback() -> str:
    return laid_out({"feedback": [accepted(an_order_in_words()[0])]})


def feedback_that_overrides() -> str:
    return laid_out({"feedback": [overridden(an_order_in_words()[0], "payer-agreed-otherwise")]})


def answer_to_feedback() -> str:
    return laid_out(an_order_in_words()[1])


@cache
def an_order_in_words() -> tuple[dict[str, Any], dict[str, Any]]:
    """The card of an order without a code, and the answer to feedback on it, both ways."""
    with service_with_records() as service:
        (card,) = service.call("order-without-code", "order-sign", hookInstance=THIS_CALL).json["cards"]
        replies = [
            service.feedback(entry, service="work-rehab-order").json
            for entry in (accepted(card), overridden(card, "payer-agreed-otherwise"))
        ]
    assert replies[0] == replies[1]
    return card, replies[0]


@contextmanager
def service_with_records() -> Iterator[Kept]:
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/records.sqlite3")
        database.upgrade()
        service = keeping(database)
        yield service
        service.records.close()
        database.close()


def laid_out(value: Any, columns: int = 96, depth: int = 0) -> str:
    """JSON in which what fits on a line stands on one."""
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or len(line) + 2 * depth <= columns:
        return line
    inner = "  " * (depth + 1)
    items = (
        [f"{json.dumps(key)}: {laid_out(item, columns, depth + 1)}" for key, item in value.items()]
        if isinstance(value, dict)
        else [laid_out(item, columns, depth + 1) for item in value]
    )
    opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
    body = ",\n".join(f"{inner}{item}" for item in items)
    return f"{opening}\n{body}\n{'  ' * depth}{closing}"


SAMPLES: dict[str, Callable[[], str]] = {
    "the card": lambda: printed_card("texas-hardening-pt-pta", "encounter-discharge"),
    "charges that are ready": lambda: printed_card("reassessment-overdue", "encounter-discharge", 2, columns=88),
    "a warning": lambda: printed_card("reassessment-overdue", "encounter-discharge", columns=88),
    "charges with open points": lambda: printed_card("vendor-shaped-chart", "encounter-discharge", columns=88),
    "not checked": lambda: printed_card("vendor-shaped-chart", "encounter-discharge", 2, columns=88),
    "a service of discovery": discovered_service,
    "an answer with a card": answered_card,
    "a refusal": refusal,
    "feedback": feedback,
    "feedback that overrides": feedback_that_overrides,
    "the answer to feedback": answer_to_feedback,
}


def quoted(page: Path) -> dict[str, str]:
    """The samples of a page, by name."""
    return {found["name"]: found["text"] for found in QUOTED.finditer(page.read_text(encoding="utf-8"))}


def renewed(text: str) -> str:
    """The text of a page with each sample as the service gives it now."""
    return QUOTED.sub(lambda found: f"{found['head']}{SAMPLES[found['name']]()}\n```\n", text)


if __name__ == "__main__":
    for file in PAGES:
        file.write_text(renewed(file.read_text(encoding="utf-8")), encoding="utf-8")
