"""What the description needs to know of a deployment."""

from dataclasses import dataclass
from datetime import date

from cds_service.policies.stack import PolicyStack


@dataclass(frozen=True, slots=True)
class HtmlRoute:
    """A page that is described by its route alone: ``path`` as the router writes it, ``says`` in a sentence."""

    path: str
    methods: tuple[str, ...]
    says: str


@dataclass(frozen=True, slots=True)
class ApiSite:
    """A deployment: where clients find it, what it asks them for, and its pages.

    ``needs_token`` is whether calls need the token of a registered client, ``open_discovery`` whether discovery needs
    none, ``metrics_need_token`` whether metrics have a token of their own. ``shared_ids`` are listed by discovery
    instead of one a hook. ``day`` dates the examples, which ``policies`` decide.
    """

    public_url: str
    name: str
    version: str
    largest_body: int
    policies: PolicyStack
    day: date
    needs_token: bool = False
    open_discovery: bool = True
    metrics_need_token: bool = False
    shared_ids: bool = False
    pages: tuple[HtmlRoute, ...] = ()
