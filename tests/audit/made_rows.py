"""Rows of a look-back for tests of what is made of them: short to write, the rest ordinary."""

from datetime import date, timedelta

import msgspec

from cds_service.audit.rows import (
    FindingRow,
    GapRow,
    LineRow,
    PatientRows,
    ProgramRow,
    Side,
    Verdict,
    VisitRow,
)

FIRST = date(2026, 1, 5)

ORDINARY = VisitRow(
    visit="p1.2026-01-05.1",
    patient="p1",
    program="p1.program.1",
    date="2026-01-05",
    week="2026-01-05",
    week_of_program=1,
    kind="hardening",
    clinic="Lone Oak Work Rehab (invented)",
    therapist="Pat Fictional, PT",
    payer="Prairie Mutual Compensation (invented)",
    payer_class="workers-compensation",
    state="US-TX",
    policies="Texas Division of Workers' Compensation",
    minutes=240,
    verdict=Verdict.RIGHT,
    reasons=(),
    expected="97545-WH-GP x1, 97546-WH-GP x2",
    billed="97545-WH-GP x1, 97546-WH-GP x2",
    expected_units=3,
    billed_units=3,
    program_expected_units=3,
    program_billed_units=3,
    expected_cents=25600,
    billed_cents=25600,
    charged_cents=25600,
    approval="approved",
    gap_count=0,
    finding_count=0,
)
FINDING = FindingRow(
    visit="p1.2026-01-05.1",
    program="p1.program.1",
    rule="charges",
    title="Charges of a visit",
    kind="charges.proposed",
    topic="units",
    severity="info",
    text="Charge 97545-WH-GP x1, 97546-WH-GP x2 (240 min)",
    facts=("Time counted: 240 min",),
    value="Full time for 97545: 120 min",
    policy="Work rehabilitation in general",
    since="2000-01-01",
    source="Coding guide for 97545 and 97546",
    href="https://carecloud.com/cpt-97545",
    confidence="from a coding guide; ask your payer",
)
PROGRAM = ProgramRow(
    program="p1.program.1",
    patient="p1",
    kind="hardening",
    first="2026-01-05",
    last="2026-01-05",
    clinic=ORDINARY.clinic,
    payer=ORDINARY.payer,
    payer_class="workers-compensation",
    state="US-TX",
    weeks=1,
    weeks_allowed=0,
    visits=1,
    minutes=240,
    expected_units=3,
    visits_without_approval=0,
    approval_lapsed="",
    reassessments_missed=0,
    reassess_by="2026-01-09",
    state_text="Week 1: 1 visit so far",
)


def visit(patient="p1", day=0, **changes):
    """A visit so many days after the first one, right unless told otherwise."""
    on = FIRST + timedelta(days=day)
    return msgspec.structs.replace(
        ORDINARY,
        **{
            "visit": f"{patient}.{on}.1",
            "patient": patient,
            "program": f"{patient}.program.1",
            "date": str(on),
            "week": str(on - timedelta(days=on.weekday())),
            **changes,
        },
    )


def under_coded(patient="p1", day=0, **changes):
    return visit(
        patient,
        day,
        **{
            "verdict": Verdict.UNDER_CODED,
            "reasons": ("97546: 2 units are supported, 1 was billed.",),
            "billed": "97545-WH-GP x1, 97546-WH-GP x1",
            "billed_units": 2,
            "program_billed_units": 2,
            "billed_cents": 19200,
            "charged_cents": 19200,
            **changes,
        },
    )


def patient_rows(patient="p1", *visits, findings=(), gaps=(), lines=(), program=None):
    """A patient with a program of these visits."""
    held = visits or (visit(patient),)
    whole = program or msgspec.structs.replace(
        PROGRAM,
        program=f"{patient}.program.1",
        patient=patient,
        first=held[0].date,
        last=held[-1].date,
        visits=len(held),
    )
    return PatientRows(
        patient, tuple(held), tuple(lines), tuple(findings), (whole,), tuple(gaps), resources=20 + len(held)
    )


def finding(of, **changes):
    return msgspec.structs.replace(FINDING, visit=of.visit, program=of.program, **changes)


def gap(of, fact="start and stop times", why="No time is recorded."):
    return GapRow(of.visit, of.program, of.patient, fact, why, ("Charges of a visit",))


def line(of, side=Side.BILLED, code="97545", units=1.0):
    return LineRow(of.visit, side, "", code, "WH-GP", units, 12800, 12800, "Claim")
