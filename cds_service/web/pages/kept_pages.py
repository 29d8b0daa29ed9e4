"""Pages that stay the same for a day and the policies in use are rendered once."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from flask import Blueprint, Response, g, request

from cds_service.policies.stack import PoliciesInUse
from cds_service.web.pages.page import headers_of_page, wants_html

if TYPE_CHECKING:
    from cds_service.policies.stack import PolicyStack


class OneReading:
    """The policies in use when the request at hand came in: a page never mixes those of two readings of their files."""

    def __init__(self, policies: PoliciesInUse) -> None:
        self._policies = policies

    @property
    def current(self) -> "PolicyStack":
        """These policies."""
        if "policies_at_hand" not in g:
            g.policies_at_hand = self._policies.current
        stack: PolicyStack = g.policies_at_hand
        return stack

    @property
    def outdated(self) -> bool:
        """Whether the files have others by now, which could not be read."""
        return self._policies.outdated


class KeptPages:
    """The HTML of pages without a query, by path; dropped when the day or the policies change.

    Args:
        policies: The policies in use.
        today: Tells the day.
        kept: Who may keep the pages (``Cache-Control``).
    """

    def __init__(self, policies: PoliciesInUse, today: Callable[[], date], kept: str) -> None:
        self._policies = policies
        self._today = today
        self._headers = headers_of_page(kept)
        self._held: tuple[tuple[PolicyStack, date] | None, dict[str, bytes]] = None, {}

    def add_to(self, routes: Blueprint) -> None:
        """Answer and keep the pages of these routes."""
        routes.before_request(self._found)
        routes.after_request(self._keep)

    def _found(self) -> Response | None:
        now, held = (self._policies.current, self._today()), self._held
        if held[0] != now:
            held = self._held = now, {}
        g.kept_pages = held[1]
        body = g.kept_pages.get(request.path) if not request.args and wants_html() else None
        return Response(body, headers=self._headers, mimetype="text/html") if body is not None else None

    def _keep(self, reply: Response) -> Response:
        """Keep a page with those of the policies that were in use when it was asked for: others may be by now."""
        if reply.status_code == 200 and reply.mimetype == "text/html" and not request.args:  # noqa: PLR2004 - HTTP
            g.kept_pages[request.path] = reply.get_data()
        return reply
