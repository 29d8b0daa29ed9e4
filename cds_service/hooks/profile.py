"""What the client of a call may expect: its entry in the registry as the pipeline sees it."""

from collections.abc import Mapping
from dataclasses import field
from datetime import tzinfo
from typing import Final, Literal

from cds_service.domain.frozen import dataclass
from cds_service.rules.rule import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Wishes and limits of one client.

    ``client`` is its issuer, or ``demo`` where calls are not authenticated; ``tenant`` the organization of the call.
    In ``shadow`` mode calls are evaluated and recorded, and nothing is shown. None means: as the site has it.
    ``fhir_servers`` are the only servers that may be asked for this client. ``not_available`` tells by prefetch key
    where the clinic keeps what its EHR never sends; ``program_state`` and ``not_checked`` are whether the two quiet
    cards are shown.
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
    not_available: Mapping[str, str] = field(default_factory=dict)
    program_state: bool = True
    not_checked: bool = True

    def wanted(self, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        """The rules without those whose quiet card this client does not want."""
        if self.program_state and self.not_checked:
            return rules
        shown = {"program-state": self.program_state, "not-checked": self.not_checked}
        return tuple(rule for rule in rules if shown.get(rule.id, True))


DEMO: Final = Profile()
