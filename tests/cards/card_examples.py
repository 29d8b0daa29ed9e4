"""Invented facts, findings and actions for the tests of the cards."""

from datetime import date

from cards.envelope import CardSettings
from cards.wording import bundled_wordings
from cds_service.domain.actions import Create
from cds_service.domain.chart import Fact, Unknown
from cds_service.domain.findings import (
    ChargeLine,
    Evaluation,
    Evidence,
    Finding,
    MissingFact,
    Outcome,
    Proposal,
    RuleOutcome,
    Severity,
    Topic,
)
from cds_service.domain.values import PolicyValue, Source
from cds_service.rules.approvals import Used

TODAY = date(2026, 3, 18)
PUBLIC_URL = "https://rehab.example.org"
LINES = (ChargeLine("97545", ("WH", "GP"), 1, TODAY), ChargeLine("97546", ("WH", "GP", "CQ"), 2, TODAY))

FACTS: dict[str, object] = {
    "ahead": True,
    "denied": True,
    "place": "11",
    "said": "class VR (virtual)",
    "signed_by": "the treating physician",
    "sure": False,
    "reason": "Plan excludes work hardening and work conditioning of any kind",
    "named": True,
    "counts": ("5 visits", "20 hours", "15 units"),
    "used_up": ("hours", "units"),
    "accredited": "CA",
    "adds": ("97546",),
    "after_days": 30,
    "after_visits": 15,
    "ahead_days": 7,
    "allowed": 1,
    "alone": 120,
    "amount": 750,
    "anew": date(2026, 2, 2),
    "answer": "denied",
    "answer_days": 5,
    "attachment_days": 30,
    "applies": "warn",
    "approved_to": date(2026, 12, 28),
    "authorized": 120.0,
    "baseline": date(2026, 3, 9),
    "booked": True,
    "by": date(2026, 4, 20),
    "by_visits": True,
    "ceiling": 2,
    "checks": ("coverage", "plan of care", "earlier visits"),
    "choices": (
        "97545 with modifier 52",
        "15-minute codes for one-on-one time",
        "a pro-rated 97545",
        "not billable",
    ),
    "code": "97545",
    "closing": True,
    "codes": ("97545", "97546"),
    "column1": "97545",
    "column2": "97164",
    "conditioning": "WC",
    "confirm": ("a job description or job analysis", "a provider that the payer approved"),
    "count": 10,
    "counted": True,
    "date": date(2026, 12, 28),
    "day": 143,
    "days": 12,
    "days_left": 5,
    "days_over": 12,
    "discipline": "PT",
    "disciplines": ("PT", "OT"),
    "doubts": ("the payer's name says workers' compensation, the coverage type says a commercial plan",),
    "drafted": LINES[:1],
    "editable": True,
    "end": date(2025, 12, 28),
    "evaluation": date(2025, 12, 28),
    "exempt": True,
    "expected": 30,
    "extended": True,
    "extension": True,
    "first": date(2025, 11, 24),
    "form": "LWC-WC-1010",
    "found": ("97110", "97530"),
    "full": 120,
    "hardening": "WH",
    "hours": 4.33333,
    "injury": True,
    "interval": 7,
    "items": ("deficits that interfere with the patient's work", "start and stop times"),
    "short": ("deficits", "start and stop times"),
    "joined": False,
    "kinds": ("discharge", "interim"),
    "kx": 2480,
    "series": date(2026, 3, 18),
    "uncharged": 3,
    "last": date(2025, 12, 28),
    "last_day": date(2026, 12, 28),
    "left_out": ({"code": "97140", "why": "never paid beside 97545"},),
    "lines": LINES,
    "mai": 3,
    "maximum": 8.0,
    "medicare": True,
    "minimum": 91,
    "minutes": 240,
    "missing": ("start and stop of 12 of 14 treatments", "start and stop of the whole visit"),
    "modifier": "CQ",
    "modifiers": ("GP", "GO"),
    "number": "AUTH-2026-000123",
    "ordered": 12.0,
    "to_add": ("date of injury", "claim number", "diagnosis code"),
    "other": "workers-compensation",
    "others": (ChargeLine("97110", ("GP",), 2, TODAY),),
    "over": 1.0,
    "overdue": True,
    "pain": date(2026, 3, 16),
    "payer": "commercial",
    "per_injury": 1,
    "percent": 10,
    "places": {"prior authorization": "the adjuster portal"},
    "planned": 4.0,
    "policy": "medicare-national",
    "program": "conditioning",
    "program_lines": LINES,
    "reassess_by": date(2026, 12, 28),
    "records": 12,
    "remaining": 12.5,
    "reviewed": True,
    "sessions": 30,
    "start": date(2025, 11, 24),
    "status": "entered-in-error",
    "tool": "Maximum floor-to-waist lift, right hand",
    "total": 240,
    "treatments": 15,
    "treated": ("OT therapist", "OT assistant"),
    "undecided": ("the discipline modifier",),
    "unit": "hours",
    "units": 60,
    "unmet": ("at least 2 months since the injury",),
    "unseen": "performance test",
    "used": 117.0,
    "values": ("20", "20", "19.5"),
    "visit": 116,
    "visits": 2,
    "week": 7,
    "weeks": 6,
    "within": 2,
    "within_days": 120,
}
OF_KIND: dict[str, dict[str, object]] = {
    "intensity.question": {"days": 6, "over": True},
    "authorization.expired": {"day": date(2026, 12, 28)},
    "authorization.expires": {"day": date(2026, 12, 28)},
    "discipline-modifier.disagrees": {"found": "GO", "expected": "GP"},
    "payer-coverage.order": {"first": "commercial"},
    "unit-ceiling.test-kind": {"over": ("interim",)},
    "program-state.state": {"used": (Used(9, 11, "visits", ""),), "planned": False},
    "first-unit.below": {"short": ("52", "timed codes", "pro-rated", "not billable")},
    "plan-of-care.outside": {"day": date(2026, 3, 18)},
}

