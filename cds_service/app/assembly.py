"""Puts a running service together from its settings: policies, rules, clock."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cds_service.app.labels import labels_from
from cds_service.app.settings import Settings, load_settings
from cds_service.errors import ConfigurationError
from cds_service.hooks.answer import Answerer
from cds_service.hooks.fetching import Fetcher, pool_of_threads, unobserved
from cds_service.hooks.services import ASKED_FOR, PERMITTED
from cds_service.hooks.shares import Shares
from cds_service.policies.stack import PoliciesInUse, PolicyStack
from cds_service.records.database import Database
from cds_service.records.keeping import Records
from cds_service.security.addresses import Addresses
from cds_service.security.gate import Gate
from cds_service.security.outgoing import outgoing_session
from cds_service.security.registry import Registry
from cds_service.security.replay import Replay
from cds_service.security.servers import Servers

if TYPE_CHECKING:
    from cds_service.forms.pdf_forms import PdfFormsOnHand


def local_now() -> datetime:
    """The present moment in the zone of this machine."""
    return datetime.now(UTC).astimezone()


def load_policies(settings: Settings | None = None) -> PolicyStack:
    """Bundled policies and those of the site, whose settings are by default those of the environment.

    Raises:
        ConfigurationError: a setting of the environment cannot be used.
        PolicyError: a policy file is refused; the text names file and key.
    """
    return PolicyStack.load((settings or load_settings()).policy_dirs)


def open_database(settings: Settings) -> Database:
    """The database of records, its tables up to date.

    Raises:
        ConfigurationError: the database cannot be used.
    """
    database = Database(settings.database_url.get_secret_value())
    database.upgrade()
    return database


def recorded_database(settings: Settings) -> Database:
    """The database of a service that has kept records, for those who only look: none is made where there is none.

    Raises:
        ConfigurationError: there is no such database, or it cannot be used.
    """
    database = Database(settings.database_url.get_secret_value())
    if database.file is not None and not database.file.is_file():
        raise ConfigurationError(
            f"There are no records here: no file {database.file}. Go to the folder in which the service runs, or name "
            "its database in CDS_DATABASE_URL. The demo keeps its records only while it runs."
        )
    return open_database(settings)


def open_records(settings: Settings) -> Records:
    """Where records are kept, its tables up to date.

    Raises:
        ConfigurationError: the database cannot be used.
    """
    key = settings.patient_key.get_secret_value() if settings.patient_key is not None else None
    return Records.on(open_database(settings), key)


def forms_on_hand(settings: Settings) -> "PdfFormsOnHand | None":
    """The site's PDF forms; None for a site without any.

    Raises:
        ConfigurationError: a form or its mapping cannot be used; names file, key and what to do.
    """
    if settings.forms is None:
        return None
    from cds_service.forms.form_mapping import load_forms  # the PDF library is loaded by sites that have forms

    return load_forms(settings.forms)


def answerer_for(
    settings: Settings,
    policies: PoliciesInUse,
    clock: Callable[[], datetime] = local_now,
    records: Records | None = None,
    observe: Callable[[str, float], None] = unobserved,
) -> Answerer:
    """The pipeline with the site's settings; with ``records`` it does not repeat what was overridden lately.

    ``observe`` is told how each query to a FHIR server ended and how many seconds it took.
    """
    days = settings.suppress_days
    suppression = records.suppression(days) if records is not None and days else None
    return Answerer(
        policies=policies,
        clock=clock,
        public_url=settings.public_url,
        source_label=settings.source_label,
        max_cards=settings.max_cards,
        jurisdiction=settings.jurisdiction,
        time_zone=settings.time_zone,
        fetcher=fetcher_for(settings, observe),
        withhold=suppression,
        labels=labels_from(settings.cpt_descriptors),
        strict_fhir=settings.strict_fhir,
    )


def fetcher_for(settings: Settings, observe: Callable[[str, float], None] = unobserved) -> Fetcher:
    """Asks the FHIR servers of clients; connections and threads start with the first call that needs them."""
    addresses = Addresses(settings.fhir_networks, allow_any=settings.allow_http)
    authorities = str(settings.fhir_authorities) if settings.fhir_authorities is not None else None
    return Fetcher(
        session=outgoing_session(addresses, authorities),
        shares=Shares(pool_of_threads()),
        servers=lambda allowed: Servers(allowed, settings.allow_http).permits,
        seconds=settings.fhir_seconds,
        observe=observe,
    )


def load_clients(settings: Settings) -> Registry:
    """The registry of clients.

    Raises:
        ConfigurationError: there is none, or it cannot be used; the text names file, client and key.
    """
    if settings.clients is None:
        raise ConfigurationError(
            "CDS_CLIENTS is not set, so nobody may call: name the file with the registry of clients, "
            "or try the service on this machine with: cds-service demo"
        )
    return Registry.load(settings.clients, allow_http=settings.allow_http, services=PERMITTED, prefetch_keys=ASKED_FOR)


def gate_for(settings: Settings, replay: Replay) -> Gate:
    """The gate that lets the site's clients in.

    Raises:
        ConfigurationError: the registry of clients cannot be used.
    """
    return Gate(lambda: load_clients(settings), replay, settings.jwt_algorithms)
