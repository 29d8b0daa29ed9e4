"""The commands that run the service: ``serve`` for registered clients, ``demo`` for whoever tries it."""

import os
import threading
import time
from collections import Counter
from collections.abc import Iterable
from datetime import date
from tempfile import TemporaryDirectory
from typing import Final

import click
import requests
from rich.console import Console

from cds_service import __version__
from cds_service.app.assembly import forms_on_hand, load_clients, load_policies, open_records
from cds_service.app.fee_file import fees_from
from cds_service.app.settings import Settings, load_settings
from cds_service.cli.naming import typed
from cds_service.cli.plainly import told_plainly
from cds_service.cli.terminal import show_answer
from cds_service.ehr.calls import call
from cds_service.policies.model import BUNDLED
from cds_service.policies.stack import PolicyStack
from cds_service.security.registry import Registry
from cds_service.stories import load
from cds_service.web.listening import claimed, doubts_about_url

DEMO_STORY: Final = "texas-hardening-pt-pta"
START_SECONDS: Final = 30
LOOPBACK_HOST: Final = "127.0.0.1"
PORT: Final = click.IntRange(1, 65535)
PUBLIC_URL: Final = "CDS_PUBLIC_URL"


@click.command()
@click.option("--port", type=PORT, default=8000, show_default=True, help="Port on 127.0.0.1.")
@click.option("--story", default=DEMO_STORY, show_default=True, help="Bundled story to answer once it runs.")
@told_plainly
def demo(port: int, story: str) -> None:
    """Run on this machine only, without client registry, and answer a bundled story.

    Each call is told in one line: hook, service, number of cards, milliseconds; nothing of the patient.

    \b
    Example:  cds-service demo --port 8000
    """  # noqa: D301
    console = Console()
    url = f"http://{LOOPBACK_HOST}:{port}"
    os.environ.setdefault(PUBLIC_URL, url)
    os.environ.setdefault("CDS_CORS_ORIGINS", "loopback")
    os.environ.setdefault("CDS_LOG_LEVEL", "WARNING")
    settings = load_settings()
    load_policies(settings)
    fees_from(settings.fees)
    forms_on_hand(settings)
    shown = load(story, date.today())  # noqa: DTZ011 - the local day is meant
    from cds_service.web.server import run  # the server is needed by two commands only

    def greet() -> None:
        if not _ready(url):
            console.print("The service did not become ready.", style="red")
            return
        console.print(f"\nStory [bold]{shown.name}[/]: {shown.title}", highlight=False)
        show_answer(console, call(url, shown.service, shown.request()))
        click.echo(_try_next(url))

    with claimed(LOOPBACK_HOST, port), TemporaryDirectory(prefix="work-rehab-cds-") as folder:
        console.print(f"Demo on {url}: this machine only, no client registry, no real patients. Stop with Ctrl+C.")
        _note(doubts_about_url(settings.public_url, LOOPBACK_HOST, port, is_set=True))
        os.environ.setdefault("CDS_DATABASE_URL", f"sqlite:///{folder}/records.sqlite3")
        open_records(load_settings()).close()
        run(LOOPBACK_HOST, port, workers=1, demo=True, on_start=threading.Thread(target=greet, daemon=True).start)


def _try_next(url: str) -> str:
    """Commands to copy, each with what it does."""
    commands = (
        (typed("stories"), "the patients that are bundled"),
        (typed(f"invoke --story food-delivery-driver --url {url}"), "plays the EHR for one of them"),
        (f"curl -s {url}/cds-services", "what an EHR discovers"),
        (f"kill -HUP {os.getpid()}", "reads changed policies"),
    )
    lines = ["", "Try next, in another terminal in this folder:"]
    lines += [line for command, note in commands for line in (f"  # {note}", f"  {command}")]
    return "\n".join(
        [
            *lines,
            f"In a browser, {url}/try plays a patient: change what matters and see the answer follow.",
            f"The rules, policies and coverage are there to read: {url}/",
            "",
            "Calls:",
        ]
    )


def _ready(url: str) -> bool:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            if requests.get(f"{url}/health/ready", timeout=2).ok:
                return True
        except requests.ConnectionError:
            time.sleep(0.05)
    return False


@click.command()
@click.option("--host", default=LOOPBACK_HOST, show_default=True, help="Address to listen on.")
@click.option("--port", type=PORT, default=8000, show_default=True)
@click.option(
    "--workers", type=click.IntRange(1, 256), default=os.cpu_count() or 1, show_default="number of cores",
    help="Processes; one a core is best.",
)  # fmt: skip
@told_plainly
def serve(host: str, port: int, workers: int) -> None:
    """Run the production server for registered clients; settings come from CDS_... variables.

    Calls in flight are finished on SIGTERM. SIGHUP reads policies, registry of clients and fees again.

    \b
    Example:  CDS_PUBLIC_URL=https://cds.example.org CDS_CLIENTS=clients.yaml cds-service serve --host 0.0.0.0
    """  # noqa: D301
    settings = load_settings()
    policies, clients = load_policies(settings), load_clients(settings)
    fees = fees_from(settings.fees)
    with claimed(host, port):
        records = open_records(settings)
        database = records.database.shown
        records.close()
        click.echo(f"Work Rehab CDS {__version__} listens on http://{host}:{port}. Stop with Ctrl+C.")
        for name, value in _start_facts(settings, policies, clients, database, workers):
            click.echo(f"  {name:10}  {value}")
        if fees:
            click.echo(f"  {'fees':10}  of {len(fees.by_code)} codes, from {settings.fees}")
        _note(doubts_about_url(settings.public_url, host, port, is_set="public_url" in settings.model_fields_set))
        from cds_service.web.server import run  # the server is needed by two commands only

        run(host, port, workers)


def _start_facts(
    settings: Settings, policies: PolicyStack, clients: Registry, database: str, workers: int
) -> Iterable[tuple[str, str]]:
    yield "public URL", settings.public_url
    yield "processes", str(workers)
    bundled = sum(policy.folder == BUNDLED for policy in policies.policies)
    own = Counter(
        str(settings.policy_dirs[policy.folder - 1]) for policy in policies.policies if policy.folder != BUNDLED
    )
    yield "policies", ", ".join([f"{bundled} bundled", *(f"{count} of {folder}" for folder, count in own.items())])
    issuers = ", ".join(sorted(clients.clients))
    yield "clients", f"{len(clients.clients)} of {settings.clients}: {issuers}"
    yield "database", database


def _note(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        click.echo(f"Note: {sentence}", err=True)
