"""Reading a lock file: each line a package of a single version, with the hashes of its files."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
_PIN = re.compile(
    r"(?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)==(?P<version>[0-9][0-9a-z.]*)(?: ; (?P<marker>[^\\]+))?"
    r"(?P<hashes>(?: \\\n    --hash=sha256:[0-9a-f]{64})+)\n"
)


class Pin(NamedTuple):
    name: str
    version: str
    marker: str | None
    hashes: tuple[str, ...]
    text: str


def pins(lock: Path) -> list[Pin]:
    """All packages of a lock.

    Raises:
        ValueError: the file has something else too: a package without hash or version, an address, an option.
    """
    text = lock.read_text(encoding="utf-8")
    found, end = [], 0
    while end < len(text):
        line = _PIN.match(text, end)
        if line is None:
            at = text.count("\n", 0, end) + 1
            raise ValueError(f"{lock.name}, line {at}: no package with version and hashes")
        hashes = tuple(re.findall(r"sha256:([0-9a-f]{64})", line["hashes"]))
        marker = line["marker"]
        found.append(Pin(line["name"], line["version"], marker and marker.strip(), hashes, line[0]))
        end = line.end()
    return found


def normal(name: str) -> str:
    """The name of a package as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
