"""The command line. What it can do is told at once; a command is loaded with all it needs when it is called."""

import os
from typing import Final

import click

from cds_service import __version__

FIRST_WORDS: Final = {
    "audit": "Look back over past visits: what they should have been billed, against what was billed.",
    "demo": "Run on this machine only, without client registry, and answer a bundled story.",
    "insights": "Count what became of cards: shown, accepted, overridden, ignored.",
    "invoke": "Act as an EHR: call a hook, print the cards, send feedback.",
    "packet": "Draft a request for approval of a bundled story, or an appeal.",
    "policies": "Check, read and write payer policies.",
    "records": "Look after what is kept of calls and feedback.",
    "rules": "List the rules, or tell one in words.",
    "sandbox": "Prepare trials: stories on a FHIR server, keys for a client.",
    "serve": "Run the production server for registered clients; settings come from CDS_... variables.",
    "stories": "List the bundled patient stories.",
    "validate": "Validate a FHIR R4 resource, a Bundle or a whole hook request, entry by entry.",
}
"""How the help of each command begins."""


class LateCommands(click.Group):
    """Commands that are loaded when they are called: together they need a second."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - they are always the same
        """Names of the commands."""
        return [*FIRST_WORDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """A command by its name."""
        if cmd_name == "audit":
            from cds_service.cli.auditing import audit_command  # needs neither server nor records

            return audit_command
        from cds_service.cli.every_command import COMMANDS  # loads the whole service

        return COMMANDS.commands.get(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Say how each command begins, without loading it."""
        shown = click.Group(commands={name: click.Command(name, help=words) for name, words in FIRST_WORDS.items()})
        shown.format_commands(ctx, formatter)


@click.group(cls=LateCommands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="cds-service")
def main() -> None:
    """CDS Hooks service for work conditioning and work hardening (CPT 97545, 97546).

    \b
    Try it:   cds-service demo
    Look:     cds-service stories
              cds-service invoke --story colles-fracture
    """  # noqa: D301 - click reads the mark
    from cds_service.app.settings import unknown_names  # help needs no settings

    for sentence in unknown_names(os.environ):
        click.echo(f"Note: {sentence}", err=True)
