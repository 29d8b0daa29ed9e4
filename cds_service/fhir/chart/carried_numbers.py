"""Authorization numbers that claims carry and no answer of a payer explains."""

from collections.abc import Iterable, Iterator

from cds_service.domain.authorizations import number_key
from cds_service.domain.coverage_and_claims import Authorization, AuthorizationState


def of_numbers(numbers: Iterable[tuple[str, str]], explained: Iterable[str | None]) -> Iterator[Authorization]:
    """Bare numbers on claims, (reference, number), that no answer of a payer explains."""
    known = {number_key(number) for number in explained if number is not None}
    for reference, number in numbers:
        if number_key(number) not in known:
            known.add(number_key(number))
            yield Authorization(reference, AuthorizationState.APPROVED, number, weak=True, relayed=True)
