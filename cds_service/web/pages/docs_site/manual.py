"""The texts of the documentation: the files at the top of a checkout and in its ``docs/``, in a wheel a copy of them.

The copy keeps the folders, so that links between texts mean the same in both.
"""

from functools import cache
from pathlib import Path
from typing import Final

_COPY: Final = Path(__file__).parent / "manual"
TOP: Final = _COPY if _COPY.is_dir() else Path(__file__).resolve().parents[4]
AT_THE_TOP: Final = {
    "README.md": "readme",
    "CHANGELOG.md": "changelog",
    "CONTRIBUTING.md": "contributing",
    "SECURITY.md": "report-a-vulnerability",
}
"""Texts beside ``docs/`` and the names of their pages."""
IMAGES: Final = "docs/images"


@cache
def page_names() -> dict[str, str]:
    """Path of each text from the top, with the name of its page: ``docs/connect.md`` is ``connect``."""
    at_the_top = {path: name for path, name in AT_THE_TOP.items() if (TOP / path).is_file()}
    return at_the_top | {f"docs/{path.name}": path.stem for path in sorted((TOP / "docs").glob("*.md"))}


@cache
def paths_by_name() -> dict[str, str]:
    """The other way round: from the name of a page to its text."""
    return {name: path for path, name in page_names().items()}


def text_of(path: str) -> str:
    """The Markdown of a page, by its path from the top."""
    return (TOP / path).read_text(encoding="utf-8")


def image_at(path: str) -> Path | None:
    """An image of the documentation by its path from the top; None where it is not there, or no image of ours."""
    folder, _, name = path.rpartition("/")
    found = {file.name: file for file in (TOP / IMAGES).glob("*.*")} if folder == IMAGES else {}
    return found.get(name)
