"""Puts a running service together from its settings: policies, rules, clock."""

from collections.abc import Callable
from datetime import UTC, datetime

from cds_service.descriptors import labels_from
from cds_service.hooks.answer import Answerer
from cds_service.policies.stack import PolicyStack
from cds_service.settings import Settings


def local_now() -> datetime:
    """The present moment in the zone of this machine."""
    return datetime.now(UTC).astimezone()


def load_policies(settings: Settings) -> PolicyStack:
    """Bundled policies and those of the site.

    Raises:
        PolicyError: a policy file is refused; the text names file and key.
    """
    return PolicyStack.load(settings.policy_dirs)


def answerer_for(settings: Settings, policies: PolicyStack, clock: Callable[[], datetime] = local_now) -> Answerer:
    """The pipeline with the site's settings."""
    return Answerer(
        policies=policies,
        clock=clock,
        public_url=settings.public_url,
        source_label=settings.source_label,
        max_cards=settings.max_cards,
        jurisdiction=settings.jurisdiction,
        labels=labels_from(settings.cpt_descriptors),
        strict_fhir=settings.strict_fhir,
    )
