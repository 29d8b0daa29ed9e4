"""What was overridden lately is not shown again to the same client for the same patient and episode."""

from collections.abc import Iterable, Mapping

from cards.groups import NEVER_WITHHELD
from cds_service.domain.findings import Evaluation, Finding, Severity
from cds_service.hooks.call import HookCall
from cds_service.records.entries import Naming, naming
from cds_service.records.pseudonyms import Pseudonyms
from cds_service.records.recent_overrides import OVERRIDDEN, EpisodeHashes, Override, RecentOverrides
from cds_service.security.clients import Caller


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


class Suppression:
    """Looks up at each call what not to show again."""

    def __init__(self, overrides: RecentOverrides, pseudonyms: Pseudonyms) -> None:
        self._overrides = overrides
        self._pseudonyms = pseudonyms

    def __call__(self, call: HookCall, evaluation: Evaluation, caller: Caller) -> Mapping[str, str]:
        """Why findings are not to be shown, by key."""
        names = naming(self._pseudonyms, call, caller)

        def episode() -> EpisodeHashes:
            return names.client, names.patient, names.episode(evaluation.episode_key or "")

        return suppressed(evaluation.findings, self._overrides.of(episode), names)
