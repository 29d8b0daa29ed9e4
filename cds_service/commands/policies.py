"""Commands about payer policies."""

import json
from pathlib import Path

import click
from rich.console import Console

from cds_service.commands.plainly import told_plainly
from cds_service.policies.describe import applies_to, coverage_of, describe
from cds_service.policies.stack import PolicyStack
from cds_service.service import load_policies
from cds_service.settings import load_settings
from cds_service.terminal import show_table


@click.group()
def policies() -> None:
    """Check and read payer policies."""


@policies.command("check")
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
@told_plainly
def policies_check(folders: tuple[Path, ...]) -> None:
    """Load the bundled policies with the site's folders and say whether they are right.

    \b
    Example:  cds-service policies check ./our-policies
    """  # noqa: D301
    loaded = PolicyStack.load((*load_settings().policy_dirs, *folders)).policies
    click.echo(f"{len(loaded)} policies are right: {', '.join(one.id for one in loaded)}")


@policies.command("show")
@click.argument("policy")
@told_plainly
def policies_show(policy: str) -> None:
    """Show every value of a policy with date and citation.

    \b
    Example:  cds-service policies show us-tx-dwc
    """  # noqa: D301
    stack = load_policies(load_settings())
    found = stack.policy(policy)
    if found is None:
        raise click.ClickException(f"no policy {policy}; there are {', '.join(one.id for one in stack.policies)}")
    console = Console()
    console.print(f"[bold]{found.title}[/] ({found.id}, {found.status}): {applies_to(found)}", highlight=False)
    rows = [
        (row.parameter, json.dumps(row.value), row.since.isoformat(), row.confidence, row.citation)
        for row in describe(found)
    ]
    show_table(console, ("parameter", "value", "from", "confidence", "source"), rows)
    for left_out in found.not_modelled:
        console.print(f"Not modelled: {left_out}", highlight=False)


@policies.command("coverage")
@told_plainly
def policies_coverage() -> None:
    """Tell what is and what is not modelled, payer by payer.

    \b
    Example:  cds-service policies coverage
    """  # noqa: D301
    rows = [
        (
            row.policy,
            row.applies_to,
            row.status,
            ", ".join(f"{count} {confidence}" for confidence, count in row.counts.items()),
            "; ".join(row.not_modelled),
        )
        for row in coverage_of(load_policies(load_settings()))
    ]
    show_table(Console(), ("policy", "applies to", "status", "values", "not modelled"), rows)
