"""What a look-back writes: rows of a patient, each a small struct; part files hold a ``PatientRows`` a line.

Days are ISO texts (``2026-03-14``), so that they sort and group alike in SQLite, CSV and Parquet. Dollars are whole
cents; None where they are not known, never 0. Texts are plain American English, ready for a report; "" where there is
nothing to say. Nothing in a row names a patient: ``patient`` is a pseudonym that is the same in every row of one run,
and the ids of resources are "" unless the run was asked for ids.
"""

from enum import StrEnum
from typing import Annotated

import msgspec

IsoDay = Annotated[str, msgspec.Meta(title="day")]
"""A day as ISO text, or "" for none; a date where a table has a type for dates."""


class Verdict(StrEnum):
    """How what was billed compares with the answer that the discharge of the visit would have given."""

    RIGHT = "right"
    UNDER_CODED = "under-coded"
    """Less was billed than the record supports."""
    OVER_CODED = "over-coded"
    """More was billed than the record supports."""
    WRONG_CODING = "wrong code or modifier"
    """Neither more nor less: other codes than the record makes, or a modifier that is missing, wrong or too many."""
    NOT_BILLED = "not billed"
    UNSUPPORTED = "billed without support"
    """Billed although no treatment or time is recorded, the payer's verified policy says not to bill it, or the
    approval that it requires is missing, denied or ended.
    """
    NOT_JUDGED = "not judged"
    """The record leaves open what is right; ``reasons`` says what is not known."""


class Side(StrEnum):
    """Which bill a line is on."""

    EXPECTED = "expected"
    """What the discharge of the visit would have proposed."""
    BILLED = "billed"


class ResultRow(msgspec.Struct, frozen=True, gc=False):
    """Base of all rows."""


class VisitRow(ResultRow, frozen=True):
    """A work-rehab visit: a date of service of a patient, in one encounter.

    Attributes:
        visit: Key of the visit, unique in a run: ``patient.2026-03-14.1``.
        patient: Pseudonym of the patient, or the id with ``--with-ids``.
        program: Key of the program (ProgramRow) that the visit belongs to; "" for a visit in none.
        date: Date of service at the place of treatment.
        week: Monday of its week.
        week_of_program: 1 in the first week; 0 where it is not known.
        kind: ``conditioning``, ``hardening`` or ``unknown``.
        clinic: Name of the organization or place that treated; "" where the record does not say.
        therapist: Who treated, the therapist first: name, else the profession; "" where nobody is named.
        payer: Name of the payer first in line; "" where none is in force.
        payer_class: Kind of payer, like ``workers-compensation``; "" where none is in force.
        state: State whose rules apply, like ``US-TX``; "" where it is not known.
        policies: Titles of the policies that decided, the most specific first, with ``; `` between.
        minutes: Countable minutes; 0 where no time is recorded.
        verdict: How what was billed compares.
        reasons: Why: what differs, what supports nothing, or what is not known; one sentence each.
        expected: Lines as read aloud: ``97545-GP x1, 97546-GP x2``; two ways to bill have `` or `` between.
        billed: The same of what was billed.
        expected_units: Units of the expected lines in all; None where no line can be said.
        billed_units: Units of the billed lines in all; a fraction where somebody billed one.
        program_expected_units: The same of 97545 and 97546 alone.
        program_billed_units: The same of 97545 and 97546 alone.
        expected_cents: Dollars of the expected lines by the fee table, in cents; None without a fee for each line.
        billed_cents: Dollars of the billed lines by the same fee table, in cents.
        charged_cents: Dollars as the bill itself has them, in cents.
        approval: ``approved``, ``missing``, ``denied``, ``pending``, ``expired`` or another word for what the payer's
            approval was on the date; ``not clear``; ``not required``; ``not known``.
        gap_count: Rows of the visit in ``gaps``.
        finding_count: Rows of the visit in ``findings``.
        caveats: What was taken as known although the record does not say since when; one sentence each.
        encounter: Id of the encounter; "" unless ids were asked for.
    """

    visit: str
    patient: str
    program: str
    date: IsoDay
    week: IsoDay
    week_of_program: int
    kind: str
    clinic: str
    therapist: str
    payer: str
    payer_class: str
    state: str
    policies: str
    minutes: int
    verdict: Verdict
    reasons: tuple[str, ...]
    expected: str
    billed: str
    expected_units: int | None
    billed_units: float
    program_expected_units: int | None
    program_billed_units: float
    expected_cents: int | None
    billed_cents: int | None
    charged_cents: int | None
    approval: str
    gap_count: int
    finding_count: int
    caveats: tuple[str, ...] = ()
    encounter: str = ""


class LineRow(ResultRow, frozen=True):
    """A claim line of a visit, expected or billed.

    Attributes:
        visit: Key of the visit.
        side: Which bill it is on.
        way: Where the policy leaves two ways to bill, ``full`` or ``reduced`` (modifier 52); else ``charges`` or
            ``others`` (no line of 97545); "" for billed lines.
        code: CPT or HCPCS code.
        modifiers: As sent, with ``-`` between: ``WH-GP``.
        units: How many.
        cents: Dollars of the line by the fee table, in cents.
        charged_cents: Dollars as billed, in cents; None for expected lines.
        record: Where the line was read: ``Claim``, ``ChargeItem`` or ``ExplanationOfBenefit``; "" for expected lines.
    """

    visit: str
    side: Side
    way: str
    code: str
    modifiers: str
    units: float
    cents: int | None = None
    charged_cents: int | None = None
    record: str = ""


