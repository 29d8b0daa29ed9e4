"""The command line: run the service, act as an EHR, look at policies and rules."""

import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, ParamSpec, TypeVar

import click
import requests
from rich.console import Console
from rich.markdown import Markdown

from cds_service import __version__
from cds_service.commands.ncci import import_ncci
from cds_service.errors import CdsError, RequestError
from cds_service.hooks.call import read_call
from cds_service.hooks.services import SERVICES
from cds_service.policies.describe import applies_to, coverage_of, describe
from cds_service.policies.loader import PolicyError
from cds_service.policies.stack import PolicyStack
from cds_service.records.database import StoreError, reason
from cds_service.records.insights import KEYS, Insight, insights, totals
from cds_service.records.retention import purge
from cds_service.rules.catalogue import RULES
from cds_service.sandbox import StoryError, bundled, load
from cds_service.sandbox.ehr import call
from cds_service.sandbox.invoking import Invocation, read_object
from cds_service.sandbox.invoking import run as run_invocation
from cds_service.sandbox.loading import load_stories
from cds_service.sandbox.server import FhirServer
from cds_service.sandbox.signing import ALGORITHMS, ISSUER, KEY_FILE, make_keys, registry_entry
from cds_service.service import answerer_for, load_clients, load_policies, local_now, open_database, open_records
from cds_service.settings import Settings, load_settings
from cds_service.terminal import show_answer, show_table

DEMO_STORY: Final = "texas-hardening-pt-pta"
START_SECONDS: Final = 30
HOOKS: Final = sorted({service.hook for service in SERVICES})

P = ParamSpec("P")
R = TypeVar("R")


def _told_plainly(command: Callable[P, R]) -> Callable[P, R]:
    """Turn our own errors into one clear line and exit status 1; anything else stays a fault."""

    @wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (CdsError, PolicyError, StoryError) as error:
            raise click.ClickException(str(error)) from None
        except StoreError as error:
            raise click.ClickException(f"the database cannot be used: {reason(error)}") from None
        except requests.RequestException as error:
            raise click.ClickException(f"the service could not be reached: {type(error).__name__}") from None

    return told


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="cds-service")
def main() -> None:
    """CDS Hooks service for work conditioning and work hardening (CPT 97545, 97546).

    \b
    Try it:   cds-service demo
    Look:     cds-service stories
              cds-service invoke --story colles-fracture
    """  # noqa: D301 - click reads the mark


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Port on 127.0.0.1.")
@click.option("--story", default=DEMO_STORY, show_default=True, help="Bundled story to answer once it runs.")
@_told_plainly
def demo(port: int, story: str) -> None:
    """Run on this machine only, without client registry, and answer a bundled story.

    \b
    Example:  cds-service demo --port 8000
    """  # noqa: D301
    console = Console()
    url = f"http://127.0.0.1:{port}"
    os.environ.setdefault("CDS_PUBLIC_URL", url)
    os.environ.setdefault("CDS_CORS_ORIGINS", "loopback")
    os.environ.setdefault("CDS_LOG_LEVEL", "WARNING")
    load_policies(load_settings())
    told = load(story, date.today())  # noqa: DTZ011 - the local day is meant
    console.print(f"Demo on {url}: this machine only, no client registry, no real patients. Stop with Ctrl+C.")
    from cds_service.web.server import run  # the server is needed by two commands only

    def greet() -> None:
        if not _ready(url):
            console.print("The service did not become ready.", style="red")
            return
        console.print(f"\nStory [bold]{told.name}[/]: {told.title}", highlight=False)
        show_answer(console, call(url, told.service, told.request()))
        console.print(_TRY_NEXT.format(url=url), highlight=False)

    with TemporaryDirectory(prefix="work-rehab-cds-") as folder:
        os.environ.setdefault("CDS_DATABASE_URL", f"sqlite:///{folder}/records.sqlite3")
        open_records(load_settings()).close()
        run("127.0.0.1", port, workers=1, demo=True, on_start=threading.Thread(target=greet, daemon=True).start)


_TRY_NEXT: Final = """
Try next, in another terminal:
  cds-service stories                                    the patients that are bundled
  cds-service invoke --story food-delivery-driver --url {url}
  curl -s {url}/cds-services                             what an EHR discovers
  open {url}/                                            rules, policies and coverage to read
"""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option(
    "--workers", type=click.IntRange(1, 256), default=os.cpu_count() or 1, show_default="number of cores",
    help="Processes; one a core is best.",
)  # fmt: skip
@_told_plainly
def serve(host: str, port: int, workers: int) -> None:
    """Run the production server for registered clients; settings come from CDS_... variables.

    Calls in flight are finished on SIGTERM. SIGHUP reads the registry of clients again.

    \b
    Example:  CDS_PUBLIC_URL=https://cds.example.org CDS_CLIENTS=clients.yaml cds-service serve --host 0.0.0.0
    """  # noqa: D301
    settings = load_settings()
    load_policies(settings)
    load_clients(settings)
    open_records(settings).close()
    from cds_service.web.server import run  # the server is needed by two commands only

    run(host, port, workers)


