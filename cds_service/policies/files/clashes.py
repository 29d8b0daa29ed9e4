"""Policies of equal rank that contradict each other: nothing but the alphabet would decide between them."""

from collections.abc import Iterable, Iterator
from itertools import combinations, groupby, product

from cds_service.policies.model import Policy, values_overlap


def clashes(policies: Iterable[Policy]) -> Iterator[str]:
    """Tell, in words, where two policies of equal rank may both give a value to a parameter for one case and date.

    Two values that are both ``unverified`` do not clash: neither decides.

    Args:
        policies: In the order of their rank.
    """
    for _, equals in groupby(policies, key=lambda policy: policy.rank[:-1]):
        for first, second in combinations(equals, 2):
            if first.match.overlaps(second.match):
                yield from _between(first, second)


def _between(first: Policy, second: Policy) -> Iterator[str]:
    for name in sorted(first.values.keys() & second.values.keys()):
        pairs = product(first.values[name], second.values[name])
        days = [
            max(a.since, b.since)
            for a, b in pairs
            if values_overlap(a, b) and not a.confidence == b.confidence == "unverified"
        ]
        if days:
            yield (
                f"{second.file}: values.{name}: on {min(days)} {first.file} gives a value too, and neither is more"
                " specific; give one of them a more specific match, move it to a later folder of CDS_POLICY_DIRS,"
                " or merge them"
            )
