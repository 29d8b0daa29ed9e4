"""An invented population with errors at known rates: clinics, payers, programs, and how their visits were billed.

The same seed and size make the same files. What a visit should have been billed is said by ``EXPECTED_MODIFIERS`` and
the whole hours of treatment alone, not by the rules, so that what a look-back finds can be held against it. Every name
is invented.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from random import Random
from typing import Final, NamedTuple, TypeAlias

from cds_service.domain.codes import FIRST_BLOCK, FURTHER_HOUR

FIRST_DAY: Final = date(2026, 1, 5)
"""A Monday, the first day of the quarter that the population was treated in."""
WEEKS: Final = 12
SEED: Final = 97545
PATIENTS: Final = 60


class Planted(StrEnum):
    """An error of a visit, or of a whole program."""

    UNDER_CODED = "an hour too few billed"
    OVER_CODED = "an hour too many billed"
    MISSING_MODIFIER = "a modifier left out"
    NOT_BILLED = "not billed"
    NO_MINUTES = "billed, and no time recorded"
    LAPSED_APPROVAL = "treated after the approval had ended"
    NO_REASSESSMENT = "not reassessed after the first day"
    OTHER_PAYER = "a health plan on record for an injury at work, and no workers' compensation"


VISIT_ERRORS: Final[Mapping[Planted, Decimal]] = {
    Planted.UNDER_CODED: Decimal("0.06"),
    Planted.OVER_CODED: Decimal("0.03"),
    Planted.MISSING_MODIFIER: Decimal("0.03"),
    Planted.NOT_BILLED: Decimal("0.025"),
    Planted.NO_MINUTES: Decimal("0.02"),
}
"""Which share of the visits of programs without an error of their own has which error; no visit has two."""
PROGRAM_ERRORS: Final[Mapping[Planted, Decimal]] = {
    Planted.LAPSED_APPROVAL: Decimal("0.08"),
    Planted.NO_REASSESSMENT: Decimal("0.10"),
    Planted.OTHER_PAYER: Decimal("0.04"),
}
"""Which share of all programs has which error; no program has two."""

SampleLine: TypeAlias = tuple[str, int, tuple[str, ...]]
"""Code, units and modifiers."""
HARDENING: Final = "hardening"
CONDITIONING: Final = "conditioning"
EXPECTED_MODIFIERS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "TX": {CONDITIONING: ("WC", "GP"), HARDENING: ("WH", "GP")},
}
"""Modifiers by state and program where a payer wants more than ``GP``."""


class Clinic(NamedTuple):
    """An invented clinic: its state, its therapists and assistants, and the payers it bills."""

    id: str
    name: str
    state: str
    therapists: tuple[str, ...]
    assistants: tuple[str, ...]
    payers: tuple[str, ...]


CLINICS: Final = (
    Clinic(
        "clinic-lone-oak",
        "Lone Oak Work Rehab (invented)",
        "TX",
        ("Pat Fictional, PT", "Marisol Mockley, PT"),
        ("Assi Sampler, PTA",),
        ("Prairie Mutual Compensation (invented)", "Gulfline Casualty (invented)"),
    ),
    Clinic(
        "clinic-bluebonnet",
        "Bluebonnet Return to Work (invented)",
        "TX",
        ("Theo Placeholder, PT",),
        ("Ana Examplar, PTA",),
        ("Prairie Mutual Compensation (invented)",),
    ),
    Clinic(
        "clinic-rainier",
        "Rainier Industrial Therapy (invented)",
        "WA",
        ("Greta Demo, PT", "Ike Invented, PT"),
        ("Olin Testman, PTA",),
        ("Evergreen Sample Compensation (invented)", "Ironworks Mutual (invented)"),
    ),
    Clinic(
        "clinic-tidewater",
        "Tidewater Work Conditioning (invented)",
        "FL",
        ("Cora Specimen, PT",),
        ("Bo Madeup, PTA",),
        ("Coral Coast Compensation (invented)", "Gulfline Casualty (invented)"),
    ),
)
ASSISTED_SHARE: Final = 0.25
"""Share of programs that an assistant gives alone."""
HEALTH_PLAN: Final = "Sunfield Health Plan (invented)"
LAST_NAMES: Final = ("Exampleton", "Fictum", "Demorest", "Samplewell", "Mockingham", "Testarossi", "Invento", "Phony")
FIRST_NAMES: Final = ("Ada", "Ben", "Cleo", "Dov", "Eva", "Finn", "Gia", "Hal", "Ines", "Jon", "Kay", "Lou")
INJURIES: Final = (
    (
        "Low back strain",
        "S39.012D",
        "Lifted a motor block in the workshop at work.",
        "Cannot lift 50 lb from the floor",
    ),
    ("Strain of the right rotator cuff", "S46.011D", "Felt a tear while stacking crates at work.", "Cannot reach over"),
    ("Sprain of the left knee", "S83.92XD", "Slipped on a ladder at work.", "Cannot climb stairs with a load"),
)


class PlantedError(NamedTuple):
    """An error that was planted; ``date`` is None where a whole program has it."""

    patient: str
    date: date | None
    error: Planted


class ProgramPlan(NamedTuple):
    """A program as it is going to be written: who is treated where and when, and what goes wrong in it."""

    patient: str
    name: str
    clinic: Clinic
    therapist: str
    assistant: str
    payer: str
    kind: str
    hours: int
    with_assistant: bool
    injury: tuple[str, str, str, str]
    days: tuple[date, ...]
    error: Planted | None


class Population(NamedTuple):
    """The plans of all programs, and each error planted in them."""

    programs: tuple[ProgramPlan, ...]
    planted: tuple[PlantedError, ...]

    @property
    def visit_errors(self) -> Mapping[tuple[str, date], Planted]:
        """The errors of single visits, by patient and day."""
        return {(wrong.patient, wrong.date): wrong.error for wrong in self.planted if wrong.date is not None}


def population(patients: int = PATIENTS, seed: int = SEED) -> Population:
    """Plan a population of so many patients, each with a program."""
    dice = Random(seed)  # noqa: S311 - the same seed has to make the same people
    faults = _shuffled(dice, PROGRAM_ERRORS, patients)
    programs = tuple(_program(dice, number, faults[number]) for number in range(patients))
    sound = [(program.patient, day) for program in programs if program.error is None for day in program.days]
    wrong = _shuffled(dice, VISIT_ERRORS, len(sound))
    planted = (
        *(PlantedError(program.patient, None, program.error) for program in programs if program.error is not None),
        *(
            PlantedError(patient, day, error)
            for (patient, day), error in zip(sound, wrong, strict=True)
            if error is not None
        ),
    )
    return Population(programs, planted)


def planted_count(share: Decimal, of: int) -> int:
    """How many of so many have an error of this share: rounded down."""
    return int(share * of)


def _shuffled(dice: Random, shares: Mapping[Planted, Decimal], of: int) -> Sequence[Planted | None]:
    errors: list[Planted | None] = [error for error, share in shares.items() for _ in range(planted_count(share, of))]
    errors += [None] * (of - len(errors))
    dice.shuffle(errors)
    return errors


def _program(dice: Random, number: int, error: Planted | None) -> ProgramPlan:
    clinics = [clinic for clinic in CLINICS if clinic.state == "TX"] if error is Planted.LAPSED_APPROVAL else CLINICS
    clinic = dice.choice(clinics)
    weeks = dice.randint(3, 5)
    start = FIRST_DAY + timedelta(weeks=dice.randint(0, WEEKS - weeks - 1))
    days_a_week = dice.choice((3, 4, 5))
    kind = dice.choice((CONDITIONING, HARDENING))
    return ProgramPlan(
        patient=f"sample-{number + 1:05d}",
        name=f"{dice.choice(FIRST_NAMES)} {dice.choice(LAST_NAMES)}",
        clinic=clinic,
        therapist=dice.choice(clinic.therapists),
        assistant=dice.choice(clinic.assistants),
        payer=HEALTH_PLAN if error is Planted.OTHER_PAYER else dice.choice(clinic.payers),
        kind=kind,
        hours=dice.choice((3, 3, 4) if kind == CONDITIONING else (4, 4, 4, 5)),
        with_assistant=dice.random() < ASSISTED_SHARE,
        injury=dice.choice(INJURIES),
        days=tuple(start + timedelta(weeks=week, days=day) for week in range(weeks) for day in range(days_a_week)),
        error=error,
    )


def expected_lines(program: ProgramPlan) -> tuple[SampleLine, SampleLine]:
    """What a visit of the program should be billed: code, units and modifiers of each line.

    The first two hours are a unit of 97545, each further hour a unit of 97546 (CPT); an assistant alone adds ``CQ``.
    """
    modifiers = EXPECTED_MODIFIERS.get(program.clinic.state, {}).get(program.kind, ("GP",))
    if program.payer == HEALTH_PLAN:
        modifiers = ("GP",)
    marked = (*modifiers, "CQ") if program.with_assistant else modifiers
    return (FIRST_BLOCK, 1, marked), (FURTHER_HOUR, program.hours - 2, marked)


def billed_lines(program: ProgramPlan, error: Planted | None) -> tuple[SampleLine, ...]:
    """What was billed for a visit of the program; nothing where it was forgotten."""
    lines = expected_lines(program)
    if error is Planted.NOT_BILLED:
        return ()
    if error is Planted.MISSING_MODIFIER:
        return tuple((code, units, modifiers[1:]) for code, units, modifiers in lines)
    first, (code, hours, modifiers) = lines
    billed = hours + _HOURS_OFF.get(error, 0)
    return (first, (code, billed, modifiers)) if billed else (first,)


_HOURS_OFF: Final[Mapping[Planted | None, int]] = {Planted.UNDER_CODED: -1, Planted.OVER_CODED: 1}
