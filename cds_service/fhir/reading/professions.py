"""Professions, as codes and words name them.

The words beside a profession count: an assistant, a student, an aide or a technician is never the therapist. What no
list here knows is no profession at all.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from cds_service.domain.care import Role
from cds_service.domain.codes import Discipline
from cds_service.fhir.reading.concept_words import has_code, may_be_kept, texts
from cds_service.fhir.reading.elements import CodeableConcept
from cds_service.fhir.reading.profession_words import (
    ADMINISTRATIVE,
    AIDE,
    ASSISTANT,
    ATTENDING,
    DISCIPLINE_WORDS,
    LOWER_CASE,
    MANAGEMENT,
    NEUTRAL,
    NUCC_OTHERS,
    OTHERS,
    PROFESSION_ABBREVIATIONS,
    STUDENT,
    SUPERVISING,
    TECHNICIAN,
    THERAPIST,
)

ROLE_OF_SNOMED: Final = {
    "36682004": Role(Discipline.PT, assistant=False),
    "80546007": Role(Discipline.OT, assistant=False),
    "159026005": Role(Discipline.SLP, assistant=False),
}
# The first four characters of a NUCC taxonomy code are its classification; the rest is the specialization.
ROLE_OF_TAXONOMY: Final = {
    "2251": Role(Discipline.PT, assistant=False),
    "2252": Role(Discipline.PT, assistant=True),
    "225X": Role(Discipline.OT, assistant=False),
    "224Z": Role(Discipline.OT, assistant=True),
    "235Z": Role(Discipline.SLP, assistant=False),
    "2355S": Role(Discipline.SLP, assistant=True),
}
STUDENT_TAXONOMY: Final = "3902"
ANOTHER_PROFESSION: Final = "another profession"
LONGEST_KEPT: Final = 200
"""Characters of titles and of names with titles whose reading is kept from call to call."""

_TAXONOMY: Final = re.compile(r"[0-9A-Z]{9}X", re.ASCII)
_DOTTED: Final = re.compile(r"\b(?:[A-Za-z]\.){1,5}(?:[A-Za-z]\b\.?)?")
_LICENSED: Final = re.compile(r"/L\b")
_HYPHENED: Final = re.compile(r"\b(PT|OT|SLP|CCC|PA)-(A|SLP|C)\b", re.IGNORECASE)
_JOINED: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|_")
_WORD: Final = re.compile(r"[A-Za-z]+")
_PARENTHESES: Final = re.compile(r"\(([^)]*)\)")


class Neither(NamedTuple):
    """Somebody known to be neither therapist nor assistant, as people say it: ``PT student``, ``athletic trainer``."""

    called: str


class Disputed(NamedTuple):
    """Professions that the record gives one person and that exclude each other, as people say it."""

    called: str


Profession: TypeAlias = Role | Neither | Disputed


def profession_of(concepts: Iterable[CodeableConcept | None]) -> Profession | None:
    """What a person is by all the concepts of one role or license together: codes and the words beside them.

    NUCC taxonomy, SNOMED CT and words have to agree. A student, aide or technician in words, or a student by code, is
    that whatever the other codes say.
    """
    known = tuple([concept for concept in concepts if concept is not None])
    if not known:
        return None
    return _kept_profession(known) if may_be_kept(known) else _profession(known)


def _profession(known: Sequence[CodeableConcept]) -> Profession | None:
    coded = _coded(known)
    written = _written([text for concept in known for text in (*texts(concept), *_codes_in_letters(concept))])
    return _decided(coded.roles | written.roles, written.unlicensed or coded.unlicensed, coded.trade or written.trade)


_kept_profession: Final = lru_cache(maxsize=1024)(_profession)


def profession_in_words(text: str | None) -> Profession | None:
    """What a title such as "PTA" or "occupational therapist" says."""
    if not text:
        return None
    reading = _written([text])
    return _decided(reading.roles, reading.unlicensed, reading.trade)


def credentials(display: str | None) -> Profession | None:
    """What stands after a name, such as "A. Example, PTA", "A. Example PTA" or "A. Example (PT student)"."""
    if not display or len(display) < len("A PT"):
        return None
    return _behind_a_name(display) if len(display) <= LONGEST_KEPT else _behind_a_name.__wrapped__(display)


@lru_cache(maxsize=1024)
def _behind_a_name(display: str) -> Profession | None:
    name, *titles = _PARENTHESES.sub("", display).split(",")
    titles += _PARENTHESES.findall(display)
    if len(titles) == 1 and " " not in name.strip() and _DOTTED.fullmatch(titles[0].strip()):
        return None  # "Example, P.T." may be a family name with initials
    last = _words_of(name)[1:]
    titles += [word for word in last if word in PROFESSION_ABBREVIATIONS] if not name.isupper() else []
    counted = [title for title in titles if len(title.strip()) > len("PT") or title.isupper()]
    reading = _written([part for title in counted for part in (title, *_abbreviations_after_a_name(title))])
    return _decided(reading.roles, reading.unlicensed, reading.trade)


def license_prefix(value: str | None) -> Profession | None:
    """What the letters before the number of a license say, such as ``PTA-01234``."""
    prefix = _WORD.match(value) if value else None
    return (
        profession_in_words(prefix.group())
        if prefix is not None and prefix.group() in PROFESSION_ABBREVIATIONS
        else None
    )


def agreed_profession(first: Profession | None, *professions: Profession | None) -> Profession | None:
    """What several sources say together, the most telling first.

    Sources that differ make a dispute. A further trade beside a license ("PT, athletic trainer") is no contradiction.
    """
    decided = first
    for profession in professions:
        if profession is None or profession == decided:
            continue
        if decided is None:
            decided = profession
        elif isinstance(profession, Role) or (isinstance(profession, Neither) and _excludes(profession)):
            decided = Disputed(" and ".join(dict.fromkeys((called(decided), called(profession)))))
        elif isinstance(profession, Disputed):
            decided = profession
    return decided


def called(profession: Profession) -> str:
    """The profession in words for people."""
    return profession.title if isinstance(profession, Role) else profession.called


def supervises(function: CodeableConcept | None) -> bool:
    """Whether the function of a performer is to supervise others who treat."""
    return function is not None and any(map(SUPERVISING.search, texts(function)))


def attends(function: CodeableConcept | None) -> bool:
    """Whether the function of a performer is that of the attending person, who need not be the one who treats."""
    return function is not None and (has_code(function, "ATND") or any(map(ATTENDING.search, texts(function))))


class _Reading(NamedTuple):
    """What codes or words say; ``unlicensed`` outweighs every role, ``trade`` stands behind it."""

    roles: frozenset[Role]
    unlicensed: str | None = None
    trade: str | None = None


def _coded(concepts: Iterable[CodeableConcept]) -> _Reading:
    roles: set[Role] = set()
    student = trade = None
    for concept in concepts:
        for coding in concept.coding:
            code = (coding.code or "").strip().upper()
            if code in ROLE_OF_SNOMED:
                roles.add(ROLE_OF_SNOMED[code])
            elif not _TAXONOMY.fullmatch(code):
                continue
            elif (role := ROLE_OF_TAXONOMY.get(code[:4]) or ROLE_OF_TAXONOMY.get(code[:5])) is not None:
                roles.add(role)
            elif code.startswith(STUDENT_TAXONOMY):
                student = "student"
            else:
                trade = (
                    trade
                    or NUCC_OTHERS.get(code[:5])
                    or NUCC_OTHERS.get(code[:4])
                    or coding.display
                    or ANOTHER_PROFESSION
                )
    return _Reading(frozenset(roles), student, trade)


def _codes_in_letters(concept: CodeableConcept) -> Iterator[str]:
    """Codes of a site's own system that are themselves an abbreviation, such as ``PTA``."""
    for coding in concept.coding:
        if coding.code and coding.code.upper() in PROFESSION_ABBREVIATIONS:
            yield coding.code


