"""The commands ``sandbox ...``: stories on a FHIR server, a client with keys."""

from datetime import datetime
from pathlib import Path

import click
from rich.console import Console

from cds_service.cli.day_options import DAY
from cds_service.cli.naming import typed
from cds_service.cli.plainly import told_plainly
from cds_service.cli.terminal import show_table
from cds_service.ehr.loading import load_stories
from cds_service.ehr.signing import ISSUER, KEY_FILE, REGISTRY_FILE, make_client, registry_entry
from cds_service.ehr.trial_server import FhirServer


@click.group("sandbox")
def in_sandbox() -> None:
    """Prepare trials: stories on a FHIR server, keys for a client."""


@in_sandbox.command("load")
@click.option("--fhir", metavar="URL", required=True, help="FHIR R4 server to put the stories on.")
@click.option("--story", "names", multiple=True, help="Bundled story; can be repeated. All without it.")
@click.option("--today", type=DAY, help="Day on which the stories play; else today.")
@click.option("--token", metavar="TOKEN", help="Bearer token for the FHIR server.")
@told_plainly
def sandbox_load(fhir: str, names: tuple[str, ...], today: datetime | None, token: str | None) -> None:
    """Put the bundled stories on a FHIR server. Loading again is safe: it renews their dates.

    \b
    Example:  cds-service sandbox load --fhir http://127.0.0.1:8080/fhir --story colles-fracture
    """  # noqa: D301
    console = Console()
    day = (today or datetime.now()).date()  # noqa: DTZ005 - the local day is meant
    loaded = load_stories(console, FhirServer(fhir, token), names, day)
    rows = [(story.patient, str(story.put), str(story.removed)) for story in loaded]
    show_table(console, ("patient", "resources", "outdated, removed"), rows)


@in_sandbox.command("keys")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder for the files.")
@click.option("--issuer", default=ISSUER, show_default=True, help="Who the client is.")
@click.option("--fhir", metavar="URL", help="FHIR server that may be asked for this client.")
@told_plainly
def sandbox_keys(out: Path, issuer: str, fhir: str | None) -> None:
    """Make a client for trials: a key pair, and a registry with this one client.

    Nothing is overwritten: what is there already stays, and is printed again.

    \b
    Example:  cds-service sandbox keys --out keys --fhir http://127.0.0.1:8080/fhir
              CDS_CLIENTS=keys/clients.yaml CDS_ALLOW_HTTP=1 cds-service serve
    """  # noqa: D301
    made = make_client(out, issuer, fhir)
    click.echo(registry_entry(out, issuer, fhir))
    registry = out / REGISTRY_FILE
    for file in made.written:
        click.echo(f"Written: {file}", err=True)
    for file in made.kept:
        click.echo(f"Was there already, and stays: {file}", err=True)
    if made.differs:
        click.echo(f"Note: {registry} says something else than what is printed here; it stays as it is.", err=True)
    plain = "CDS_ALLOW_HTTP=1 " if fhir is not None and fhir.startswith("http:") else ""
    click.echo(f"Serve it: CDS_CLIENTS={registry} {plain}{typed('serve')}", err=True)
    click.echo(f"Sign as key {made.kid}: {typed(f'invoke --key {out / KEY_FILE} --issuer {issuer} ...')}", err=True)
