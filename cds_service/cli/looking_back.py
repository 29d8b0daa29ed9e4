"""What the command audit does: look back over an export, write the results, say what was found."""

from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import Final

import click
import msgspec
from rich.console import Console

from cards.wording import bundled_wordings
from cds_service import __version__
from cds_service.app.fee_file import fees_from
from cds_service.app.settings import Settings, load_settings
from cds_service.audit.audit_terms import Terms
from cds_service.audit.outcome import AuditOutcome, TableWriter, parquet_writer, write_outcome
from cds_service.audit.report.report_file import write_difference
from cds_service.audit.results.policy_effect import policy_effect
from cds_service.audit.results.result_tables import BadLineCountRow
from cds_service.audit.rows import Verdict
from cds_service.audit.steps.part_files import DecidedBy, policies_digest, policies_of
from cds_service.audit.steps.pools import opened_pool
from cds_service.audit.steps.running import LookBackAsked, LookedBack, forget, look_back
from cds_service.audit.steps.stopped import LookBackStopped, stopped_by_person
from cds_service.cli.audit_progress import StepBars
from cds_service.cli.auditing import AuditOptions
from cds_service.cli.policies.effect_lines import show_effect
from cds_service.cli.terminal import show_table
from cds_service.domain.fees import FeeTable

WORK_FOLDER: Final = "work"
"""Below the folder of results: sorted lines and parts until the results are written."""
SAMPLE_FOLDER: Final = "sample-export"
"""Below the folder of results: the export of the invented population."""
COMPARED_FOLDER: Final = "compared"
"""Below the folder of results: those under other policies."""


@stopped_by_person()
def look_back_as_asked(options: AuditOptions) -> None:
    """Look back as the command was told to."""
    if options.first is not None and options.last is not None and options.last < options.first:
        raise click.UsageError(f"no day is from {options.first.date()} to {options.last.date()}: exchange the two")
    settings = load_settings()
    write_parquet = parquet_writer() if options.parquet else None  # refused before the work, not after
    folders = options.policy_dirs or tuple(settings.policy_dirs)
    policy_dirs = tuple(str(folder.absolute()) for folder in folders)
    source, fees = _what_to_look_at(options, settings)
    work = options.work or str(options.out.absolute() / WORK_FOLDER)
    asked = LookBackAsked(
        input=source,
        work=work,
        terms=Terms(
            first=options.first.date() if options.first is not None else None,
            last=options.last.date() if options.last is not None else None,
            payer=options.payer,
            clinic=options.clinic,
            with_ids=options.with_ids,
            jurisdiction=settings.jurisdiction or "",
        ),
        by=_decided_by(policy_dirs, fees),
        resume=options.resume,
    )
    if options.other_policies is not None:
        _decided_by((str(options.other_policies.absolute()),), fees)
    _make_folder(options.out)
    found, outcome = _results(asked, options, options.out, _facts(options), write_parquet)
    _show(found, outcome)
    if options.other_policies is not None:
        _compare(asked, options, options.other_policies, outcome, write_parquet)
    forget(work)
    if options.work is None:
        with suppress(OSError):  # somebody put a file there
            Path(work).rmdir()


def _make_folder(out: Path) -> None:
    """Make the folder of results.

    Raises:
        LookBackStopped: It cannot be made.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LookBackStopped(
            f"{out} cannot be a folder for the results ({error.strerror or type(error).__name__}).", "Name another one."
        ) from None


def _results(
    asked: LookBackAsked, options: AuditOptions, out: Path, facts: dict[str, str], write_parquet: TableWriter | None
) -> tuple[LookedBack, AuditOutcome]:
    bars = StepBars(Console(stderr=True))
    with opened_pool(options.processes, options.cluster) as pool, bars.progress:
        found = look_back(asked, pool, bars)
    counts = [BadLineCountRow(bad.file, bad.kind, bad.why, bad.lines) for bad in found.bad]
    return found, write_outcome(found.patients(), found.listed, counts, facts, out, _page_style(), write_parquet)


def _compare(
    asked: LookBackAsked,
    options: AuditOptions,
    folder: Path,
    before: AuditOutcome,
    write_parquet: TableWriter | None,
) -> None:
    """Look back over what is sorted already by other policies, and say what they change."""
    policy_dirs = (str(folder.absolute()),)
    compared = msgspec.structs.replace(asked, by=_decided_by(policy_dirs, asked.by.fees), resume=True)
    out = options.out / COMPARED_FOLDER
    _, after = _results(compared, options, out, {**_facts(options), "Own policies": folder.name}, write_parquet)
    effect = policy_effect(before.results, after.results)
    show_effect(Console(), effect)
    click.echo(f"What changes, by payer and rule: {write_difference(effect, folder.name, out, _page_style())}")


def _what_to_look_at(options: AuditOptions, settings: Settings) -> tuple[str, FeeTable]:
    """The input and its fees; for a sample the invented population, written into the folder of results."""
    if options.sample == (options.source is not None):
        raise click.UsageError("name the input to look back over, or --sample for an invented population")
    fees = fees_from(options.fee_file or settings.fees)
    if options.source is not None:
        return options.source, fees
    from cds_service.audit.population import population  # an export needs no population
    from cds_service.audit.population_files import write_population

    export = options.out / SAMPLE_FOLDER
    invented = write_population(population(), export)
    return str(export), fees or invented


def _decided_by(policy_dirs: tuple[str, ...], fees: FeeTable) -> DecidedBy:
    """What decides, loaded with the words before any work: what is wrong with it is told, and workers have it ready."""
    by = DecidedBy(policy_dirs, policies_digest(policy_dirs), fees)
    policies_of(by)
    bundled_wordings()
    return by


def _facts(options: AuditOptions) -> dict[str, str]:
    """What the report tells of the run."""
    known = {
        "Version": __version__,
        "Dates of service from": f"{options.first:%Y-%m-%d}" if options.first is not None else "",
        "Dates of service to": f"{options.last:%Y-%m-%d}" if options.last is not None else "",
        "Payer": options.payer,
        "Clinic": options.clinic,
        "Own policies": ", ".join(folder.name for folder in options.policy_dirs),
        "sample": "yes" if options.sample else "",
    }
    return {fact: value for fact, value in known.items() if value}


def _page_style() -> str:
    return (resources.files("cds_service.web.pages") / "assets" / "site.css").read_text(encoding="utf-8")


def _show(found: LookedBack, outcome: AuditOutcome) -> None:
    console = Console()
    verdicts = [(verdict.value, f"{outcome.verdicts.get(verdict, 0):,}") for verdict in Verdict]
    show_table(console, ("visits", "count"), verdicts)
    if found.bad:
        bad_lines = [(bad.file, f"{bad.lines:,}", bad.why) for bad in found.bad]
        show_table(console, ("file", "lines not used", "why"), bad_lines)
    click.echo(f"The report: {outcome.report}")