def _written(titles: Iterable[str]) -> _Reading:
    """What titles say that stand for one person; the same few titles come with every call and are read once."""
    listed = tuple(titles)
    return _read(listed) if sum(map(len, listed)) <= LONGEST_KEPT else _read.__wrapped__(listed)


@lru_cache(maxsize=1024)
def _read(titles: tuple[str, ...]) -> _Reading:
    parts = [_Title(title) for title in titles if title]
    if not parts:
        return _Reading(frozenset())
    disciplines = {discipline for part in parts for discipline in part.disciplines}
    abbreviated = {role for part in parts for role in part.roles}
    of_role = " and ".join(sorted(disciplines | {role.discipline for role in abbreviated}))
    for part in parts:
        if part.students:
            return _Reading(frozenset(), next(iter(part.students)))
    for occupation in (STUDENT, AIDE, TECHNICIAN):
        if any(occupation.pattern.search(part.words) for part in parts):
            return _Reading(frozenset(), f"{of_role} {occupation.name}".strip())
    if any(ASSISTANT.search(part.words) for part in parts):
        named = disciplines or {role.discipline for role in abbreviated}
        return _Reading(frozenset(Role(discipline, assistant=True) for discipline in named), None, _trade(parts))
    if any(THERAPIST.search(part.words) for part in parts):
        abbreviated |= {Role(discipline, assistant=False) for discipline in disciplines}
    return _Reading(frozenset(abbreviated), None, _trade(parts))


