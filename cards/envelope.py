"""What an answer depends on besides its findings."""

from collections.abc import Mapping
from dataclasses import field
from datetime import date
from typing import Any, Final
from uuid import UUID

from cds_service.domain.codes import LABELS
from cds_service.domain.frozen import dataclass
from cds_service.domain.stable_ids import stable_id
from cds_service.domain.values import Parameter

_NAMESPACE: Final = UUID("5b0f3c57-6c0e-5f0a-9d43-0d2f6f1f7a55")


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSettings:
    """The call, the client's wishes and our own address.

    ``public_url`` is the base of links and code systems. ``selection_any`` is true for clients that know the
    selection behavior ``any``. ``parameters`` gives the meaning and unit of policy parameters by name, ``rules`` and
    ``policies`` the titles of those by id. With ``app`` each card has a link that opens the SMART app.
    """

    today: date
    public_url: str = "http://127.0.0.1:8000"
    source_label: str = "Work Rehab CDS"
    hook_instance: str = ""
    service: str = ""
    max_cards: int = 5
    selection_any: bool = False
    app: bool = False
    parameters: Mapping[str, Parameter[Any]] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)
    policies: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=lambda: LABELS)
    _identities: dict[str, str] = field(default_factory=dict, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not self.public_url.startswith(("https://", "http://")) or self.public_url.endswith("/"):
            raise ValueError(f"public_url must be http(s) without a slash at the end: {self.public_url!r}")

    def identity(self, name: str) -> str:
        """The same uuid for the same name in the same hook call (CH-S-04, CH-S-25)."""
        known = self._identities.get(name)
        if known is None:
            known = self._identities[name] = stable_id(_NAMESPACE, f"{self.hook_instance}|{self.service}|{name}")
        return known
