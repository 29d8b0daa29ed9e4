"""The command audit: past visits of an export, what they should have been billed, against what was billed."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console

from cds_service.app.assembly import load_policies
from cds_service.app.fee_file import fees_from
from cds_service.app.settings import load_settings
from cds_service.audit.audit_terms import Terms
from cds_service.audit.one_process import look_back_here
from cds_service.audit.rows import Verdict
from cds_service.cli.plainly import told_plainly
from cds_service.cli.terminal import show_table
from cds_service.policies.stack import PolicyStack

_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
_DAY: Final = click.DateTime(["%Y-%m-%d"])


@click.command("audit")
@click.argument("source", metavar="INPUT", type=_FOLDER)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for the results.")
@click.option("--from", "first", type=_DAY, help="First date of service.")
@click.option("--to", "last", type=_DAY, help="Last date of service.")
@click.option("--payer", default="", metavar="TEXT", help="Only payers whose name has this in it, or of this kind.")
@click.option("--clinic", default="", metavar="TEXT", help="Only clinics whose name has this in it.")
@click.option("--policy-dirs", multiple=True, type=_FOLDER, help="Folders with your own policies, beside the bundled.")
@click.option("--fees", "fee_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Fee table.")
@click.option("--with-ids", is_flag=True, help="Name patients, visits and resources by their ids in the results.")
@told_plainly
def audit_command(**options: Any) -> None:  # noqa: ANN401 - click has checked them
    """Look back over past visits: what they should have been billed, against what was billed.

    \b
    Example:  cds-service audit export --out last-quarter --from 2026-01-01 --to 2026-03-31
    """  # noqa: D301
    _look_back(AuditOptions(**options))


@dataclass(frozen=True)
class AuditOptions:
    """What the command was called with."""

    source: Path
    out: Path
    first: datetime | None
    last: datetime | None
    payer: str
    clinic: str
    policy_dirs: tuple[Path, ...]
    fee_file: Path | None
    with_ids: bool


def _look_back(options: AuditOptions) -> None:
    settings = load_settings()
    policies = PolicyStack.load(options.policy_dirs) if options.policy_dirs else load_policies(settings)
    terms = Terms(
        first=options.first.date() if options.first is not None else None,
        last=options.last.date() if options.last is not None else None,
        payer=options.payer,
        clinic=options.clinic,
        with_ids=options.with_ids,
        jurisdiction=settings.jurisdiction or "",
    )
    counts: Counter[Verdict] = Counter()
    for rows in look_back_here(
        options.source, options.out, policies, terms, fees_from(options.fee_file or settings.fees)
    ):
        counts.update(visit.verdict for visit in rows.visits)
    show_table(Console(), ("visits", "count"), [(verdict.value, str(counts[verdict])) for verdict in Verdict])