_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@main.command()
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
@click.option("--alg", type=click.Choice(ALGORITHMS), help="Signature algorithm; the key tells.")
@click.option("--accept", type=int, metavar="N", help="Send feedback: card N is accepted.")
@click.option("--override", type=int, metavar="N", help="Send feedback: card N is overridden.")
@click.option("--reason", metavar="CODE", help="Why it is overridden, one of the card's reasons.")
@click.option("--comment", metavar="TEXT", help="Why it is overridden, in words.")
@click.option("--json", "as_json", is_flag=True, help="Print the raw answer.")
@_told_plainly
def invoke(**options: Any) -> None:  # noqa: ANN401 - click has checked them
    """Act as an EHR: call a hook, print the cards, send feedback.

    \b
    Examples:  cds-service invoke --story colles-fracture
               cds-service invoke --file request.json --url http://127.0.0.1:8000
               cds-service invoke --fhir http://127.0.0.1:8080/fhir --patient colles-fracture \\
                   --hook encounter-discharge --key keys/private-key.pem --issuer https://sandbox.example.org --accept 1
    """  # noqa: D301
    run_invocation(Invocation(**options), load_settings().public_url, _answer_here)


@main.group("sandbox")
def in_sandbox() -> None:
    """Prepare trials: stories on a FHIR server, keys for a client."""


@in_sandbox.command("load")
@click.option("--fhir", metavar="URL", required=True, help="FHIR R4 server to put the stories on.")
@click.option("--story", "names", multiple=True, help="Bundled story; can be repeated. All without it.")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="Day on which the stories play; else today.")
@click.option("--token", metavar="TOKEN", help="Bearer token for the FHIR server.")
@_told_plainly
def sandbox_load(fhir: str, names: tuple[str, ...], today: datetime | None, token: str | None) -> None:
    """Put the bundled stories on a FHIR server. Again is no harm: stories follow the calendar.

    \b
    Example:  cds-service sandbox load --fhir http://127.0.0.1:8080/fhir --story colles-fracture
    """  # noqa: D301
    console = Console()
    day = (today or datetime.now()).date()  # noqa: DTZ005 - the local day is meant
    loaded = load_stories(console, FhirServer(fhir, token), names, day)
    rows = [(one.patient, str(one.put), str(one.removed)) for one in loaded]
    show_table(console, ("patient", "resources", "outdated, removed"), rows)


@in_sandbox.command("keys")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder for the files.")
@click.option("--issuer", default=ISSUER, show_default=True, help="Who the client is.")
@click.option("--fhir", metavar="URL", help="FHIR server that may be asked for this client.")
@_told_plainly
def sandbox_keys(out: Path, issuer: str, fhir: str | None) -> None:
    """Make a key pair for trials and print a registry with its client.

    \b
    Example:  cds-service sandbox keys --out keys --fhir http://127.0.0.1:8080/fhir > clients.yaml
    """  # noqa: D301
    kid = make_keys(out)
    click.echo(registry_entry(out, issuer, fhir))
    click.echo(f"Key {kid}. Sign with: cds-service invoke --key {out / KEY_FILE} --issuer {issuer} ...", err=True)


def _answer_here(service: str, request: Mapping[str, Any]) -> dict[str, Any]:
    settings = load_settings()
    answerer = answerer_for(settings, load_policies(settings), local_now)
    try:
        return answerer.answer(read_call(json.dumps(request).encode(), service))
    except RequestError as error:
        raise click.ClickException(f"the service would refuse this call: {error}") from None


def _ready(url: str) -> bool:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            if requests.get(f"{url}/health/ready", timeout=2).ok:
                return True
        except requests.ConnectionError:
            time.sleep(0.05)
    return False


@main.command()
@_told_plainly
def stories() -> None:
    """List the bundled patient stories.

    \b
    Example:  cds-service stories
    """  # noqa: D301
    told = [load(name, date.today()) for name in bundled()]  # noqa: DTZ011 - the local day is meant
    show_table(Console(), ("story", "hooks", "about"), [(one.name, ", ".join(one.hooks), one.title) for one in told])


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_told_plainly
def validate(file: Path) -> None:
    """Validate a FHIR R4 resource, a Bundle or a whole hook request, entry by entry.

    \b
    Example:  cds-service validate request.json
    """  # noqa: D301
    from cds_service.fhir.judge import check  # loading the models takes a moment

    wrong = 0
    given = read_object(file, "a resource, a Bundle or a hook request is a JSON object")
    for where, resource in _resources("", given):
        problem = check(resource)
        if problem is not None:
            wrong += 1
            click.echo(f"{where} {resource.get('resourceType')}/{resource.get('id', '(no id)')}: {problem}")
    click.echo("valid" if not wrong else f"{wrong} not valid")
    if wrong:
        raise SystemExit(1)


