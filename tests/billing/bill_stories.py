"""A bill told in a few lines, without FHIR: who treated when, what the payer requires, and the lines that come of it.

    story: Four hours of a therapist
    treated: [08:00-12:00 PT]
    lines: 97545-GP x1; 97546-GP x2

``treated`` are sessions of work rehabilitation, ``services`` other services with their code, each with times and the
people who gave it: PT, PTA, OT, OTA, SLP, ``aide`` (neither therapist nor assistant), ``nobody`` (whose profession is
not known); ``PT supervising`` gave no minutes. ``plans`` are disciplines of active plans, PT where none is told.
A session may be ``for`` an injury, recorded ``with`` a modifier, and its people may be those ``of the encounter``;
``yesterday`` are sessions of the day before in the same encounter.
``claims`` are lines that stand on a claim of the date: ``draft 97545-GP x1; 97546-GP x2``, one of them perhaps
``undated``, ``over days`` or ``over earlier days``, or ``under`` the number of an approval; one that is ``recorded``
has no place for modifiers.
``orders`` are drafts. ``payers`` are the classes of coverages in line, ``policy`` what differs from the values below,
by name of the parameter; ``approvals`` are numbers of approvals in force.

What a story expects: ``lines`` of the first way to bill, ``ways`` of each; ``left out``, ``kept`` and ``codes``;
``doubts`` are words that stand in one of all doubts of the bill, ``no doubts`` words that stand in none; ``settled``;
``takes off`` what goes off other claims; ``to add``; ``kx``; of orders their ``problem`` and ``changes``.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from cds_service.billing.bills import as_paid, bill_of
from cds_service.domain.bill import Bill, ClaimVersion, UnitShare, VisitBill
from cds_service.domain.care import Encounter, Order, Performer, PlanOfCare, Role, Schedule, Service, Session
from cds_service.domain.case import Case, Moment
from cds_service.domain.chart import Chart, Fact, Place
from cds_service.domain.codes import Discipline, PayerClass, Program
from cds_service.domain.coverage_and_claims import (
    Authorization,
    AuthorizationState,
    ChargedLine,
    Claim,
    ClaimNumber,
    Coverage,
    InjuryDate,
    InjuryEvidence,
)  # fmt: skip
from cds_service.domain.findings import AddOrder, ChangeOrder, RemoveChargedLines
from cds_service.domain.intervals import Interval
from cds_service.domain.values import PolicyValue, Source
from cds_service.policies.model import PolicyView
from cds_service.policies.parameters import PARAMETERS
from cds_service.yaml_files import YamlFile

DAY = date(2026, 3, 16)
ENCOUNTER = "Encounter/today"
FOLDER = Path(__file__).parent / "stories"
POLICY: Mapping[str, object] = {
    "time.first_unit_full_minutes": 120,
    "time.first_unit_minimum_minutes": 91,
    "time.additional_unit_minimum_minutes": 31,
    "time.fifteen_minute_method": "cms-8",
    "modifiers.discipline_required": True,
    "modifiers.assistant": {"PT": "CQ", "OT": "CO"},
    "modifiers.assistant_de_minimis_percent": 10,
    "coverage.position": "covered",
    "edits.apply": "off",
}
PEOPLE = {
    **{d.value: Role(d, assistant=False) for d in Discipline},
    "PTA": Role(Discipline.PT, assistant=True),
    "OTA": Role(Discipline.OT, assistant=True),
}
_TIMES = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)")
_LINE = re.compile(r"(\w{5})((?:-\w\w)*) x([\d.]+)(?: (undated|unplaced|over days|over earlier days))?")
_FIRST_DAY = {"undated": None, "unplaced": None, "over earlier days": DAY - timedelta(days=7)}
_LAST_DAY = {"over days": DAY, "over earlier days": DAY - timedelta(days=1)}
_INJURIES = re.compile(r" for (\w+)")
_MODIFIERS = re.compile(r" with (\w\w)")
_UNDER = re.compile(r" under (\w+)")
_OF_ENCOUNTER = " of the encounter"
Story = Mapping[str, Any]


def stories() -> Iterator[tuple[str, Story]]:
    """Every story with its name, file by file."""
    for path in sorted(FOLDER.glob("*.yaml")):
        for story in YamlFile.read(path).documents:
            yield f"{path.stem}: {story['story']}", story


def bill_told_by(story: Story) -> Bill:
    """The bill of a story, as the pipeline makes it."""
    policy = policy_of(story.get("policy", {}))
    case = as_paid(case_of(story), policy)
    return bill_of(case, policy)


def policy_of(changes: Mapping[str, object]) -> PolicyView:
    """The values above with these changes; one that is null is in no policy."""
    decided = {name: _value(name, plain) for name, plain in {**POLICY, **changes}.items() if plain is not None}
    return PolicyView(("a payer",), DAY, decided, {})


def _value(name: str, plain: Any) -> PolicyValue[Any]:
    typed = _reader(name).validate_python(plain)
    return PolicyValue(name, typed, plain, "a payer", DAY, Source("its manual", DAY), "verified")


@cache
def _reader(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(PARAMETERS[name].kind)


def case_of(story: Story) -> Case:
    """The question of a story: the drafts where it has orders, else the visit that closes."""
    chart = Chart(
        "Patient/p",
        coverages=tuple(_coverages(story.get("payers", ["workers-compensation"]))),
        injury=() if story.get("injury") == "none" else (InjuryEvidence("accident", "Claim/a", "work"),),
        place=Place("US-TX", "the patient's address"),
        plans=tuple(_plans(story)),
        encounters=(Encounter(ENCOUNTER, DAY, _period(story.get("encounter", ""))),),
        sessions=(
            *_sessions(story.get("yesterday", ()), DAY - timedelta(days=1)),
            *_sessions(story.get("treated", ())),
        ),
        services=tuple(_services(story.get("services", ()))),
        claims=tuple(_claims(story.get("claims", ()))),
        orders=tuple(_orders(story.get("ordered already", ()), "ServiceRequest/earlier")),
        authorizations=tuple(
            Authorization(f"ClaimResponse/{number}", AuthorizationState.APPROVED, number)
            for number in story.get("approvals", ())
        ),
        injury_dates=tuple(InjuryDate("Claim/a", day, "US-TX") for day in story.get("accidents", ())),
        claim_numbers=(ClaimNumber("Coverage/0", "WC-1"),) if story.get("claim number") else (),
        diagnosis_codes={f"Condition/{name}": code for name, code in story.get("diagnoses", {}).items()},
        unavailable={Fact(fact): why for fact, why in story.get("unavailable", {}).items()},
    )
    if "orders" in story:
        return Case(Moment.ORDER, DAY, DAY, chart, orders=tuple(_orders(story["orders"], "ServiceRequest/draft")))
    return Case(Moment.VISIT_CLOSE, DAY, DAY, chart, encounter=ENCOUNTER)


def _coverages(classes: Iterable[str]) -> Iterator[Coverage]:
    for number, name in enumerate(classes):
        yield Coverage(f"Coverage/{number}", PayerClass(name), order=number + 1)


def _plans(story: Story) -> Iterator[PlanOfCare]:
    for number, name in enumerate(story.get("plans", ["PT"])):
        program = Program(story.get("program", "conditioning"))
        yield PlanOfCare(f"CarePlan/{number}", "active", None, None, True, program, Discipline(name))  # noqa: FBT003


def _sessions(texts: Iterable[str], day: date = DAY) -> Iterator[Session]:
    for number, text in enumerate(texts):
        yield Session(
            f"Procedure/session-{day.day}-{number}", day, Program.UNKNOWN, ("97545",), _period(text, day),
            performers=tuple(_people(text)),
            encounter=ENCOUNTER,
            conditions=tuple(f"Condition/{injury}" for injury in _INJURIES.findall(text)),
            performers_of_encounter=_OF_ENCOUNTER in text,
            modifiers=tuple(_MODIFIERS.findall(text)),
        )  # fmt: skip


def _services(texts: Iterable[str]) -> Iterator[Service]:
    for number, text in enumerate(texts):
        code, _, rest = text.partition(" ")
        yield Service(
            f"Procedure/service-{number}", DAY, code, _period(rest), ENCOUNTER, tuple(_people(rest)),
            performers_of_encounter=_OF_ENCOUNTER in rest,
        )  # fmt: skip


def _people(text: str) -> Iterator[Performer]:
    for part in (_TIMES, _INJURIES, _MODIFIERS, re.compile(_OF_ENCOUNTER)):
        text = part.sub("", text)
    for name in filter(None, (name.strip() for name in text.split("&"))):
        profession = name.removesuffix(" supervising")
        neither = profession if profession == "aide" else None
        disputed = profession if " or " in profession else None
        yield Performer(f"Practitioner/{profession}", PEOPLE.get(profession), neither, disputed, profession != name)


def _period(text: str, day: date = DAY) -> Interval | None:
    found = _TIMES.search(text)
    if found is None:
        return None
    start, end = (datetime.combine(day, time.fromisoformat(clock), UTC) for clock in found.groups())
    return Interval(start, end)


def _claims(texts: Iterable[str]) -> Iterator[Claim]:
    for number, text in enumerate(texts):
        status, _, lines = text.partition(" ")
        encounters = () if "unplaced" in text else (ENCOUNTER,)
        yield Claim(f"Claim/{number}", status, tuple(_charged(lines, status)), encounters, tuple(_UNDER.findall(text)))


def _charged(text: str, status: str) -> Iterator[ChargedLine]:
    for place, (code, modifiers, count, when) in enumerate(_LINE.findall(text)):
        yield ChargedLine(
            place + 1, place, code, tuple(filter(None, modifiers.split("-"))), float(count),
            _FIRST_DAY.get(when, DAY),
            _LAST_DAY.get(when),
            modifiers_told=status != "recorded",
        )  # fmt: skip


def _orders(texts: Iterable[Mapping[str, Any] | None], name: str) -> Iterator[Order]:
    for number, written in enumerate(texts):
        draft = written or {}
        yield Order(
            f"{name}-{number}",
            work_rehab=not draft.get("of other therapy", False),
            program=Program.UNKNOWN,
            codes=tuple(draft.get("codes", ())),
            modifiers=tuple(draft.get("modifiers", ())),
            quantity=draft.get("quantity"),
            schedule=Schedule(draft.get("sessions"), draft.get("minutes")),
        )


def summary(bill: Bill) -> dict[str, object]:
    """The bill in the words of stories."""
    found: dict[str, object] = {"codes": [code.code for code in bill.codes], **_orders_summary(bill)}
    if bill.visit is not None:
        found |= _visit_summary(bill.visit)
    return found


def _visit_summary(bill: VisitBill) -> dict[str, object]:
    division = bill.program.division
    return {
        "shares": "; ".join(map(_share, division.shares)),
        "open codes": list(division.open_codes),
        "open facts": [gap.fact.value for gap in division.gaps],
        "lines": _as_text(bill.versions[0]),
        "ways": {version.key: _as_text(version) for version in bill.versions},
        "settled": bill.settled,
        "left out": {service.code: service.why for service in bill.other_services.left_out},
        "kept": [gap.why for gap in bill.kept],
        "to add": list(bill.versions[0].change.to_add),
        "kx": bill.kx.amount,
        "changes claim": next((c.claim for c in bill.versions[0].change.changes if hasattr(c, "head")), None),
        "takes off": [
            f"{change.claim} {', '.join(map(str, change.sequences))}"
            for change in bill.versions[0].change.changes
            if isinstance(change, RemoveChargedLines)
        ],
    }


def _share(share: UnitShare) -> str:
    name = "-".join(filter(None, (share.code, share.discipline and share.discipline.value, share.assistant)))
    return f"{name} x{share.units}: {share.alone:g} of {share.total:g} min"


def _as_text(version: ClaimVersion) -> str:
    lines = version.change.lines
    return "; ".join(f"{'-'.join((line.code, *line.modifiers))} x{line.units}" for line in lines) or "none"


def _orders_summary(bill: Bill) -> dict[str, object]:
    return {
        "problems": [review.problem or "none" for review in bill.order_reviews],
        "order changes": [_change(change) for review in bill.order_reviews for change in review.changes],
    }


def _change(change: object) -> str:
    if isinstance(change, AddOrder):
        return f"add {'-'.join((change.code, *change.modifiers))} x{change.units}"
    assert isinstance(change, ChangeOrder)
    return f"change {'-'.join((change.code or 'order', *change.modifiers))} x{change.units}"


def all_doubts(bill: Bill) -> list[str]:
    """Whatever keeps something of the bill from being certain, in words."""
    found = [*bill.payer_doubts]
    if bill.visit is not None:
        visit = bill.visit
        found += [*visit.doubts, *visit.program.undecided, *visit.other_services.undecided, *visit.kept, *visit.kx.gaps]
        found += [*visit.number_doubts, *visit.overfull, *visit.modifiers_untold]
        found += [gap for version in visit.versions for gap in version.change.gaps]
    return [gap.why for gap in found]
