"""What the client of a call may expect: its entry in the registry as the pipeline sees it."""

from datetime import tzinfo
from typing import Final, Literal

from cds_service.domain.frozen import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Wishes and limits of one client.

    ``client`` is its issuer, or ``demo`` where calls are not authenticated; ``tenant`` the organization of the call.
    In ``shadow`` mode calls are evaluated and recorded, and nothing is shown. None means: as the site has it.
    ``fhir_servers`` are the only servers that may be asked for this client.
    """

    client: str = "demo"
    tenant: str | None = None
    mode: Literal["live", "shadow"] = "live"
    max_cards: int | None = None
    source_label: str | None = None
    jurisdiction: str | None = None
    time_zone: tzinfo | None = None
    fhir_servers: tuple[str, ...] = ()
    cds_hooks: Literal["1.0", "2.0", "3.0"] = "2.0"
    crd: Literal["2.0", "2.1", "2.2"] | None = None
    system_actions: bool = False
    charges: Literal["claim", "chargeitem"] = "claim"


DEMO: Final = Profile()
