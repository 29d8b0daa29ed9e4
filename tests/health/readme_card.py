"""The card that the README quotes, as the command line prints it: ``python -m tests.health.readme_card`` renews it."""

import json
import re
from datetime import date
from io import StringIO
from pathlib import Path

from rich.console import Console

from cds_service.cli.terminal import show_answer
from cds_service.stories import load
from tests.playing import play

README = Path(__file__).resolve().parents[2] / "README.md"
STORY = "texas-hardening-pt-pta"
DAY = date(2026, 3, 16)
COLUMNS = 100
QUOTED = re.compile(r"(?<=<!-- the card -->\n\n```\n).*?(?=\n```\n)", re.DOTALL)


def printed() -> str:
    """The first card of the story's answer, at a terminal of so many columns."""
    output = StringIO()
    cards = json.dumps(play(load(STORY, DAY), "encounter-discharge").cards[:1])
    here = json.loads(cards.replace("https://cds.example.org", "http://127.0.0.1:8000"))
    show_answer(Console(file=output, width=COLUMNS), {"cards": here})
    return "\n".join(line.rstrip() for line in output.getvalue().splitlines())


def quoted() -> str:
    """The card in the README."""
    found = QUOTED.search(README.read_text(encoding="utf-8"))
    assert found is not None, "the README has no card below <!-- the card -->"
    return found.group()


if __name__ == "__main__":
    text = README.read_text(encoding="utf-8")
    README.write_text(QUOTED.sub(lambda _: printed(), text), encoding="utf-8")
