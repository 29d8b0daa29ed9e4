"""The pages of the door: the form for the token, the way to and from the provider of identities, the way out."""

import logging
from typing import Final

from flask import Blueprint, Response, request

from cds_service.web.pages.insights.door import Door
from cds_service.web.pages.insights.openid import NotSignedIn
from cds_service.web.pages.page import PRIVATE, page

MOST_FORM_BYTES: Final = 16 * 1024
HOME: Final = "/insights"
OLD_FORM: Final = "This form is too old, or cookies are switched off. Enter the token again."
_log: Final = logging.getLogger(__name__)


def add_entrance(routes: Blueprint, door: Door, root: str) -> None:
    """Register the ways in and out; ``root`` is the path of the public address."""
    if door.by_token:
        _add_token(routes, door, root)
    if door.by_provider:
        _add_provider(routes, door)

    @routes.post("/insights/sign-out")
    def sign_out() -> Response:
        request.max_content_length = MOST_FORM_BYTES
        ticket = door.session()
        if ticket is None or not door.is_field_of(ticket, request.form.get("field", "")):
            return sign_in_page(door, status=403)
        reply = page("insights/signed_out.html", {}, kept=PRIVATE, json_type=None)
        return door.let_out(reply, ticket)


def sign_in_page(door: Door, problem: str | None = None, status: int = 401, wait: int = 0) -> Response:
    """The form for the token, or the way to the provider; ``wait`` are seconds until a token may be tried."""
    cookie, field = door.new_form()
    facts = {
        "problem": problem,
        "wait": wait,
        "field": field,
        "byToken": door.by_token,
        "byProvider": door.by_provider,
        "to": _wanted(request.form.get("to") or request.full_path.rstrip("?")),
    }
    reply = page("insights/sign_in.html", facts, status=status, kept=PRIVATE, json_type=None)
    if wait:
        reply.headers["Retry-After"] = str(wait)
    return door.keep_form(reply, cookie)


def _add_token(routes: Blueprint, door: Door, root: str) -> None:
    @routes.post("/insights/sign-in")
    def sign_in() -> Response:
        request.max_content_length = MOST_FORM_BYTES
        form = request.form
        wait = door.wait()
        if wait:
            return sign_in_page(door, status=429, wait=wait)
        if not door.is_our_form(form.get("field", "")):
            return sign_in_page(door, OLD_FORM, status=403)
        if not door.knows(form.get("token", "")):
            wait = door.wait()
            problem = "This is not the token. Ask whoever runs the service, or check for a missing character."
            return sign_in_page(door, problem, status=429 if wait else 401, wait=wait)
        return door.let_in(_to(f"{root}{_wanted(form.get('to', ''))}", 303))


def _add_provider(routes: Blueprint, door: Door) -> None:
    @routes.get("/insights/sign-in/provider")
    def leave() -> Response:
        try:
            return door.to_provider(lambda address: _to(address, 302))
        except NotSignedIn as refusal:
            return _refused(door, refusal)

    @routes.get("/insights/callback")
    def come_back() -> Response:
        """A page of our own leads on: the session is not sent along by the browser that comes from elsewhere."""
        if "error" in request.args:
            return _refused(door, NotSignedIn("oidc-denied", "The provider did not sign you in."))
        try:
            door.from_provider(request.args.get("state", ""), request.args.get("code", ""))
        except NotSignedIn as refusal:
            return _refused(door, refusal)
        return door.let_in(page("insights/signed_in.html", {}, kept=PRIVATE, json_type=None))


def _refused(door: Door, refusal: NotSignedIn) -> Response:
    _log.warning("insights-refused", extra={"fields": {"why": refusal.why}})
    return sign_in_page(door, refusal.text, status=403)


def _wanted(address: str) -> str:
    """The page that somebody wanted to see, if it is one of ours; else the first one."""
    path, _, query = address.partition("#")[0].partition("?")
    if path not in {HOME, f"{HOME}/cards", f"{HOME}/calls"}:
        return HOME
    return f"{path}?{query}" if query and query.isprintable() else path


def _to(address: str, status: int) -> Response:
    headers = {"Location": address, "Cache-Control": PRIVATE, "Referrer-Policy": "no-referrer"}
    return Response(status=status, headers=headers)
