"""What a visit or drafts come to on a claim: worked out once before any rule is asked, and handed to all of them."""

from cds_service.domain.chart import Gap
from cds_service.domain.frozen import dataclass


@dataclass(frozen=True)
class Bill:
    """The bill of a closing visit or of the drafts in question; empty where nothing is billed.

    ``payer_doubts`` are why the payer in line may not pay, or may be another one.
    """

    payer_doubts: tuple[Gap, ...] = ()


NOTHING_BILLED = Bill()
