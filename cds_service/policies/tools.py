"""Which tool of the policy a measurement was made with: by its codes, else by the words that describe it."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from cds_service.domain.values import PolicyValue
from cds_service.policies.shapes import Tool

_WORD: Final = re.compile(r"[^\W_]+|\n")


class Known(NamedTuple):
    """A tool with its name in the policy."""

    name: str
    tool: Tool


class Tools:
    """The tools of one policy value, ready to be looked up.

    A code decides over words, a name over hints, a longer phrase over one that it holds. Words that name tools of
    different kinds ("Oswestry, pain intensity") decide nothing.
    """

    def __init__(self, tools: Mapping[str, Tool]) -> None:
        known = [Known(name, tool) for name, tool in tools.items()]
        self._by_code = {code: entry for entry in known for code in (entry.name, *entry.tool.codes)}
        self._names = _Phrases((phrase, entry) for entry in known for phrase in (entry.name, *entry.tool.words))
        self._hints = _Phrases((phrase, entry) for entry in known for phrase in entry.tool.hints)

    def find(self, codes: Iterable[str], words: str) -> Known | None:
        """The tool that codes or words name; None where they name none, or tools of different kinds."""
        for code in codes:
            if code in self._by_code:
                return self._by_code[code]
        spoken = tuple(_WORD.findall(words.casefold()))
        found = self._names.within(spoken) or self._hints.within(spoken)
        return found[0] if len({entry.tool.kind for entry in found}) == 1 else None


class _Phrases:
    """Phrases of whole words, by their first word, the longest first."""

    def __init__(self, phrases: Iterable[tuple[str, Known]]) -> None:
        tools = {tuple(_WORD.findall(phrase.casefold())): tool for phrase, tool in phrases}
        self._by_first: dict[str, list[tuple[tuple[str, ...], Known]]] = {}
        for phrase in sorted(filter(None, tools), key=len, reverse=True):
            self._by_first.setdefault(phrase[0], []).append((phrase, tools[phrase]))

    def within(self, spoken: tuple[str, ...]) -> list[Known]:
        """The tools whose phrases stand in a text, in its order; no word belongs to two of them."""
        found, position = [], 0
        while position < len(spoken):
            for phrase, known in self._by_first.get(spoken[position], ()):
                if spoken[position : position + len(phrase)] == phrase:
                    found.append(known)
                    position += len(phrase)
                    break
            else:
                position += 1
        return found


@lru_cache(maxsize=64)
def tools_of(value: PolicyValue[Mapping[str, Tool]]) -> Tools:
    """The tools of a policy value, made ready once."""
    return Tools(value.value)
