"""Code numbers the rules speak of, with our own short labels.

Bare CPT numbers are identifiers here; no descriptor of the American Medical Association is shipped.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

FIRST_BLOCK: Final = "97545"
FURTHER_HOUR: Final = "97546"
WORK_REHAB: Final = frozenset({FIRST_BLOCK, FURTHER_HOUR})

EVALUATIONS: Final = frozenset({"97161", "97162", "97163", "97165", "97166", "97167"})
REEVALUATIONS: Final = frozenset({"97164", "97168"})
PERFORMANCE_TEST: Final = "97750"
FIFTEEN_MINUTE: Final = frozenset(
    {"97032", "97033", "97034", "97035", "97036"}
    | {"97110", "97112", "97113", "97116", "97124", "97140"}
    | {"97530", "97533", "97535", "97537", "97542", PERFORMANCE_TEST, "97755", "97760", "97761", "97763"}
)
"""Therapy codes of 15 minutes that stand beside work rehabilitation; their time makes their units (T-6)."""
ONCE_A_DATE: Final = frozenset({"97150", "95851", "95852", *EVALUATIONS, *REEVALUATIONS})
"""Therapy codes beside work rehabilitation that are one unit whatever the time."""
COMPANIONS: Final = FIFTEEN_MINUTE | ONCE_A_DATE
"""Therapy codes that are billed with a work-rehab visit of the same date."""
MODALITIES: Final = frozenset(
    {"97010", "97012", "97014", "97016", "97018", "97022", "97024", "97026", "97028"}
    | {"97032", "97033", "97034", "97035", "97036", "97039", "G0283"}
)
THERAPY: Final = COMPANIONS | MODALITIES | {"97139"}
"""Physical and occupational therapy apart from work rehabilitation itself: what makes a visit of therapy (R-4)."""
TREATMENTS: Final = THERAPY - EVALUATIONS - REEVALUATIONS - {PERFORMANCE_TEST, "97755", "95851", "95852"}
"""Modalities and therapeutic procedures: therapy that treats, without evaluations and tests (T-7)."""

REDUCED_SERVICE: Final = "52"
SEPARATE_SERVICE: Final = "59"
SEPARATE_SERVICES: Final = frozenset({SEPARATE_SERVICE, "XE", "XS", "XP", "XU"})
"""Modifiers that attest a separate service (M-3)."""

LABELS: Final = {
    FIRST_BLOCK: "work rehab, first block",
    FURTHER_HOUR: "work rehab, further hour",
    "97032": "attended electrical stimulation",
    "97033": "iontophoresis",
    "97034": "contrast baths",
    "97035": "ultrasound",
    "97036": "whirlpool, full tank",
    "97110": "therapeutic exercise",
    "97112": "neuromuscular re-education",
    "97113": "aquatic therapy",
    "97116": "gait training",
    "97124": "massage",
    "97140": "manual therapy",
    "97150": "group therapy",
    "97161": "PT evaluation",
    "97162": "PT evaluation",
    "97163": "PT evaluation",
    "97164": "PT re-evaluation",
    "97165": "OT evaluation",
    "97166": "OT evaluation",
    "97167": "OT evaluation",
    "97168": "OT re-evaluation",
    "97530": "therapeutic activities",
    "97533": "sensory integration",
    "97535": "self-care training",
    "97537": "community or work reintegration",
    "97542": "wheelchair training",
    "97750": "performance test",
    "97755": "assistive technology assessment",
    "97760": "orthotic training",
    "97761": "prosthetic training",
    "97763": "orthotic or prosthetic follow-up",
    "95851": "range of motion measurement",
    "95852": "range of motion measurement, hand",
}


class Program(StrEnum):
    """Which work-rehabilitation program it is (WR-CODE-1); both kinds use the same two codes."""

    CONDITIONING = "conditioning"
    HARDENING = "hardening"
    UNKNOWN = "unknown"


class Discipline(StrEnum):
    """The therapy plan a service is given under (M-1)."""

    PT = "PT"
    OT = "OT"
    SLP = "SLP"

    @property
    def modifier(self) -> str:
        """GP, GO or GN."""
        return DISCIPLINE_MODIFIERS[self]


DISCIPLINE_MODIFIERS: Final = {Discipline.PT: "GP", Discipline.OT: "GO", Discipline.SLP: "GN"}
DISCIPLINE_OF_MODIFIER: Final = {modifier: discipline for discipline, modifier in DISCIPLINE_MODIFIERS.items()}

DISCIPLINE_OF_EVALUATION: Final = {
    **dict.fromkeys(("97161", "97162", "97163", "97164"), Discipline.PT),
    **dict.fromkeys(("97165", "97166", "97167", "97168"), Discipline.OT),
}
"""The therapy plan that an evaluation belongs to by its code alone."""

PROGRAM_OF_MODIFIER: Final = {"WC": Program.CONDITIONING, "WH": Program.HARDENING}
MODIFIERS_OF_PROGRAMS: Final = tuple(PROGRAM_OF_MODIFIER)
ACCREDITED_MODIFIERS: Final = ("CA",)
TEST_MODIFIERS: Final = ("FC",)
MODIFIERS_OF_ASSISTANTS: Final = ("CQ", "CO", "M3")
ASSISTANT_BESIDE: Final = {"CQ": "GP", "CO": "GO"}
"""The discipline's modifier beside which alone an assistant's modifier stands (M-2); M3 goes with either."""
DECIDED_MODIFIERS_IN_ORDER: Final = (
    *MODIFIERS_OF_PROGRAMS,
    *ACCREDITED_MODIFIERS,
    *TEST_MODIFIERS,
    *DISCIPLINE_OF_MODIFIER,
    *MODIFIERS_OF_ASSISTANTS,
    REDUCED_SERVICE,
)
"""Modifiers the rules decide about, in the order a line carries them (M-6); others on a line are left alone."""
DECIDED_MODIFIERS: Final = frozenset(DECIDED_MODIFIERS_IN_ORDER)
TELEHEALTH_MODIFIERS: Final = frozenset({"93", "95", "FQ", "GT"})
"""Services by audio only (93, FQ) and by audio and video (95, GT)."""
TELEHEALTH_PLACES: Final = frozenset({"02", "10"})
"""CMS place-of-service codes of telehealth: elsewhere, and in the patient's home."""
KNOWN_MODIFIERS: Final = (
    DECIDED_MODIFIERS
    | SEPARATE_SERVICES
    | TELEHEALTH_MODIFIERS
    | frozenset(
        {"22", "25", "26", "50", "51", "53", "58", "76", "77", "78", "79", "91", "93", "95", "96", "97", "99"}
        | {"AT", "CR", "GA", "GT", "GX", "GY", "GZ", "KX", "LT", "RT", "TC"}
    )
)
"""Modifiers that are recognized where several share one field or stand in words only."""
MOST_MODIFIERS: Final = 4
"""Places for modifiers on a claim line (CMS-1500 item 24D)."""


class PayerClass(StrEnum):
    """Kinds of payer that policies are written for."""

    WORKERS_COMPENSATION = "workers-compensation"
    MEDICARE = "medicare"
    MEDICAID = "medicaid"
    COMMERCIAL = "commercial"
    AUTO = "auto"
    GOVERNMENT = "government"
    SELF_PAY = "self-pay"
    UNKNOWN = "unknown"

    @property
    def words(self) -> str:
        """The kind of payer as people say it."""
        return PAYERS_IN_WORDS[self]


PAYERS_IN_WORDS: Final[Mapping[str, str]] = {
    PayerClass.WORKERS_COMPENSATION: "workers' compensation",
    PayerClass.MEDICARE: "Medicare",
    PayerClass.MEDICAID: "Medicaid",
    PayerClass.COMMERCIAL: "a commercial plan",
    PayerClass.AUTO: "auto insurance",
    PayerClass.GOVERNMENT: "a government plan",
    PayerClass.SELF_PAY: "self-pay",
    PayerClass.UNKNOWN: "an unknown payer",
}
