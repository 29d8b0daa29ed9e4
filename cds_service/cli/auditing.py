"""The command audit: what it can be told. All that does the work is loaded when it begins."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click

from cds_service.cli.day_options import DAY
from cds_service.cli.plainly import told_plainly

_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command("audit")
@click.argument("source", metavar="[INPUT]", required=False)
@click.option("--sample", is_flag=True, help="Look back over an invented population with planted errors instead.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for the results.")
@click.option("--from", "first", type=DAY, help="First date of service.")
@click.option("--to", "last", type=DAY, help="Last date of service.")
@click.option("--payer", default="", metavar="TEXT", help="Only payers whose name has this in it, or of this kind.")
@click.option("--clinic", default="", metavar="TEXT", help="Only clinics whose name has this in it.")
@click.option("--policy-dirs", multiple=True, type=_FOLDER, help="Folders with your own policies, beside the bundled.")
@click.option("--fees", "fee_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Fee table.")
@click.option("--with-ids", is_flag=True, help="Name patients, visits and resources by their ids in the results.")
@click.option("--parquet", is_flag=True, help="Write the tables as Parquet, too (extra parquet).")
@click.option(
    "--compare-policies", "other_policies", type=_FOLDER, help="Folder with policies to hold against those in use."
)
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
    Examples:  cds-service audit --sample --out report
               cds-service audit export --out last-quarter --from 2026-01-01 --to 2026-03-31
               cds-service audit export --out what-if --compare-policies next-year
               cds-service audit s3://bucket/export --out all --work s3://bucket/work --cluster tcp://10.0.0.5:8786
    """  # noqa: D301
    from cds_service.cli.looking_back import look_back_as_asked  # help needs none of it

    look_back_as_asked(AuditOptions(**options))


@dataclass(frozen=True)
class AuditOptions:
    """What the command was called with."""

    source: str | None
    sample: bool
    out: Path
    first: datetime | None
    last: datetime | None
    payer: str
    clinic: str
    policy_dirs: tuple[Path, ...]
    fee_file: Path | None
    with_ids: bool
    parquet: bool
    other_policies: Path | None
    processes: int | None
    cluster: str | None
    work: str | None
    resume: bool
