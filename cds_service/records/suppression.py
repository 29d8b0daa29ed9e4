"""What was overridden lately is not shown again to the same client for the same patient and episode."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, bindparam, select

from cards.groups import NEVER_WITHHELD
from cds_service.domain.findings import Evaluation, Finding, Severity
from cds_service.hooks.call import HookCall
from cds_service.records.database import Database, StoreError
from cds_service.records.entries import Naming, naming
from cds_service.records.pseudonyms import Pseudonyms
from cds_service.records.record_tables import CardRow, FeedbackRow
from cds_service.security.clients import Caller

OVERRIDDEN: Final = "overridden"
_OVERRIDES: Final = (
    select(CardRow.rule, CardRow.kind, CardRow.subject, CardRow.severity, CardRow.joined)
    .join(FeedbackRow, (FeedbackRow.client == CardRow.client) & (FeedbackRow.card == CardRow.uuid))
    .where(
        FeedbackRow.client == bindparam("client"),
        FeedbackRow.patient == bindparam("patient"),
        FeedbackRow.episode == bindparam("episode"),
        FeedbackRow.outcome == OVERRIDDEN,
        FeedbackRow.received_at >= bindparam("since"),
        CardRow.state == "shown",
    )
)


@dataclass(frozen=True, slots=True)
class Override:
    """A finding that was on an overridden card; ``subject`` is a hash."""

    rule: str
    kind: str
    subject: str
    severity: Severity


def suppressed(findings: Iterable[Finding], overrides: Iterable[Override], names: Naming) -> Mapping[str, str]:
    """Why, by finding key, findings are not shown again.

    A finding is compared by rule, kind and subject, so that one whose kind changed is new; one that has become a
    warning since is shown again. The charges of a visit are always shown: they are what the visit closes with.
    """
    past = list(overrides)
    if not past:
        return {}
    as_warning = {
        (override.rule, override.kind, override.subject) for override in past if override.severity is Severity.WARNING
    }
    at_all = {(override.rule, override.kind, override.subject) for override in past}
    held = {}
    for finding in suppressible(findings):
        known = as_warning if finding.severity is Severity.WARNING else at_all
        if (finding.rule, finding.kind, names.subject(finding.subject)) in known:
            held[finding.key] = OVERRIDDEN
    return held


def suppressible(findings: Iterable[Finding]) -> list[Finding]:
    """Findings that may be held back: not the charges of a visit, nor what is told on their card."""
    found = list(findings)
    always = {finding.rule for finding in found} & NEVER_WITHHELD
    return [finding for finding in found if finding.rule not in NEVER_WITHHELD and finding.joins not in always]


def past_overrides(
    database: Database, client: str, patient: str, episode: str, since: datetime
) -> tuple[Override, ...]:
    """Findings of this client's cards about a patient and episode (hashes) whose override came in since.

    Raises:
        StoreError: the database cannot be used.
    """
    wanted = {"client": client, "patient": patient, "episode": episode, "since": since}
    with database.reading() as connection:
        return tuple(override for row in connection.execute(_OVERRIDES, wanted) for override in _overrides(row))


def _overrides(row: Row[Any]) -> Iterable[Override]:
    yield Override(row.rule, row.kind, row.subject, Severity(row.severity))
    for joined in row.joined:
        yield Override(joined["rule"], joined["kind"], joined["subject"], Severity(joined["severity"]))


class Suppression:
    """Asks the store at each call that found something to hold back; when the store fails, everything is shown."""

    def __init__(self, database: Database, pseudonyms: Pseudonyms, days: int, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._pseudonyms = pseudonyms
        self._days = timedelta(days=days)
        self._clock = clock

    def __call__(self, call: HookCall, evaluation: Evaluation, caller: Caller) -> Mapping[str, str]:
        """Why findings are not to be shown, by key."""
        if self._database.resting or not suppressible(evaluation.findings):
            return {}
        names = naming(self._pseudonyms, call, caller)
        episode = names.episode(evaluation.episode_key or "")
        since = self._clock() - self._days
        try:
            overrides = past_overrides(self._database, caller.client.issuer, names.patient, episode, since)
        except StoreError as error:
            self._database.rest(error, "overrides not known")
            return {}
        return suppressed(evaluation.findings, overrides, names)
