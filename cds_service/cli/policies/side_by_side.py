"""The command ``policies diff``: two policies, or one on two dates, and what the second changes on invented bills."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Final, NamedTuple

import click
from rich.console import Console

from cds_service.app.assembly import load_policies
from cds_service.app.settings import load_settings
from cds_service.cli.day_options import DAY
from cds_service.cli.naming import typed
from cds_service.cli.plainly import told_plainly
from cds_service.cli.policies.value_lines import lines_of_difference
from cds_service.domain.values import BASE
from cds_service.policies.files.loader import load_folder
from cds_service.policies.model import Policy
from cds_service.policies.owners.effective import Effective, differences, effective, meant_by
from cds_service.policies.owners.one_payer import OnePayerForAll
from cds_service.policies.stack import PolicyStack

INVENTED: Final = 60
"""Programs of the invented population without another wish: some 1,000 visits, looked back at in seconds."""
MOST_INVENTED: Final = 1_000


class PolicySide(NamedTuple):
    """A policy as it was named, with the policies that it stands among, and the date."""

    stack: PolicyStack
    policy: Policy
    on: date
    folder: str

    @property
    def name(self) -> str:
        """``before:us-tx-dwc@2026-03-02``."""
        return f"{self.folder}{self.policy.id}@{self.on}"

    @property
    def values(self) -> Sequence[Effective]:
        """What holds for the payers of the policy."""
        return effective(self.stack, meant_by(self.stack, self.policy, self.on))


@click.command("diff")
@click.argument("first")
@click.argument("second")
@click.option(
    "--on",
    type=DAY,
    help="Date of service, where a policy has none of its own; today without it.",
)
@click.option("--effect", is_flag=True, help="Say what the second changes on the bills of invented patients.")
@click.option(
    "--population",
    type=click.IntRange(1, MOST_INVENTED),
    default=INVENTED,
    show_default=True,
    metavar="N",
    help="Invented programs for --effect.",
)
@told_plainly
def diff(first: str, second: str, on: datetime | None, effect: bool, population: int) -> None:  # noqa: FBT001
    """Compare what holds for the payers of two policies, or of one policy on two dates (ID@DATE).

    FOLDER:ID is a policy of another folder: one with all policies, like that of an earlier version, or your own.

    \b
    Examples:  cds-service policies diff generic us-tx-dwc --on 2026-03-02
               cds-service policies diff us-tx-dwc@2016-08-31 us-tx-dwc@2016-09-01 --effect
               cds-service policies diff before:us-tx-dwc us-tx-dwc --effect
    """  # noqa: D301
    day = (on or datetime.now()).date()  # noqa: DTZ005 - the local day is meant
    here, there = (_side(text, day) for text in (first, second))
    found = list(differences(here.values, there.values))
    names = (here.name, there.name)
    if not found:
        click.echo(f"No difference between {names[0]} and {names[1]}.")
        return
    click.echo("\n\n".join("\n".join(lines_of_difference(row, names)) for row in found))
    if effect:
        _show_effect(here, there, population)
        return
    click.echo("\nTo see what this changes on the bills of invented patients:")
    click.echo(f"  {typed(f'policies diff {names[0]} {names[1]} --effect')}")


def policy_named(stack: PolicyStack, policy_id: str) -> Policy:
    """The policy with this id.

    Raises:
        ClickException: there is none; the text names those there are.
    """
    found = stack.policy(policy_id)
    if found is None:
        known = ", ".join(policy.id for policy in stack.policies)
        raise click.ClickException(
            f"no policy {policy_id}; there are {known}. Your own are found in the folders of CDS_POLICY_DIRS."
        )
    return found


def _side(text: str, day: date) -> PolicySide:
    """A policy as it is named on the command line: ``[FOLDER:]ID[@DATE]``."""
    place, colon, named = text.rpartition(":")
    policy_id, _, dated = named.partition("@")
    try:
        on = date.fromisoformat(dated) if dated else day
    except ValueError:
        raise click.ClickException(f"{dated} is no date; write it like {policy_id}@2026-03-02") from None
    stack = _policies_in(Path(place)) if place else load_policies(load_settings())
    return PolicySide(stack, policy_named(stack, policy_id), on, f"{place}{colon}")


def _policies_in(folder: Path) -> PolicyStack:
    """The policies of a folder: all there are, where it has the general ones, else beside the bundled."""
    own = load_folder(folder)
    return PolicyStack(own) if any(policy.id == BASE for policy in own) else PolicyStack.load([folder])


def _show_effect(here: PolicySide, there: PolicySide, population: int) -> None:
    from cds_service.audit.sample_effect import effect_on_sample  # most commands about policies need no look-back
    from cds_service.cli.policies.effect_lines import effect_in_a_line, show_effect

    first, second = (OnePayerForAll(side.stack, side.policy, side.on) for side in (here, there))
    found = effect_on_sample(first, second, population)
    payers = [payer._replace(payer=payer.payer.removesuffix(" (invented)")) for payer in found.payers]
    click.echo(
        f"\nInvented patients, payers and fees; all visits decided by {there.name} rather than by {here.name}.\n"
        "A day is one patient's date of service; it can be billed when the record supports at least one line.\n"
    )
    show_effect(Console(), found._replace(payers=payers))
    click.echo(f"\n{effect_in_a_line(found)}")
