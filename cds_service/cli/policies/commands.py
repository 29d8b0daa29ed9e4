"""Commands about payer policies: check them, read them, compare them, own them."""

import json
from collections import Counter
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from cds_service.app.assembly import load_policies
from cds_service.app.settings import load_settings
from cds_service.cli.day_options import DAY
from cds_service.cli.plainly import told_plainly
from cds_service.cli.policies.import_ncci import import_ncci
from cds_service.cli.policies.own_stories import explain, run_stories
from cds_service.cli.policies.side_by_side import diff, policy_named
from cds_service.cli.policies.start import new
from cds_service.cli.policies.value_lines import lines_of, lines_of_dated
from cds_service.policies.files.schema import policy_schema
from cds_service.policies.model import BUNDLED, Policy
from cds_service.policies.owners.describe import applies_to, describe
from cds_service.policies.owners.effective import as_json, effective, meant_by
from cds_service.policies.owners.facts import facts_of
from cds_service.policies.owners.matrix import coverage_matrix
from cds_service.policies.owners.review import doubts
from cds_service.policies.stack import PolicyStack
from cds_service.rules.engine import generic_used


@click.group()
def policies() -> None:
    """Check, read and write payer policies."""


policies.add_command(diff)
policies.add_command(explain)
policies.add_command(import_ncci)
policies.add_command(new)
policies.add_command(run_stories)


@policies.command("check")
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
@told_plainly
def check_policies(folders: tuple[Path, ...]) -> None:
    """Load the bundled policies with the site's folders and say whether they are right.

    Folders in CDS_POLICY_DIRS are checked too. A file that is not right is named with line and key, and the exit
    status is 1. Of the site's own policies it tells what decides nothing: that is no mistake, but worth a look.

    \b
    Example:  cds-service policies check our-policies
    """  # noqa: D301
    named = {folder.resolve(): folder for folder in (*load_settings().policy_dirs, *folders)}
    stack = PolicyStack.load(tuple(named.values()))
    click.echo(f"{len(stack.policies)} policies are right: {', '.join(policy.id for policy in stack.policies)}")
    for policy in stack.policies:
        if policy.folder != BUNDLED:
            click.echo(f"{policy.file}: {applies_to(policy)}; {_counted(policy)}")
            for doubt in doubts(stack, policy):
                click.echo(f"  note: {doubt}")


def _counted(policy: Policy) -> str:
    counts = Counter(value.confidence for dated in policy.values.values() for value in dated)
    total = f"{counts.total()} value{'' if counts.total() == 1 else 's'}"
    each = ", ".join(f"{count} {confidence}" for confidence, count in sorted(counts.items()))
    return f"{total}: {each}" if each else total


@policies.command("show")
@click.argument("policy")
@click.option("--on", "on", type=DAY, help="Date of service: show what holds then for whoever the policy means.")
@click.option("--json", "as_machine", is_flag=True, help="Print JSON.")
@told_plainly
def show(policy: str, on: datetime | None, as_machine: bool) -> None:  # noqa: FBT001 - click calls by name
    """Show every value of a policy, with date and citation.

    With --on: what holds for its payers on that date, and from which policy.

    \b
    Examples:  cds-service policies show us-tx-dwc
               cds-service policies show us-tx-dwc --on 2024-05-01
    """  # noqa: D301
    stack = load_policies(load_settings())
    found = policy_named(stack, policy)
    about = f"{found.title} ({found.id}, {found.status}): {applies_to(found)}"
    if on is not None:
        _show_effective(stack, found, on.date(), about, as_machine=as_machine)
        return
    described = describe(found)
    if as_machine:
        head = {"policy": found.id, "title": found.title, "status": found.status, "applies_to": applies_to(found)}
        _print_json({**head, "values": [asdict(row) for row in described], "not_modelled": found.not_modelled})
        return
    click.echo(about)
    for row in described:
        click.echo("\n".join(["", *lines_of_dated(row)]))
    click.echo()
    for left_out in found.not_modelled:
        click.echo(f"Not modeled: {left_out}")


def _show_effective(stack: PolicyStack, policy: Policy, on: date, about: str, *, as_machine: bool) -> None:
    view = meant_by(stack, policy, on)
    rows = effective(stack, view)
    if as_machine:
        head = {"policy": policy.id, "title": policy.title, "on": on, "layers": view.layers}
        _print_json({**head, "parameters": [as_json(row) for row in rows]})
        return
    click.echo(about)
    click.echo(f"On {on} these layers apply, least specific first: {', '.join(view.layers)}")
    if view.lacking is not None:
        click.echo(f"Not known: {generic_used(view.lacking)}")
    for row in rows:
        click.echo("\n".join(["", *lines_of(row)]))


@policies.command("schema")
def schema() -> None:
    """Print a JSON Schema of policy files, for editors that complete and check YAML.

    \b
    Example:  cds-service policies schema > our-policies/policy.schema.json
    """  # noqa: D301
    _print_json(policy_schema())


@policies.command("coverage")
@click.option("--on", "on", type=DAY, help="Date of service; else today.")
@click.option("--json", "as_machine", is_flag=True, help="Print the JSON of the page /coverage.")
@told_plainly
def show_coverage(on: datetime | None, as_machine: bool) -> None:  # noqa: FBT001 - click calls by name
    """Tell what is and what is not modeled, payer by payer and for states without a policy.

    \b
    Example:  cds-service policies coverage --on 2024-05-01
    """  # noqa: D301
    day = on.date() if on is not None else datetime.now().astimezone().date()
    table = coverage_matrix(load_policies(load_settings()), day)
    if as_machine:
        _print_json(facts_of(table))
        return
    marks = {row.status: row.mark for row in table.legend}
    wide = max(len(row.id) for row in table.policies)
    lines = [" ".join((" " * wide, *(f"{group.short:4}" for group in table.capabilities), "status"))]
    for row in table.policies:
        cells = (f"{marks[row.cells[group.id].status]:4}" for group in table.capabilities)
        lines.append(" ".join((f"{row.id:{wide}}", *cells, row.status)))
    lines += ["", *(f"  {row.mark}  {row.status.replace('-', ' ')}: {row.meaning}" for row in table.legend)]
    lines += ["", *(f"  {group.short:5} {group.title}" for group in table.capabilities)]
    lines += ["", "Not modeled:"]
    lines += [f"  {row.id}: {'; '.join(row.not_modelled)}" for row in table.policies if row.not_modelled]
    lines += ["", table.statements.not_modelled]
    lines += [f"  {row.name}: {row.why}" for row in table.not_modelled]
    names = ", ".join(row.name for row in table.not_searched)
    lines += ["", f"{table.statements.not_searched} {names}.", "", table.statements.payers]
    click.echo("\n".join(lines))


def _print_json(document: dict[str, Any]) -> None:
    click.echo(json.dumps(document, indent=2, default=str, ensure_ascii=False))
