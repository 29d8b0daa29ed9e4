"""The command that writes a starting policy, a story beside it, and the schema for the editor."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import click
from jinja2 import Environment, PackageLoader, StrictUndefined

from cds_service.cli.naming import typed
from cds_service.cli.plainly import told_plainly
from cds_service.cli.policies.own_stories import STORIES
from cds_service.domain.codes import PayerClass
from cds_service.domain.values import Parameter
from cds_service.policies.files.format import POLICY_ID
from cds_service.policies.files.loader import SUFFIXES
from cds_service.policies.files.schema import choices, policy_schema
from cds_service.policies.model import PolicyView
from cds_service.policies.owners.effective import effective_value
from cds_service.policies.owners.notation import written
from cds_service.policies.parameters import MAX_WEEKS, PARAMETERS
from cds_service.policies.stack import PolicyStack

SCHEMA_FILE: Final = "policy.schema.json"
CLASSES: Final = [kind.value for kind in PayerClass if kind is not PayerClass.UNKNOWN]
NO_PAYER: Final = "Example Mutual (invented)"
LONGEST_NAME: Final = 60
_STATE: Final = re.compile(r"^US-[A-Z]{2}$")


@dataclass(frozen=True, slots=True)
class Start:
    """For whom a policy is begun."""

    policy: str
    payer: str | None
    payer_class: PayerClass | None
    jurisdiction: str | None
    today: date

    @property
    def match(self) -> dict[str, str]:
        """The keys under ``match``."""
        keys = {"payer": self.payer, "payer_class": self.payer_class, "jurisdiction": self.jurisdiction}
        return {name: str(value) for name, value in keys.items() if value is not None}

    @property
    def story_class(self) -> PayerClass:
        """The class of the coverage in the story."""
        return self.payer_class or PayerClass.WORKERS_COMPENSATION

    def view(self, stack: PolicyStack) -> PolicyView:
        """What holds today for the patient of the story."""
        return stack.select(self.story_class, (self.payer or NO_PAYER,), self.jurisdiction, self.today)


@click.command("new")
@click.argument("policy", metavar="ID")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="The folder to write to.")
@click.option("--payer", metavar="NAME", help="Name, identifier or reference of the payer.")
@click.option("--class", "payer_class", type=click.Choice(CLASSES), help="Kind of payer.")
@click.option("--state", metavar="US-XX", help="State whose law applies.")
@told_plainly
def new(policy: str, out: Path, payer: str | None, payer_class: str | None, state: str | None) -> None:
    """Write a commented policy to start from, a story beside it, and a schema for the editor.

    Nothing is overwritten but the schema. What is written is right as it stands, and decides nothing yet.

    \b
    Example:  cds-service policies new north-mutual --out our-policies --payer "North Mutual" --state US-TX
    """  # noqa: D301
    if re.fullmatch(POLICY_ID, policy) is None:
        raise click.ClickException(f"{policy} is no policy id: use small letters, digits and hyphens, like site-north")
    if state is not None and _STATE.fullmatch(state) is None:
        raise click.ClickException(f"{state} is no state: write it like US-TX")
    files = {"policy": out / f"{policy}.yaml", "story": out / STORIES / f"{policy}.yaml"}
    for file in files.values():
        if file.exists():
            raise click.ClickException(f"{file} is already there; choose another id, or take that file away first")
    own = [out] if out.is_dir() and any(file.suffix in SUFFIXES for file in out.iterdir()) else []
    stack = PolicyStack.load(own)
    taken = stack.policy(policy)
    if taken is not None:
        raise click.ClickException(f"the id {policy} is already that of {taken.file}; choose another one")
    kind = PayerClass(payer_class) if payer_class is not None else None
    start = Start(policy, payer, kind, state, date.today())  # noqa: DTZ011 - the local day is meant
    facts = _facts(start, stack, out)
    (out / STORIES).mkdir(parents=True, exist_ok=True)
    for template, file in files.items():
        file.write_text(_templates().get_template(f"{template}.yaml.j2").render(facts), encoding="utf-8")
    schema = out / SCHEMA_FILE
    schema.write_text(json.dumps(policy_schema(), indent=2) + "\n", encoding="utf-8")
    click.echo("\n".join(f"written: {file}" for file in (*files.values(), schema)))
    click.echo(
        f"Next: edit {files['policy']}, then\n  {typed(f'policies check {out}')}\n  {typed(f'policies test {out}')}"
    )


def _facts(start: Start, stack: PolicyStack, out: Path) -> Mapping[str, Any]:
    view = start.view(stack)
    shown = effective_value(stack, view, MAX_WEEKS)
    rows = [
        {
            "name": parameter.name,
            "meaning": parameter.meaning,
            "unit": _unit(parameter),
            "now": _now(stack, view, parameter.name),
        }
        for parameter in PARAMETERS.values()
    ]
    return {
        "id": start.policy,
        "title": f"What {start.payer} wants" if start.payer is not None else start.policy,
        "match": start.match,
        "folder": out,
        "today": start.today,
        "parameter": MAX_WEEKS,
        "value": shown.plain,
        "layer": shown.layer,
        "rows": rows,
        "state": start.jurisdiction.removeprefix("US-") if start.jurisdiction is not None else None,
        "payer": start.payer or NO_PAYER,
        "payer_class": start.story_class,
    }


def _unit(parameter: Parameter[Any]) -> str:
    known = choices(parameter)
    return f"{parameter.unit}: {', '.join(known)}" if known else parameter.unit


def _now(stack: PolicyStack, view: PolicyView, name: str) -> str:
    row = effective_value(stack, view, PARAMETERS[name])
    return f"now {written(row.plain, LONGEST_NAME)} ({row.layer})" if row.value is not None else "now nothing decides"


def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("cds_service.cli.policies", "starting"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - YAML, quoted by the filter
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["yaml"] = written
    return environment
