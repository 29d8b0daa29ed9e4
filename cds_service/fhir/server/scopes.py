"""SMART scopes, versions 1 and 2: which resource types a token lets us read and search (CH-R-18)."""

import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple, TypeAlias

Right: TypeAlias = Literal["r", "s"]
"""``r``: read a resource by its id; ``s``: search."""

_SCOPE: Final = re.compile(
    r"(?:patient|user|system)/(?P<type>[A-Za-z]+|\*)\.(?:(?P<first>read|write|\*)|(?P<second>c?r?u?d?s?))(?P<filter>\?\S*)?",
    re.ASCII,
)
_FIRST: Final = {"read": "rs", "write": "cud", "*": "cruds"}


class _Grant(NamedTuple):
    type: str
    rights: str
    filtered: bool

    def covers(self, resource_type: str, right: Right) -> bool:
        return self.type in {resource_type, "*"} and right in self.rights


def covers(scope: str, resource_type: str, right: Right) -> bool:
    """Whether a scope string lets the token read or search a type of resource.

    A grant with a filter (``user/Observation.rs?category=...``) counts: the server narrows what it returns. A string
    without any resource scope that can be read tells nothing, and the server is asked.
    """
    grants = tuple(_grants(scope))
    if not grants:
        return True
    return any(grant.covers(resource_type, right) for grant in grants)


def shows_a_part(scope: str, resource_type: str, right: Right) -> bool:
    """Whether every grant that covers a type has a filter, so that nothing found does not mean there is nothing."""
    filtered = [grant.filtered for grant in _grants(scope) if grant.covers(resource_type, right)]
    return bool(filtered) and all(filtered)


def _grants(scope: str) -> Iterator[_Grant]:
    for word in scope.split():
        match = _SCOPE.fullmatch(word)
        if match is not None:
            rights = _FIRST[match["first"]] if match["first"] else match["second"]
            yield _Grant(match["type"], rights, filtered=match["filter"] is not None)