def _resources(where: str, value: object) -> list[tuple[str, dict[str, Any]]]:
    """Every resource in a JSON value but the Bundles around them."""
    if isinstance(value, list):
        return [found for number, one in enumerate(value) for found in _resources(f"{where}[{number}]", one)]
    if not isinstance(value, dict):
        return []
    if "resourceType" in value and value["resourceType"] != "Bundle":
        return [(where or "resource", value)]
    return [found for name, one in value.items() for found in _resources(f"{where}.{name}".lstrip("."), one)]


@main.group()
def policies() -> None:
    """Check and read payer policies."""


policies.add_command(import_ncci)


@policies.command("check")
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
@_told_plainly
def policies_check(folders: tuple[Path, ...]) -> None:
    """Load the bundled policies with the site's folders and say whether they are right.

    \b
    Example:  cds-service policies check ./our-policies
    """  # noqa: D301
    loaded = PolicyStack.load((*load_settings().policy_dirs, *folders)).policies
    click.echo(f"{len(loaded)} policies are right: {', '.join(one.id for one in loaded)}")


@policies.command("show")
@click.argument("policy")
@_told_plainly
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
@_told_plainly
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


@main.command()
@click.argument("rule", required=False)
@_told_plainly
def rules(rule: str | None) -> None:
    """List the rules, or tell one in words.

    \b
    Examples:  cds-service rules
               cds-service rules reassessment
    """  # noqa: D301
    console = Console()
    if rule is None:
        rows = [(one.id, one.topic.value, one.title, ", ".join(sorted(m.value for m in one.moments))) for one in RULES]
        show_table(console, ("rule", "topic", "about", "moments"), rows)
        return
    found = next((one for one in RULES if one.id == rule), None)
    if found is None:
        raise click.ClickException(f"no rule {rule}; there are {', '.join(one.id for one in RULES)}")
    console.print(Markdown(_rule_text(found.id, load_settings())))


COUNTS: Final = ("shown", "accepted", "overridden", "ignored", "withheld", "shadow")


@main.command("insights")
@click.option("--by", type=click.Choice(list(KEYS)), default="rule", show_default=True, help="What to count by.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First day that counts, local time.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_told_plainly
def show_insights(by: str, since: datetime | None, as_json: bool) -> None:  # noqa: FBT001
    """Count what became of cards: shown, accepted, overridden, ignored.

    \b
    Examples:  cds-service insights --by reason --since 2026-01-01
               cds-service insights --by week --json
    """  # noqa: D301
    database = open_database(load_settings())
    begin = since.astimezone() if since is not None else None
    found, overall = insights(database, by, begin), totals(database, begin)
    if as_json:
        told = {"by": by, "since": begin, "totals": asdict(overall), "counts": [asdict(one) for one in found]}
        click.echo(json.dumps(told, indent=2, default=str))
        return
    console = Console()
    show_table(console, (by, *COUNTS, "accepted of shown"), [_insight_row(one) for one in found])
    console.print(
        f"{overall.calls} calls, {overall.without_cards} of them without cards; {overall.feedback} feedback, "
        f"{overall.unmatched} of it about cards not on record.",
        highlight=False,
    )


def _insight_row(one: Insight) -> tuple[str, ...]:
    share = f"{one.accepted / one.shown:.0%}" if one.shown else ""
    return (one.key, *(str(getattr(one, name)) for name in COUNTS), share)


@main.group()
def records() -> None:
    """Look after what is kept of calls and feedback."""


@records.command("purge")
@click.option("--older-than", type=click.IntRange(0, 36_500), help="Days to keep; by default CDS_RETENTION_DAYS.")
@_told_plainly
def records_purge(older_than: int | None) -> None:
    """Remove records that are older than the retention time, and expired tokens.

    \b
    Example:  cds-service records purge --older-than 90
    """  # noqa: D301
    settings = load_settings()
    now = datetime.now(UTC)
    days = settings.retention_days if older_than is None else older_than
    gone = purge(open_database(settings), now - timedelta(days=days), now)
    click.echo(
        f"Older than {days} days and removed: {gone.calls} calls with {gone.cards} cards, {gone.feedback} feedback; "
        f"{gone.tokens} expired tokens."
    )


def _rule_text(rule_id: str, settings: Settings) -> str:
    found = next(one for one in RULES if one.id == rule_id)
    law = "\n".join(line.strip() for line in found.law.splitlines())
    lines = [f"# {found.title} (`{found.id}`)", law, f"Sources: {', '.join(found.sources)}"]
    lines += ["", "Reads from the chart: " + (", ".join(found.facts) or "whatever is given")]
    lines += ["", "Reads from the policy:", ""]
    lines += [f"- `{one.name}`: {one.meaning}" for one in found.parameters] or ["- nothing"]
    return (
        "\n\n".join(lines[:3]) + "\n" + "\n".join(lines[3:]) + f"\n\nOn the web: {settings.public_url}/rules/{rule_id}"
    )


if __name__ == "__main__":
    main()
