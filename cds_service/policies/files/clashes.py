"""Policies of equal rank that contradict each other: nothing but the alphabet would decide between them."""

from collections.abc import Iterable, Iterator
from itertools import combinations, groupby, product

from cds_service.policies.model import Policy, overlap


def clashes(policies: Iterable[Policy]) -> Iterator[str]:
    """Tell, in words, where two policies of equal rank may both give a value to a parameter for one case and date.

    Two values that are both ``unverified`` do not clash: neither decides.

    Args:
        policies: In the order of their rank.
    """
    for _, equals in groupby(policies, key=lambda policy: policy.rank[:-1]):
        for one, other in combinations(equals, 2):
            if one.match.overlaps(other.match):
                yield from _between(one, other)


def _between(one: Policy, other: Policy) -> Iterator[str]:
    for name in sorted(one.values.keys() & other.values.keys()):
        pairs = product(one.values[name], other.values[name])
        both = [
            max(a.since, b.since)
            for a, b in pairs
            if overlap(a, b) and not a.confidence == b.confidence == "unverified"
        ]
        if both:
            yield (
                f"{other.file}: values.{name}: on {min(both)} {one.file} gives a value too, and neither is more"
                " specific; give one of them a more specific match, move it to a later folder of CDS_POLICY_DIRS,"
                " or merge them"
            )
