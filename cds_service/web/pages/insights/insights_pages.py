"""The routes of ``/insights``: off unless the site has set a way in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from functools import partial, wraps
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup

from cds_service.errors import UnknownRoute
from cds_service.hooks.services import SERVICES
from cds_service.records.database import Database
from cds_service.records.insight_lists import PAGE_ROWS, calls_in_list, cards_in_list, listed_calls, listed_cards
from cds_service.records.insights import Chosen
from cds_service.records.keeping import Records
from cds_service.rules.catalog import TITLES
from cds_service.web.pages.insights.asked import Asked
from cds_service.web.pages.insights.door import Door
from cds_service.web.pages.insights.entrance import add_entrance, sign_in_page
from cds_service.web.pages.insights.names import days_name, hook_name, moment_name
from cds_service.web.pages.insights.number_tables import NumberCell, NumberTable, as_csv
from cds_service.web.pages.insights.overview import CALLS_PATH, CARDS_PATH, Overview, all_numbers
from cds_service.web.pages.insights.records_behind import CALL_COLUMNS, CARD_COLUMNS, call_row, card_row, narrowed_to
from cds_service.web.pages.insights.remembered import Remembered, from_store
from cds_service.web.pages.insights.sessions import Ticket
from cds_service.web.pages.page import PRIVATE, download, page
from cds_service.web.site import Site

MOST_CSV_ROWS: Final = 10_000
"""Rows of a list as CSV, the newest."""


def blueprint(site: Site) -> Blueprint:
    """The pages; a page that says how to switch them on where the site has set no way in."""
    routes = Blueprint("insights", __name__)
    routes.record_once(lambda setup: setup.app.jinja_env.globals.update(zip=zip))
    is_on = site.settings.insights_token is not None or site.settings.oidc_issuer is not None
    if not is_on or not isinstance(site.records, Records):
        _add_off(routes, has_way_in=is_on)
        return routes
    door = Door(site.settings, site.records.database, site.records.clock)
    add_entrance(routes, door, urlsplit(site.settings.public_url).path)
    _Pages(site, site.records, door).add(routes)
    return routes


def _add_off(routes: Blueprint, *, has_way_in: bool) -> None:
    @routes.get("/insights/", strict_slashes=False)
    @routes.get("/insights/<path:rest>")
    def off(rest: str = "") -> Response:
        del rest
        return page("insights/off.html", {"hasWayIn": has_way_in}, status=404, kept=PRIVATE, json_type=None)


@dataclass(frozen=True, slots=True)
class _Shown:
    """The numbers of a page as HTML, and the same as tables."""

    body: Markup
    tables: tuple[NumberTable, ...]


class _Pages:
    """What those see who have come in."""

    def __init__(self, site: Site, records: Records, door: Door) -> None:
        self._site = site
        self._database = records.database
        self._clock = records.clock
        self._door = door
        self._remembered = Remembered(records.database)
        self._root = urlsplit(site.settings.public_url).path
        self._zone: tzinfo = site.settings.time_zone or UTC
        self._zone_name = str(self._zone)

    def add(self, routes: Blueprint) -> None:
        """Register the routes."""
        routes.get("/insights")(self._inside(self.overview))
        routes.get("/insights/tables/<name>.csv")(self._inside(self.table))
        routes.get(CARDS_PATH)(self._inside(self.cards))
        routes.get(f"{CARDS_PATH}.csv")(self._inside(self.cards_csv))
        routes.get(CALLS_PATH)(self._inside(self.calls))
        routes.get(f"{CALLS_PATH}.csv")(self._inside(self.calls_csv))

    def overview(self, ticket: Ticket) -> Response:
        """All numbers."""
        asked = self._asked()
        facts = {**self._frame(ticket, asked), "numbers": self._shown(asked).body}
        return page("insights/overview.html", facts, kept=PRIVATE, json_type=None)

    def table(self, ticket: Ticket, name: str) -> Response:
        """A table for spreadsheets."""
        del ticket
        for table in self._shown(self._asked()).tables:
            if table.id == name:
                return _csv(table.id, table.columns, table.rows)
        raise UnknownRoute

    def cards(self, ticket: Ticket) -> Response:
        """The cards behind a number."""
        asked = self._asked()
        found = self._listed_cards(asked, (asked.page - 1) * PAGE_ROWS, PAGE_ROWS)
        total = self._total(asked, cards_in_list, asked.cards)
        return self._list(ticket, asked, "Cards", CARDS_PATH, CARD_COLUMNS, found, total)

    def cards_csv(self, ticket: Ticket) -> Response:
        """The same for spreadsheets."""
        del ticket
        return _csv("cards", CARD_COLUMNS, self._listed_cards(self._asked(), 0, MOST_CSV_ROWS))

    def calls(self, ticket: Ticket) -> Response:
        """The calls behind a number."""
        asked = self._asked()
        found = self._listed_calls(asked, (asked.page - 1) * PAGE_ROWS, PAGE_ROWS)
        total = self._total(asked, calls_in_list, asked.calls)
        return self._list(ticket, asked, "Calls", CALLS_PATH, CALL_COLUMNS, found, total)

    def calls_csv(self, ticket: Ticket) -> Response:
        """The same for spreadsheets."""
        del ticket
        return _csv("calls", CALL_COLUMNS, self._listed_calls(self._asked(), 0, MOST_CSV_ROWS))

    def _inside(self, view: Callable[..., Response]) -> Callable[..., Response]:
        """The view for those who have come in; the others see the entrance."""

        @wraps(view)
        def guarded(**values: str) -> Response:
            ticket = self._door.session()
            return sign_in_page(self._door) if ticket is None else view(ticket, **values)

        return guarded

    def _asked(self) -> Asked:
        return Asked.of(request.args, self._today())

    def _today(self) -> date:
        return self._clock().astimezone(self._zone).date()

    def _shown(self, asked: Asked) -> _Shown:
        """The numbers as they are shown, which is the costly part of a page."""
        fees, stack, today = self._site.fees.current, self._site.policies.current, self._today()

        def show() -> _Shown:
            chosen = asked.chosen(self._zone)
            numbers = from_store(self._database, lambda: all_numbers(self._database, chosen, fees))
            overview = Overview(numbers, asked, stack, today, self._root)
            tables = tuple(overview.tables())
            facts = {
                "figures": list(overview.figures()),
                "tables": [(table, self._csv_address(asked, table.id)) for table in tables],
                "anything": bool(numbers.calls),
                "hasFees": bool(fees),
                "counted": moment_name(self._clock(), self._zone),
                "zone": self._zone_name,
            }
            return _Shown(Markup(render_template("insights/numbers.html", **facts)), tables)  # noqa: S704 - escaped

        question = (asked, id(fees), id(stack), today)
        return self._remembered.counted(question, show)

    def _listed_cards(self, asked: Asked, first: int, most: int) -> list[tuple[NumberCell, ...]]:
        chosen, stack = asked.chosen(self._zone), self._site.policies.current
        found = from_store(self._database, lambda: listed_cards(self._database, chosen, asked.cards, first, most))
        return [card_row(card, stack, self._zone) for card in found]

    def _listed_calls(self, asked: Asked, first: int, most: int) -> list[tuple[NumberCell, ...]]:
        chosen = asked.chosen(self._zone)
        found = from_store(self._database, lambda: listed_calls(self._database, chosen, asked.calls, first, most))
        return [call_row(call, self._zone) for call in found]

    def _total(self, asked: Asked, count: Callable[[Database, Chosen, Any], int], wanted: object) -> int:
        chosen = asked.chosen(self._zone)
        counted = partial(count, self._database, chosen, wanted)
        return self._remembered.counted((chosen, wanted), lambda: from_store(self._database, counted))

    def _list(
        self,
        ticket: Ticket,
        asked: Asked,
        title: str,
        path: str,
        columns: Sequence[str],
        rows: Sequence[tuple[NumberCell, ...]],
        total: int,
    ) -> Response:
        address = f"{self._root}{path}"
        last = max(1, -(-total // PAGE_ROWS))
        facts = {
            **self._frame(ticket, asked),
            "heading": title,
            "columns": columns,
            "rows": rows,
            "total": total,
            "first": (asked.page - 1) * PAGE_ROWS + 1,
            "narrowed": list(narrowed_to(asked, self._site.policies.current, self._today())),
            "pages": last,
            "days": days_name(asked.since, asked.until),
            "newer": asked.address(address, page=asked.page - 1) if asked.page > 1 else None,
            "older": asked.address(address, page=asked.page + 1) if asked.page < last else None,
            "back": asked.address(f"{self._root}/insights", **dict.fromkeys(_OF_LISTS)),
            "csv": asked.address(f"{address}.csv"),
            "mostCsvRows": MOST_CSV_ROWS,
        }
        return page("insights/records.html", facts, kept=PRIVATE, json_type=None)

    def _frame(self, ticket: Ticket, asked: Asked) -> dict[str, Any]:
        gate = self._site.gate
        clients = {*(gate.registry.clients if gate is not None else ()), *filter(None, (asked.client,))}
        return {
            "asked": asked,
            "field": self._door.field_of(ticket),
            "until": moment_name(ticket.until, self._zone),
            "zone": self._zone_name,
            "clients": sorted(clients),
            "hooks": [(service.hook, hook_name(service.hook)) for service in SERVICES],
            "rules": sorted(TITLES.items(), key=lambda rule: rule[1]),
        }

    def _csv_address(self, asked: Asked, table: str) -> str:
        return asked.address(f"{self._root}/insights/tables/{table}.csv")


_OF_LISTS: Final = ("state", "policy", "reason", "why", "week", "fact", "outcome")
"""What narrows lists only."""


def _csv(name: str, columns: Sequence[str], rows: Sequence[Sequence[NumberCell]]) -> Response:
    return download(f"insights-{name}.csv", as_csv(columns, rows), "text/csv")
