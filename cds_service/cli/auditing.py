"""The command audit: past visits of an export, what they should have been billed, against what was billed."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console

from cds_service.app.fee_file import fees_from
from cds_service.app.settings import load_settings
from cds_service.audit.audit_terms import Terms
from cds_service.audit.rows import Verdict
from cds_service.audit.steps.part_files import DecidedBy, policies_digest
from cds_service.audit.steps.pools import opened_pool
from cds_service.audit.steps.running import LookBackAsked, LookedBack, forget, look_back
from cds_service.cli.audit_progress import StepBars
from cds_service.cli.plainly import told_plainly
from cds_service.cli.terminal import show_table
from cds_service.policies.stack import PolicyStack

_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
WORK_FOLDER: Final = "work"
"""Below the folder of results: sorted lines and parts until the results are written."""
_DAY: Final = click.DateTime(["%Y-%m-%d"])


@click.command("audit")
@click.argument("source", metavar="INPUT")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for the results.")
@click.option("--from", "first", type=_DAY, help="First date of service.")
@click.option("--to", "last", type=_DAY, help="Last date of service.")
@click.option("--payer", default="", metavar="TEXT", help="Only payers whose name has this in it, or of this kind.")
@click.option("--clinic", default="", metavar="TEXT", help="Only clinics whose name has this in it.")
@click.option("--policy-dirs", multiple=True, type=_FOLDER, help="Folders with your own policies, beside the bundled.")
@click.option("--fees", "fee_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Fee table.")
@click.option("--with-ids", is_flag=True, help="Name patients, visits and resources by their ids in the results.")
@click.option("--processes", type=click.IntRange(1), metavar="N", help="Processes on this machine; else one a core.")
@click.option(
    "--cluster", metavar="ADDRESS", help="Dask scheduler whose workers do the work, like tcp://10.0.0.5:8786."
)
@click.option("--work", metavar="PLACE", help="Folder or URL for what is between; with --cluster all workers reach it.")
@click.option("--resume", is_flag=True, help="Go on where an earlier run of the same command stopped.")
@told_plainly
def audit_command(**options: Any) -> None:  # noqa: ANN401 - click has checked them
    """Look back over past visits: what they should have been billed, against what was billed.

    INPUT is a folder, a glob or a URL of FHIR Bulk Data: files .ndjson, .ndjson.gz or .ndjson.zst.

    \b
    Examples:  cds-service audit export --out last-quarter --from 2026-01-01 --to 2026-03-31
               cds-service audit s3://bucket/export --out all --work s3://bucket/work --cluster tcp://10.0.0.5:8786
    """  # noqa: D301
    _look_back(AuditOptions(**options))


@dataclass(frozen=True)
class AuditOptions:
    """What the command was called with."""

    source: str
    out: Path
    first: datetime | None
    last: datetime | None
    payer: str
    clinic: str
    policy_dirs: tuple[Path, ...]
    fee_file: Path | None
    with_ids: bool
    processes: int | None
    cluster: str | None
    work: str | None
    resume: bool


def _look_back(options: AuditOptions) -> None:
    settings = load_settings()
    folders = options.policy_dirs or tuple(settings.policy_dirs)
    policy_dirs = tuple(str(folder.absolute()) for folder in folders)
    PolicyStack.load(folders)  # refused here rather than by a worker
    work = options.work or str(options.out.absolute() / WORK_FOLDER)
    asked = LookBackAsked(
        input=options.source,
        work=work,
        terms=Terms(
            first=options.first.date() if options.first is not None else None,
            last=options.last.date() if options.last is not None else None,
            payer=options.payer,
            clinic=options.clinic,
            with_ids=options.with_ids,
            jurisdiction=settings.jurisdiction or "",
        ),
        by=DecidedBy(policy_dirs, policies_digest(policy_dirs), fees_from(options.fee_file or settings.fees)),
        resume=options.resume,
    )
    options.out.mkdir(parents=True, exist_ok=True)
    bars = StepBars(Console(stderr=True))
    with opened_pool(options.processes, options.cluster) as pool, bars.progress:
        found = look_back(asked, pool, bars)
    _show(found)
    forget(work)


def _show(found: LookedBack) -> None:
    counts: Counter[Verdict] = Counter()
    for rows in found.patients():
        counts.update(visit.verdict for visit in rows.visits)
    console = Console()
    show_table(console, ("visits", "count"), [(verdict.value, str(counts[verdict])) for verdict in Verdict])
    if found.bad:
        bad_lines = [(bad.file, f"{bad.lines:,}", bad.why) for bad in found.bad]
        show_table(console, ("file", "lines not used", "why"), bad_lines)
