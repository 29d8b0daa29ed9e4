"""The commands: run the service, act as an EHR, look at policies and rules."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console
from rich.markdown import Markdown

from cards.numbers import listed, quantity
from cds_service.app.assembly import answerer_for, load_policies, local_now, recorded_database
from cds_service.app.settings import Settings, load_settings
from cds_service.billing.bills import BILL_READS
from cds_service.cli.auditing import audit_command
from cds_service.cli.day_options import DAY
from cds_service.cli.invoking import Invocation, print_exchange, read_json_object
from cds_service.cli.packets import draft_packet
from cds_service.cli.plainly import told_plainly
from cds_service.cli.policies.commands import policies
from cds_service.cli.policies.own_stories import HOOKS
from cds_service.cli.serving import demo, serve
from cds_service.cli.terminal import show_table
from cds_service.cli.trials import in_sandbox
from cds_service.domain.case import Moment
from cds_service.ehr.signing import SIGNING_ALGORITHMS
from cds_service.errors import RequestError
from cds_service.hooks.answer import Answered
from cds_service.hooks.call import read_call
from cds_service.records.insights import INSIGHT_KEYS, Insight, insights, totals
from cds_service.records.retention import purge
from cds_service.rules.catalog import RULES
from cds_service.stories import bundled, load
from cds_service.web.pages.coding_rules import ENTRIES
from cds_service.web.pages.page_words import WORDS_OF_FACTS, WORDS_OF_MOMENTS

COMMANDS: Final = click.Group()
"""Holds every command; ``main`` asks for one by its name."""

COMMANDS.add_command(audit_command)
COMMANDS.add_command(demo)
COMMANDS.add_command(serve)
COMMANDS.add_command(draft_packet)


_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW_FILE: Final = click.Path(dir_okay=False, path_type=Path)


@COMMANDS.command()
@click.option("--story", help="Bundled story; see the command stories.")
@click.option("--file", type=_FILE, help="Request as JSON.")
@click.option("--fhir", metavar="URL", help="FHIR R4 server to ask for the chart.")
@click.option("--patient", metavar="ID", help="Patient on the FHIR server.")
@click.option("--hook", type=click.Choice(HOOKS), help="Hook; a story and a request have their own.")
@click.option("--user", metavar="REFERENCE", help="Who is at the screen; else somebody of the FHIR server.")
@click.option("--encounter", metavar="ID", help="The visit; else the newest.")
@click.option("--draft", type=_FILE, help="Draft orders, or appointments, as JSON: a resource, a list or a Bundle.")
@click.option("--no-prefetch", is_flag=True, help="Send access to the FHIR server only; the service asks for itself.")
@click.option("--token", metavar="TOKEN", help="Bearer token for the FHIR server.")
@click.option("--url", help="A running service; without it stories and files are answered here.")
@click.option("--key", type=_FILE, help="Private key that signs the calls, PEM or JWK.")
@click.option("--issuer", metavar="ISS", help="Who we are in the registry of the service.")
@click.option("--kid", help="Id of the key, if it is not the key's thumbprint.")
@click.option("--alg", type=click.Choice(SIGNING_ALGORITHMS), help="Signature algorithm; the key tells.")
@click.option("--accept", type=int, metavar="N", help="Send feedback: card N is accepted.")
@click.option("--override", type=int, metavar="N", help="Send feedback: card N is overridden.")
@click.option("--reason", metavar="CODE", help="Why it is overridden, one of the card's reasons.")
@click.option("--comment", metavar="TEXT", help="Why it is overridden, in words.")
@click.option("--gaps", is_flag=True, help="Print what the call did not tell instead of the cards.")
@click.option("--timeline", type=_NEW_FILE, metavar="FILE.svg", help="Draw the program, too: weeks, visits, approvals.")
@click.option("--json", "as_json", is_flag=True, help="Print the raw answer.")
@told_plainly
def invoke(**options: Any) -> None:  # noqa: ANN401 - click has checked them
    """Act as an EHR: call a hook, print the cards, send feedback.

    \b
    Examples:  cds-service invoke --story colles-fracture
               cds-service invoke --file request.json --url http://127.0.0.1:8000
               cds-service invoke --file request.json --gaps
               cds-service invoke --story texas-hardening-pt-pta --timeline program.svg
               cds-service invoke --fhir http://127.0.0.1:8080/fhir --patient colles-fracture \\
                   --hook encounter-discharge --key keys/private-key.pem --issuer https://sandbox.example.org --accept 1
    """  # noqa: D301
    print_exchange(Invocation(**options), load_settings().public_url, _answer_here)


def _answer_here(service: str, request: Mapping[str, Any]) -> Answered:
    settings = load_settings()
    answerer = answerer_for(settings, load_policies(settings), local_now)
    try:
        return answerer.answered(read_call(json.dumps(request).encode(), service))
    except RequestError as error:
        raise click.ClickException(f"the service would refuse this call: {error}") from None


@COMMANDS.command()
@told_plainly
def stories() -> None:
    """List the bundled patient stories.

    \b
    Example:  cds-service stories
    """  # noqa: D301
    loaded = [load(name, date.today()) for name in bundled()]  # noqa: DTZ011 - the local day is meant
    show_table(
        Console(), ("story", "hooks", "about"), [(story.name, ", ".join(story.hooks), story.title) for story in loaded]
    )


@COMMANDS.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@told_plainly
def validate(file: Path) -> None:
    """Validate a FHIR R4 resource, a Bundle or a whole hook request, entry by entry.

    \b
    Example:  cds-service validate request.json
    """  # noqa: D301
    from cds_service.fhir.judge import first_r4_error  # loading the models takes a moment

    wrong = 0
    document = read_json_object(file, "a resource, a Bundle or a hook request is a JSON object")
    for where, resource in _resources("", document):
        problem = first_r4_error(resource)
        if problem is not None:
            wrong += 1
            click.echo(f"{where} {resource.get('resourceType')}/{resource.get('id', '(no id)')}: {problem}")
    click.echo(
        "valid in shape; codes of value sets and references are not looked up" if not wrong else f"{wrong} not valid"
    )
    if wrong:
        raise SystemExit(1)


def _resources(where: str, value: object) -> list[tuple[str, dict[str, Any]]]:
    """Every resource in a JSON value but the Bundles around them."""
    if isinstance(value, list):
        return [found for number, part in enumerate(value) for found in _resources(f"{where}[{number}]", part)]
    if not isinstance(value, dict):
        return []
    if "resourceType" in value and value["resourceType"] != "Bundle":
        return [(where or "resource", value)]
    return [found for name, part in value.items() for found in _resources(f"{where}.{name}".lstrip("."), part)]


COMMANDS.add_command(policies)
COMMANDS.add_command(in_sandbox)


@COMMANDS.command()
@click.argument("rule", required=False)
@told_plainly
def rules(rule: str | None) -> None:
    """List the rules, or tell one in words.

    \b
    Examples:  cds-service rules
               cds-service rules reassessment
    """  # noqa: D301
    console = Console()
    if rule is None:
        rows = [(rule.id, rule.topic.value, rule.title, ", ".join(_moments(rule.moments))) for rule in RULES]
        show_table(console, ("rule", "topic", "about", "asked when"), rows)
        return
    found = next((listed for listed in RULES if listed.id == rule), None)
    if found is None:
        raise click.ClickException(f"no rule {rule}; there are {', '.join(listed.id for listed in RULES)}")
    console.print(Markdown(_rule_text(found.id, load_settings())))


def _moments(moments: Collection[Moment]) -> list[str]:
    return [words for moment, words in WORDS_OF_MOMENTS.items() if moment in moments]


COUNTS: Final = ("shown", "accepted", "overridden", "ignored", "withheld", "shadow")


@COMMANDS.command("insights")
@click.option(
    "--by", type=click.Choice(list(INSIGHT_KEYS)), default="rule", show_default=True, help="What to count by."
)
@click.option("--since", type=DAY, help="First day that counts, local time.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@told_plainly
def show_insights(by: str, since: datetime | None, as_json: bool) -> None:  # noqa: FBT001
    """Count what became of cards: shown, accepted, overridden, ignored.

    \b
    Examples:  cds-service insights --by reason --since 2026-01-01
               cds-service insights --by week --json
    """  # noqa: D301
    database = recorded_database(load_settings())
    begin = since.astimezone() if since is not None else None
    found, overall = insights(database, by, begin), totals(database, begin)
    if as_json:
        document = {
            "by": by,
            "since": begin,
            "totals": asdict(overall),
            "counts": [asdict(insight) for insight in found],
        }
        click.echo(json.dumps(document, indent=2, default=str))
        return
    console = Console()
    show_table(console, (by, *COUNTS, "accepted of shown"), [_insight_row(insight) for insight in found])
    console.print(
        f"{quantity(overall.calls, 'calls')}, {overall.without_cards} of them without cards; "
        f"{overall.feedback} feedback, {overall.unmatched} of it about cards not on record.",
        highlight=False,
    )


def _insight_row(insight: Insight) -> tuple[str, ...]:
    share = f"{insight.accepted / insight.shown:.0%}" if insight.shown else ""
    return (insight.key, *(str(getattr(insight, name)) for name in COUNTS), share)


@COMMANDS.group()
def records() -> None:
    """Look after what is kept of calls and feedback."""


@records.command("purge")
@click.option("--older-than", type=click.IntRange(0, 36_500), help="Days to keep; by default CDS_RETENTION_DAYS.")
@told_plainly
def records_purge(older_than: int | None) -> None:
    """Remove records that are older than the retention time, and expired tokens.

    \b
    Example:  cds-service records purge --older-than 90
    """  # noqa: D301
    settings = load_settings()
    now = datetime.now(UTC)
    days = settings.retention_days if older_than is None else older_than
    gone = purge(recorded_database(settings), now - timedelta(days=days), now)
    click.echo(
        f"Older than {days} days and removed: {gone.calls} calls with {gone.cards} cards, {gone.feedback} feedback; "
        f"{gone.tokens} expired tokens."
    )
    if not gone.wiped:
        click.echo("Their bytes are still in the log beside the file, which is in use: purge again later.", err=True)


def _rule_text(rule_id: str, settings: Settings) -> str:
    found = next(rule for rule in RULES if rule.id == rule_id)
    law = "\n".join(line.strip() for line in found.law.splitlines())
    entries = "; ".join(
        f"{source} {ENTRIES[source].title}" if source in ENTRIES else source for source in found.sources
    )
    lines = [f"# {found.title} (`{found.id}`)", law, f"Asked when {', '.join(_moments(found.moments))}."]
    lines += ["", f"Rests on: {entries or 'nothing but what was sent'}"]
    lines += ["", "Reads from the chart: " + (listed(WORDS_OF_FACTS[fact] for fact in found.facts) or "what is sent")]
    lines += ["", "Reads from the policy:", ""]
    lines += [f"- `{parameter.name}`: {parameter.meaning}" for parameter in found.parameters] or ["- nothing"]
    if found.uses_bill:
        lines += ["", "And speaks of the bill, which is made once from: " + ", ".join(sorted(BILL_READS))]
    return (
        "\n\n".join(lines[:3]) + "\n" + "\n".join(lines[3:]) + f"\n\nOn the web: {settings.public_url}/rules/{rule_id}"
    )
