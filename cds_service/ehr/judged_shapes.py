"""What the judging of a response rests on: the client, objects in lists, texts and UUIDs."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from cds_service.domain.frozen import dataclass

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class JudgedClient:
    """Whom the response is for: its CDS Hooks version, references it can resolve, hosts that links may point to."""

    version: str
    known: frozenset[str]
    hosts: frozenset[str]

    @property
    def first_version(self) -> bool:
        """Whether it speaks CDS Hooks 1.x."""
        return self.version.startswith("1.")


def objects_in(path: str, value: object, rule: str) -> Iterator[tuple[str, Mapping[str, object] | None, str]]:
    """The members of a list: (path, object, ""), or (path, None, problem) where there is no object."""
    if not isinstance(value, list):
        yield path, None, f"{path}: not an array ({rule})"
        return
    for index, member in enumerate(value):
        where = f"{path}[{index}]"
        if isinstance(member, Mapping):
            yield where, member, ""
        else:
            yield where, None, f"{where}: not an object ({rule})"


def uuid_problems(path: str, holder: Mapping[str, object]) -> Iterator[str]:
    """What is wrong with the uuid of a card or suggestion (CH-S-04)."""
    uuid = holder.get("uuid")
    if "uuid" in holder and not (isinstance(uuid, str) and _UUID.fullmatch(uuid)):
        yield f"{path}.uuid: not an RFC 4122 uuid in lower case without prefix (CH-S-04)"


def extension_problems(path: str, holder: Mapping[str, object]) -> Iterator[str]:
    """What is wrong with the extension of a card or response (CH-S-22)."""
    if "extension" not in holder:
        return
    extension = holder["extension"]
    if not isinstance(extension, Mapping):
        yield f"{path}.extension: not an object (CH-S-22)"
        return
    for name in extension:
        if "." not in name:
            yield f"{path}.extension.{name}: the name needs a dot to be unique (CH-S-22)"


def is_text(value: object) -> bool:
    """Whether there is a text with something in it."""
    return isinstance(value, str) and bool(value.strip())
