"""Search by words, in memory: which sections of pages, rules and policies speak of what is asked, best first.

A word counts more in a title or heading, or where a table explains it, than in text, more in a short text than in a
long one, and more the rarer it is. Words that begin alike count half. Places with all words come before others.
"""

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice, takewhile
from math import log
from typing import Final

MOST_CHARACTERS: Final = 200
_MOST_WORDS: Final = 12
_LONGEST_WORD: Final = 40
_MOST_OF_A_PAGE: Final = 3
_SNIPPET: Final = 200
_BEFORE: Final = 60
_IN_TITLE, _IN_TITLE_ABOVE, _IN_HEADING, _EXPLAINED, _BEGINS_ALIKE = 3.0, 1.0, 2.0, 0.7, 0.5
_SHORTEST_BEGINNING: Final = 3
_WORD: Final = re.compile(r"\w+")
_SMALL_WORDS: Final = frozenset(
    _WORD.findall(
        "a an and are as at be by can do does for from has have how i if in is it me my of on or our that the then "
        "this to was we what when where which who why will with you your"
    )
)


@dataclass(frozen=True, slots=True)
class Findable:
    """Something that can be found: a section of a page, a rule, a policy; ``kind`` says which, in words.

    ``heading`` is empty for a whole page and its beginning. ``terms`` are words of the text that are explained there.
    ``worth`` below 1 puts a place behind others that say the same.
    """

    kind: str
    title: str
    heading: str
    address: str
    text: str
    terms: str = ""
    worth: float = 1.0


@dataclass(frozen=True, slots=True)
class Hit:
    """A place with the part of its text that speaks of what was asked; a piece is marked where it is a word of that."""

    place: Findable
    snippet: tuple[tuple[str, bool], ...]


def words_of(text: str) -> list[str]:
    """The words of a text as they are compared: lower case, without the *s* of a plural."""
    return [_alike(word) for word in _WORD.findall(text.casefold())]


def asked_words(query: str) -> list[str]:
    """The words of a query that are looked for: small ones only where there are no others."""
    words = [word[:_LONGEST_WORD] for word in _WORD.findall(query[:MOST_CHARACTERS].casefold())]
    telling = [word for word in words if word not in _SMALL_WORDS] or words
    return list(dict.fromkeys(map(_alike, telling)))[:_MOST_WORDS]


def _alike(word: str) -> str:
    if len(word) > _SHORTEST_BEGINNING + 1 and word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-1] if len(word) > _SHORTEST_BEGINNING and word[-1] == "s" and word[-2] != "s" else word


class WordIndex:
    """All places with their words counted once; asking changes nothing, so threads share it."""

    def __init__(self, places: Iterable[Findable]) -> None:
        self.places = tuple(places)
        texts = [Counter(words_of(place.text)) for place in self.places]
        usual = max(1.0, sum(text.total() for text in texts) / max(1, len(texts)))
        self._weights = defaultdict[str, dict[int, float]](dict)
        for at, (place, text) in enumerate(zip(self.places, texts, strict=True)):
            for word, weight in _weights(place, text, usual).items():
                self._weights[word][at] = weight
        self._vocabulary = sorted(self._weights)

    def search(self, query: str, most: int = 20) -> list[Hit]:
        """The best places for a query, at most three of a page."""
        alike = {word: self._beginning_with(word) for word in asked_words(query)}
        wanted = frozenset(known for words in alike.values() for known in words)
        candidates = _candidates(alike)
        found, of_page = list[Hit](), Counter[str]()
        for at in self._best_first(alike):
            place = self.places[at]
            page = place.address.partition("#")[0]
            of_page[page] += 1
            if of_page[page] <= _MOST_OF_A_PAGE and len(found) < most:
                hits = [hit for hit in candidates.finditer(place.text) if _alike(hit[0].casefold()) in wanted]
                found.append(Hit(place, _snippet(place.text, hits)))
        return found

    def close_words(self, query: str, most: int = 3) -> list[str]:
        """Words of the texts that are spelled like those words of a query that stand nowhere."""
        missing = [word for word in asked_words(query) if not self._beginning_with(word)][:most]
        return [close for word in missing for close in get_close_matches(word, self._vocabulary, n=1, cutoff=0.75)]

    def _beginning_with(self, word: str) -> list[str]:
        """The word, and the words of the texts that begin with it."""
        if len(word) < _SHORTEST_BEGINNING:
            return [word] if word in self._weights else []
        start = bisect_left(self._vocabulary, word)
        return list(takewhile(lambda known: known.startswith(word), islice(self._vocabulary, start, None)))

    def _best_first(self, alike: Mapping[str, list[str]]) -> list[int]:
        """Places by the sum over the words asked, times the square of the share of the words that they have."""
        total, having = Counter[int](), Counter[int]()
        for word, words in alike.items():
            points = dict[int, float]()
            for known in words:
                rare = log(1 + len(self.places) / len(self._weights[known])) * (1 if known == word else _BEGINS_ALIKE)
                for at, weight in self._weights[known].items():
                    points[at] = max(points.get(at, 0.0), rare * weight)
            total.update(points)
            having.update(points.keys())
        score = {at: total[at] * (having[at] / len(alike)) ** 2 for at in total}
        return sorted(score, key=lambda at: (-score[at], at))


def _weights(place: Findable, text: Counter[str], usual: float) -> dict[str, float]:
    """What each word says about a place: up to 1 by how often it stands in a text of its length, more by where else."""
    length = 0.3 + 0.7 * text.total() / usual
    weights = {word: times / (times + length) for word, times in text.items()}
    in_title = _IN_TITLE_ABOVE if place.heading else _IN_TITLE
    for words, weight in ((place.title, in_title), (place.heading, _IN_HEADING), (place.terms, _EXPLAINED)):
        for word in set(words_of(words)):
            weights[word] = weights.get(word, 0.0) + weight
    return {word: weight * place.worth for word, weight in weights.items()}


def _candidates(words: Iterable[str]) -> re.Pattern[str]:
    """Finds, in one go through a text, the words that may be alike: those with the same beginning."""
    beginnings = "|".join(re.escape(word.removesuffix("y")) for word in words)
    return re.compile(rf"\b(?:{beginnings})\w*", re.IGNORECASE)


def _snippet(text: str, hits: list[re.Match[str]]) -> tuple[tuple[str, bool], ...]:
    """The part of the text with the most different hits, cut into pieces that are marked or not."""
    first = max(hits, key=lambda hit: (_different_from(hit, hits), -hit.start()), default=None)
    start = max(0, first.start() - _BEFORE) if first else 0
    start = text.find(" ", start) + 1 if start else 0
    end = start + _SNIPPET
    end = len(text) if end >= len(text) else max(text.rfind(" ", start, end), start)
    pieces, at = [("… ", False)] if start else [], start
    for hit in hits:
        if start <= hit.start() and hit.end() <= end:
            pieces += [(text[at : hit.start()], False), (hit[0], True)]
            at = hit.end()
    pieces += [(text[at:end], False), (" …" if end < len(text) else "", False)]
    return tuple(piece for piece in pieces if piece[0])


def _different_from(first: re.Match[str], hits: list[re.Match[str]]) -> int:
    return len({hit[0].casefold() for hit in hits if 0 <= hit.start() - first.start() <= _SNIPPET - _BEFORE})
