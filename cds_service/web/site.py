"""What the pages know of this deployment."""

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from cds_service.app.fee_file import ReloadableFees
from cds_service.app.metrics import Metrics
from cds_service.app.settings import Settings
from cds_service.policies.stack import PoliciesInUse
from cds_service.records.keeping import Keeps
from cds_service.security.gate import Gate
from cds_service.web.endpoints.cds_services import Answers

if TYPE_CHECKING:
    from cds_service.forms.pdf_forms import PdfFormsOnHand


@dataclass(frozen=True, slots=True)
class Site:
    """One deployment: its settings, what it decides by, who answers, what is kept; without a ``gate`` it is a demo."""

    settings: Settings
    policies: PoliciesInUse
    answerer: Answers
    records: Keeps
    metrics: Metrics
    gate: Gate | None
    fees: ReloadableFees
    forms: "PdfFormsOnHand | None" = None

    @property
    def is_demo(self) -> bool:
        """Anybody on this machine may call."""
        return self.gate is None

    @property
    def version(self) -> str:
        """The version of this program."""
        return version("work-rehab-cds")