SETTINGS = CardSettings(
    public_url=PUBLIC_URL,
    source_label="Work rehab advisor",
    hook_instance="d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
    service="work-rehab-visit",
    today=TODAY,
)
SOURCE = Source("Invented Payer Guide", date(2026, 1, 2), "2(A)", "https://payer.example.org/guide?a=(1)")


def facts_of(kind: str, names: frozenset[str]) -> dict[str, object]:
    """Example values for the facts that the words of a kind read."""
    known = FACTS | OF_KIND.get(kind, {}) | bundled_wordings()[kind].examples
    unknown = names - known.keys()
    assert not unknown, f"add a value of {sorted(unknown)} to examples of {kind} in cards/wording"
    return {name: known[name] for name in names}


def a_value(parameter="reassessment.interval_days", value=7, **changed):
    """A policy value of an invented policy."""
    facts = {
        "parameter": parameter,
        "value": value,
        "plain": value,
        "policy": "invented-payer",
        "since": date(2024, 1, 1),
        "source": SOURCE,
        "confidence": "default",
    }
    return PolicyValue(**(facts | changed))


def a_finding(rule="reassessment", kind="reassessment.overdue", topic=Topic.REASSESSMENT, **changed):
    """A finding, by default an overdue reassessment."""
    facts = {
        "severity": Severity.WARNING,
        "facts": {"last": date(2026, 3, 9), "days_over": 2, "interval": 7},
        "values": (a_value(),),
        "evidence": (Evidence("last measured", date(2026, 3, 9), "Observation/lift-1"),),
        "subject": "2026-03-18",
    }
    return Finding(rule=rule, topic=topic, kind=kind, **(facts | changed))


def charges(**changed):
    """The finding of a visit's charges with one proposal."""
    facts = {
        "severity": Severity.INFO,
        "facts": {"lines": LINES, "program_lines": LINES, "minutes": 240, "full": 120},
        "values": (a_value("time.first_unit_full_minutes", 120),),
        "evidence": (Evidence("minutes", 240, "Procedure/session-1"),),
        "proposals": (Proposal("charges", (), recommended=True),),
    }
    return a_finding("visit-charges", "visit-charges.draft", Topic.UNITS, **(facts | changed))


def actions_for(*findings):
    """A created claim for every proposal of the findings."""
    resource = {"resourceType": "Claim", "status": "draft", "patient": {"reference": "Patient/example"}}
    return {
        (finding.key, index): [Create("Create the draft claim", resource)]
        for finding in findings
        for index, _ in enumerate(finding.proposals)
    }


def an_evaluation(*findings, **changed):
    """An evaluation whose rules fired as the findings say."""
    facts = {
        "date_of_service": TODAY,
        "findings": findings,
        "rules": (
            *(RuleOutcome(finding.rule, Outcome.FIRED) for finding in findings),
            RuleOutcome("intensity", Outcome.QUIET),
        ),
        "gaps": (MissingFact(Fact.COVERAGE, "the server <b>refused</b>", ("authorization",), "Coverage/c1"),),
        "policies": ("generic", "invented-payer"),
        "episode": "2026-03-02 to 2026-03-18",
    }
    return Evaluation(**(facts | changed))


def a_gap(why="one treatment has no end"):
    """Something not known."""
    return Unknown(Fact.SESSION_TIME, why, "Procedure/session-2")
