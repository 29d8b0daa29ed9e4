"""Ids, codes and states of the records as a billing lead would say them."""

import re
from datetime import date, datetime, tzinfo
from typing import Final

from cards.numbers import MONTHS, day
from cards.overrides import REASONS
from cds_service.domain.chart import Fact
from cds_service.hooks.services import SERVICES
from cds_service.policies.stack import PolicyStack
from cds_service.records.insights import COMMENT_ONLY, NO_POLICY, NOT_TOLD
from cds_service.rules.catalog import TITLES

HOOK_NAMES: Final = {
    "order-select": "An order is chosen",
    "order-sign": "An order is signed",
    "order-dispatch": "An order is sent out",
    "encounter-start": "A visit opens",
    "encounter-discharge": "A visit closes",
    "appointment-book": "Visits are booked",
    "patient-view": "A chart is opened",
}
STATE_NAMES: Final = {
    "shown": "Shown",
    "accepted": "Accepted",
    "overridden": "Overridden",
    "ignored": "No answer",
    "withheld": "Held back",
    "shadow": "Would have been shown",
}
OUTCOME_NAMES: Final = {"answered": "Answered", "data-needed": "Refused: data missing", "failed": "Failed"}
FACT_NAMES: Final = {
    Fact.PATIENT: "The patient's record",
    Fact.COVERAGE: "Coverage",
    Fact.PLAN_OF_CARE: "Plan of care",
    Fact.ENCOUNTER: "The visit",
    Fact.SESSIONS: "Treatments",
    Fact.SESSION_TIME: "Minutes of treatment",
    Fact.PERFORMERS: "Who treated",
    Fact.DISCIPLINE: "Discipline (PT, OT or SLP)",
    Fact.PROGRAM: "Kind of program",
    Fact.INJURY: "The injury",
    Fact.GOALS: "Goals",
    Fact.EVALUATIONS: "Initial evaluation",
    Fact.ASSESSMENTS: "Measurements and reassessments",
    Fact.AUTHORIZATIONS: "Authorizations",
    Fact.CHARGES: "Charges and claims",
    Fact.ORDERS: "Orders",
    Fact.APPOINTMENTS: "Appointments",
    Fact.POLICY: "A policy of the payer",
    Fact.DOCUMENTS: "Documents",
    Fact.TIME_ZONE: "Time zone of the clinic",
    Fact.REQUEST: "A part of the request",
}
_REASONS: Final = {reason.code: reason.display for reason in REASONS}
_PLAIN_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SERVICES: Final = {service.shared_id: service.title for service in SERVICES}
_NOON: Final = 12
_HELD_BY: Final = "held by "


def rule_name(rule: str) -> str:
    """The title of a rule."""
    return TITLES.get(rule, rule)


def policy_name(policy: str, stack: PolicyStack) -> str:
    """The title of a policy; one that is no longer in use has its id."""
    if policy == NO_POLICY:
        return "No policy value decides"
    found = stack.policy(policy)
    return found.title if found is not None else policy


def hook_name(hook: str) -> str:
    """The moment of a hook."""
    return HOOK_NAMES.get(hook, hook)


def service_name(service: str) -> str:
    """What a service is for: an order, a visit, the schedule, the program."""
    return _SERVICES[service].rpartition(": ")[2].capitalize() if service in _SERVICES else service


def fact_name(fact: str) -> str:
    """What was missing."""
    return FACT_NAMES[Fact(fact)] if fact in set(Fact) else fact


def reason_name(reason: str) -> str:
    """Why a card was overridden; text that an EHR sends where a code belongs is not repeated."""
    if reason in {COMMENT_ONLY, NOT_TOLD}:
        return {COMMENT_ONLY: "A comment, no reason", NOT_TOLD: "No reason"}[reason]
    if reason in _REASONS:
        return _REASONS[reason]
    return f"The EHR's own reason {reason}" if _PLAIN_CODE.fullmatch(reason) else "The EHR's own reason"


def why_name(why: str) -> str:
    """Why a card was held back."""
    if why.startswith(_HELD_BY):
        return f"Another card says not to bill: {rule_name(why.removeprefix(_HELD_BY))}"
    return {"max_cards": "More cards than one answer may have", "overridden": "Overridden not long ago"}.get(why, why)


def day_name(written: str, today: date) -> str:
    """A day like 2026-03-16 as ``Mar 16``."""
    return day(date.fromisoformat(written), today)


def days_name(since: date | None, until: date | None) -> str:
    """The days that count, both included."""
    begin = f"From {day(since)}" if since is not None else "From the first record"
    return f"{begin} to {day(until)}" if until is not None else f"{begin} until now"


def moment_name(moment: datetime, zone: tzinfo) -> str:
    """``Mar 14, 2026, 8:05 am``."""
    local = moment.astimezone(zone)
    hour = f"{local.hour % _NOON or _NOON}:{local.minute:02} {'am' if local.hour < _NOON else 'pm'}"
    return f"{MONTHS[local.month - 1]} {local.day}, {local.year}, {hour}"


def milliseconds(value: float) -> str:
    """``2.4 ms``."""
    return f"{value:,.1f} ms"