class FindingRow(ResultRow, frozen=True):
    """What a rule found at the close of a visit, or in the overview of a program.

    Attributes:
        visit: Key of the visit; "" for a finding about a program.
        program: Key of the program; "" for a visit in none.
        rule: Id of the rule, like ``reassessment``.
        title: Title of the rule for people.
        kind: What it found, like ``reassessment.overdue``.
        topic: What it is about, like ``units``.
        severity: ``warning`` or ``info``.
        text: The summary line of the card, as a therapist would have read it.
        facts: What it rests on, as on the card: ``Time counted: 240 min``; one each.
        value: The policy value that decided, in words, with its label.
        policy: Title of the policy it stands in.
        since: Day from which the value holds; "" where its source gives none.
        source: Title and paragraph of its source.
        href: Address of the source; "" where it has none.
        confidence: How sure the value is, in words: ``verified``, ``from a coding guide; ask your payer``.
        caveats: What kept it from being certain; one sentence each.
        proposes: Whether it proposed a change of the bill.
        recommended: Whether that change was recommended.
        subject: The resource or day it is about; "" for a resource unless ids were asked for.
    """

    visit: str
    program: str
    rule: str
    title: str
    kind: str
    topic: str
    severity: str
    text: str
    facts: tuple[str, ...]
    value: str
    policy: str
    since: IsoDay
    source: str
    href: str
    confidence: str
    caveats: tuple[str, ...] = ()
    proposes: bool = False
    recommended: bool = False
    subject: str = ""


class ProgramRow(ResultRow, frozen=True):
    """A program: the run of visits for one injury without a gap over 60 days.

    Attributes:
        program: Key of the program, unique in a run: ``patient.program.1``.
        patient: Pseudonym of the patient, or the id with ``--with-ids``.
        kind: ``conditioning``, ``hardening`` or ``unknown``.
        first: First visit.
        last: Last visit.
        clinic: Clinic of the last visit.
        payer: Payer first in line on the day of the last visit.
        payer_class: Its kind.
        state: State whose rules apply.
        weeks: Weeks from the first visit to the last, the week of the last visit counted.
        weeks_allowed: Weeks that the payer's policy allows or usually expects; 0 where it says none.
        visits: Visits.
        minutes: Countable minutes of all visits.
        expected_units: Units of 97545 and 97546 that the visits' answers came to; None where not all can be said.
        visits_without_approval: Visits on days without an approval in force, where the payer requires one.
        approval_lapsed: First day of treatment after the approval in force had ended; "" where none lapsed.
        reassessments_missed: Times that a reassessment was overdue in the program, counted once until it was done.
        reassess_by: Day by which the next one was due after the last visit; "" where none is wanted.
        state_text: The state of the program in one line, as its card in patient-view says it on the day of the last
            visit.
        timeline: The program in time on that day, as ``kept_timeline.kept`` writes it, for the picture of the report.
    """

    program: str
    patient: str
    kind: str
    first: IsoDay
    last: IsoDay
    clinic: str
    payer: str
    payer_class: str
    state: str
    weeks: int
    weeks_allowed: int
    visits: int
    minutes: int
    expected_units: int | None
    visits_without_approval: int
    approval_lapsed: IsoDay
    reassessments_missed: int
    reassess_by: IsoDay
    state_text: str
    timeline: str = ""


class GapRow(ResultRow, frozen=True):
    """Something that nobody could know of a visit or a program, and the rules that could not answer for it.

    Attributes:
        visit: Key of the visit; "" for a gap of a program or of a patient as a whole.
        program: Key of the program; "" where there is none.
        patient: Pseudonym of the patient, or the id with ``--with-ids``.
        fact: What is not known, in words: ``start and stop times``.
        why: Why, in one sentence without names or ids.
        rules: Titles of the rules that could not answer.
    """

    visit: str
    program: str
    patient: str
    fact: str
    why: str
    rules: tuple[str, ...] = ()


class BadLineRow(ResultRow, frozen=True):
    """A line that was counted and not used.

    Attributes:
        file: File as it was named in the input.
        line: Number of the line in the file, from 1.
        why: What is wrong, without anything of the line's content.
        kind: Short name to count by: ``broken``, ``no-patient``, ``unknown-type``, ``other-version``, ``unreadable``,
            ``duplicate``, ``other-patient``, ``too-long``.
    """

    file: str
    line: int
    why: str
    kind: str


class PatientRows(ResultRow, frozen=True):
    """All rows of one patient; a line of a part file.

    ``set_aside`` says why a patient was not looked at at all, with its numbers: over the bound of resources or bytes;
    "" for all others. ``resources`` counts the patient's resources, ``read`` tells by type how many there are.
    """

    patient: str
    visits: tuple[VisitRow, ...] = ()
    lines: tuple[LineRow, ...] = ()
    findings: tuple[FindingRow, ...] = ()
    programs: tuple[ProgramRow, ...] = ()
    gaps: tuple[GapRow, ...] = ()
    set_aside: str = ""
    resources: int = 0
    read: dict[str, int] = {}
    bad_lines: tuple[BadLineRow, ...] = ()
