"""The command ``policies import-ncci``: a quarter's edit tables of CMS into the site's policies."""

from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import Progress

from cds_service.app.settings import load_settings
from cds_service.cli.day_options import DAY
from cds_service.cli.naming import typed
from cds_service.cli.plainly import told_plainly
from cds_service.policies.files.loader import load_file
from cds_service.policies.shapes import BillingSetting
from cds_service.policies.stack import BUNDLED_DATA

if TYPE_CHECKING:
    from cds_service.policies.ncci.layer import Imported
    from cds_service.policies.ncci.tables import CmsTable

NATIONAL = BUNDLED_DATA / "us-ncci.yaml"


@click.command("import-ncci")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path),
    help="Policy folder to write to; else the first of CDS_POLICY_DIRS.",
)  # fmt: skip
@click.option("--quarter", type=DAY, help="First day of the quarter; else the file names tell.")
@click.option(
    "--setting", type=click.Choice(["practitioner", "hospital"]), help="Setting of tables that do not tell it."
)
@click.option("--yes", "few", is_flag=True, help="Import tables in which most of the present edits are gone.")
@told_plainly
def import_ncci(
    files: tuple[Path, ...],
    out: Path | None,
    quarter: datetime | None,
    setting: BillingSetting | None,
    few: bool,  # noqa: FBT001 - click calls by name
) -> None:
    """Read a quarter's MUE and PTP tables, as CMS ships them, into the policy site-ncci.

    Takes .csv, .txt and .xlsx files and the .zip around them. Give all parts of a PTP table (f1, f2, ...) at once.
    Quarters imported before stay, and so does this quarter's table of the other setting.

    \b
    Example:  cds-service policies import-ncci MCR_MUE_PractitionerServices_Eff_10-01-2026.csv --out our-policies
              cds-service policies import-ncci medicare-ncci-2026q4-practitioner-ptp-edits-*.zip --out our-policies
    """  # noqa: D301 - click reads the mark
    _import(files, out, quarter.date() if quarter is not None else None, setting, few=few)


def _import(
    files: tuple[Path, ...], out: Path | None, quarter: date | None, setting: BillingSetting | None, *, few: bool
) -> None:
    from cds_service.policies.ncci.bundled_edits import codes_of_visits
    from cds_service.policies.ncci.layer import write_layer
    from cds_service.policies.ncci.quarters import check_quarter
    from cds_service.policies.ncci.tables import read_tables

    if quarter is not None:
        check_quarter(quarter)
    configured = load_settings().policy_dirs
    folder = _folder(out, configured)
    console = Console()
    national = load_file(NATIONAL)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        tasks = {}

        def watch(where: str, share: float) -> None:
            if where not in tasks:
                tasks[where] = progress.add_task(Path(where).name, total=1)
            progress.update(tasks[where], completed=share)

        tables = read_tables(files, codes_of_visits(national), quarter, setting, watch)
    imported = write_layer(folder, tables, national, date.today(), few=few)  # noqa: DTZ011 - the local day is meant
    click.echo("\n".join((*_read(tables), *_written(tables, imported), *_next(folder, configured))))


def _folder(out: Path | None, configured: tuple[Path, ...]) -> Path:
    from cds_service.policies.ncci import NcciError

    if out is not None:
        return out
    if not configured:
        raise NcciError(
            "There is no policy folder to write to: name one with --out, or set CDS_POLICY_DIRS. "
            "The service reads the folders of CDS_POLICY_DIRS."
        )
    return configured[0]


def _read(tables: "tuple[CmsTable, ...]") -> list[str]:
    lines = [f"Quarter beginning {tables[0].quarter}"]
    lines += [
        f"  {table.file}: {table.setting} {table.kind}, {table.rows} rows read, "
        f"{len(table.ceilings) + len(table.pairs)} kept"
        for table in tables
    ]
    newest = max((table.newest for table in tables if table.newest is not None), default=None)
    if newest is not None and newest < tables[0].quarter:
        lines.append(f"  The newest pair of these files is of {newest}: are they the tables of this quarter?")
    return lines


def _written(tables: "tuple[CmsTable, ...]", imported: "Imported") -> list[str]:
    count = Counter[str]()
    for kind, by_setting in (("unit ceilings", imported.edits.ceilings), ("code pairs", imported.edits.pairs)):
        count.update({f"{kind} ({setting})": len(found) for setting, found in by_setting.items()})
    lines = [f"Written to {imported.path}: {', '.join(f'{number} {kept}' for kept, number in count.items())}"]
    lines.append("Changed against what was in force before:" if imported.changed else "Nothing changed.")
    lines += [f"  {change}" for change in imported.changed]
    lines += [f"Not imported: {absent}. That setting has no such edit until it is." for absent in imported.lacking]
    missing = {"MUE", "PTP"} - {table.kind for table in tables}
    lines += [f"No {kind} table was given: those on file stay in force." for kind in sorted(missing)]
    return lines


def _next(folder: Path, configured: tuple[Path, ...]) -> list[str]:
    if folder.resolve() in {path.resolve() for path in configured}:
        return [f"Next: {typed('policies check')}, then send the service SIGHUP: it reads its policies again."]
    return [
        f"Next: {typed(f'policies check {folder}')}, then name the folder in CDS_POLICY_DIRS and restart the service."
    ]
