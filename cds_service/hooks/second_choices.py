"""What is asked where a FHIR server refuses a query: the same once more in a shape that it answers, then other sources.

US Core obliges a server to answer few searches: by patient alone for most types, with one category for care plans and
observations. Whatever a query leaves out is filtered when it is read. A wider query therefore loses nothing; a narrower
one shows only a part.
"""

from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl

from cds_service.domain.frozen import dataclass

CATEGORY_OF_PLANS: Final = "assess-plan"
"""The category that every care plan of US Core has."""


@dataclass(frozen=True, slots=True)
class Queries:
    """Searches that together stand in for one; ``part`` says what they show when that is not all."""

    queries: tuple[str, ...]
    part: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Another type of resource that tells the same fact.

    ``whole`` is whether finding some of it means that all is there; ``read`` whether it tells the fact at all, rather
    than only naming a document whose content nobody reads.
    """

    query: str
    whole: bool = False
    read: bool = True


def reshaped(query: str) -> Queries | None:
    """The searches to try once where this one is refused; None when there is nothing else to ask."""
    kind, _, written = query.partition("?")
    filters = dict(parse_qsl(written))
    whose = next((part for part in written.split("&") if part.startswith("patient=")), None)
    if whose is None:
        return None
    if kind == "Observation":
        categories = filters.get("category", "").split(",")
        return Queries(tuple(f"{kind}?{whose}&category={category}" for category in categories))
    if kind == "CarePlan":
        return Queries(
            (f"{kind}?{whose}&category={CATEGORY_OF_PLANS}",),
            f"only care plans of the category {CATEGORY_OF_PLANS} could be asked for",
        )
    plain = f"{kind}?{whose}"
    return Queries((plain,)) if plain != query else None


def sources_beside(key: str, patient: str) -> tuple[Source, ...]:
    """Other sources of a prefetch key for a patient, whose id is written as in a query."""
    return tuple(replace(one, query=one.query.format(patient=patient)) for one in _BESIDE.get(key, ()))


_DOCUMENTS: Final = Source("DocumentReference?patient={patient}", read=False)
_BESIDE: Final = {
    "charges": (Source("ChargeItem?patient={patient}", whole=True), Source("ExplanationOfBenefit?patient={patient}")),
    "authorizations": (_DOCUMENTS,),
    "carePlans": (_DOCUMENTS,),
}