def _trade(parts: Iterable["_Title"]) -> str | None:
    return next((name for part in parts for name, pattern in OTHERS if pattern.search(part.words)), None)


class _Title:
    """One title, taken apart: its words without titles of managers, its disciplines, its abbreviations.

    Abbreviations among words that no list knows are none of a profession: "Pt access" is about patients.
    """

    def __init__(self, title: str) -> None:
        plain = MANAGEMENT.sub(" ", _plain(title))
        self.words = "" if ADMINISTRATIVE.search(plain) else plain
        self.disciplines = {discipline for pattern, discipline in DISCIPLINE_WORDS if pattern.search(self.words)}
        tokens = _WORD.findall(self.words)
        known = [PROFESSION_ABBREVIATIONS[token.upper()] for token in tokens if _is_abbreviation(token)]
        understood = self.disciplines or all(_is_abbreviation(token) or token.lower() in NEUTRAL for token in tokens)
        self.roles = {entry for entry in known if isinstance(entry, Role)} if understood else set()
        self.students = {entry for entry in known if isinstance(entry, str)} if understood else set()


def _plain(title: str) -> str:
    """A title in separate words, without marks inside abbreviations: "P.T.A." and "COTA/L" are PTA and COTA."""
    plain = _DOTTED.sub(lambda match: match.group().replace(".", "") + " ", title) if "." in title else title
    return _JOINED.sub(" ", _HYPHENED.sub(r"\1\2", _LICENSED.sub("", plain)))


def _is_abbreviation(token: str) -> bool:
    return token in PROFESSION_ABBREVIATIONS or (
        token.lower() in LOWER_CASE and token.upper() in PROFESSION_ABBREVIATIONS
    )


def _words_of(text: str) -> list[str]:
    return _WORD.findall(_plain(text))


def _abbreviations_after_a_name(title: str) -> list[str]:
    """Abbreviations in capitals that end a given name, as in "Example, Jane PTA"."""
    words = _words_of(title)
    return [word for word in words[1:] if word in PROFESSION_ABBREVIATIONS] if not title.isupper() else []


def _excludes(profession: Neither) -> bool:
    """Whether being this excludes being licensed: a student, an aide, a technician."""
    return profession.called.endswith((STUDENT.name, AIDE.name, TECHNICIAN.name))


def _decided(roles: frozenset[Role], unlicensed: str | None, trade: str | None) -> Profession | None:
    if unlicensed is not None:
        return Neither(unlicensed)
    if len(roles) == 1:
        return next(iter(roles))
    if roles:
        return Disputed(" and ".join(sorted(role.title for role in roles)))
    return Neither(trade) if trade is not None else None
