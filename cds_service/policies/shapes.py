"""Shapes of policy values: what a value of a parameter looks like in a policy file and in a rule."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from itertools import product
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, with_config

BelowFirstUnit: TypeAlias = Literal["modifier-52", "fifteen-minute-codes", "prorate", "not-billable"]
FifteenMinuteMethod: TypeAlias = Literal["cms-8", "cpt-midpoint"]
EditsApply: TypeAlias = Literal["off", "warn", "enforce"]
BillingSetting: TypeAlias = Literal["practitioner", "hospital"]
Indicator: TypeAlias = Literal[0, 1]
AdjudicationIndicator: TypeAlias = Literal[1, 2, 3]
CoveragePosition: TypeAlias = Literal[
    "covered", "covered-with-authorization", "restricted", "excluded", "not-medically-necessary", "unknown"
]
TelehealthPosition: TypeAlias = Literal["allow", "ask", "deny"]
SameDayEvaluation: TypeAlias = Literal["allow", "ask", "modifier-59", "deny"]
AuthorizationRequired: TypeAlias = Literal[
    "always", "after-max-weeks", "after-visits-or-days", "outside-guidelines", "never"
]
AuthorizationUnit: TypeAlias = Literal["hours", "visits", "treatments", "days", "units"]
Exemption: TypeAlias = Literal["accredited-and-listed"]
EntryCriterion: TypeAlias = Literal[
    "referral",
    "accepted-condition",
    "able-to-take-part",
    "job-goal",
    "job-analysis",
    "approved-provider",
    "accredited-program",
]
Giver: TypeAlias = Literal["therapist", "assistant", "student", "athletic-trainer"]
PerformanceTestKind: TypeAlias = Literal["initial", "interim", "discharge"]
Better: TypeAlias = Literal["lower", "higher"]
RequestElement: TypeAlias = Literal[
    "patient",
    "birth-date",
    "employer",
    "payer",
    "claim-number",
    "injury-date",
    "diagnosis",
    "services",
    "amount",
    "proposed-date",
    "requester",
    "requester-contact",
    "rendering-provider",
    "facility",
    "medical-necessity",
    "history",
    "evaluation",
    "test-results",
    "progress",
    "goals",
    "job-demands",
    "plan-of-care",
    "signature",
]
"""Parts of a request for approval; their words stand in ``domain.terms``."""
ToolKind: TypeAlias = Literal["functional", "pain", "not-functional"]

CodeText: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z][0-9]{3}[0-9A-Z]$")]
Modifier: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{2}$")]
ShapeText: TypeAlias = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
EditedElement: TypeAlias = Annotated[str, StringConstraints(pattern=r"^D-([1-9]|1[0-9]|20)$")]
Positive: TypeAlias = Annotated[int, Field(gt=0, le=9999)]
Dollars: TypeAlias = Annotated[int, Field(gt=0)]
UnitCount: TypeAlias = Annotated[int, Field(ge=0)]
Hours: TypeAlias = Annotated[float, Field(gt=0, le=24)]
Percent: TypeAlias = Annotated[int, Field(ge=0, le=100)]
MinutesOfAnHour: TypeAlias = Annotated[int, Field(ge=1, le=60)]

MOST_MONTHS: Final = 1200
STRICT = ConfigDict(extra="forbid")


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class PairEdit:
    """A procedure-to-procedure edit (E-4): ``column1`` is paid, ``column2`` is denied on the same date.

    ``indicator`` 0: never both; 1: both only for a separate, documented service with 59 or XE, XS, XP, XU.
    ``settings`` are the CMS tables that hold the pair.
    """

    column1: str
    column2: str
    indicator: Indicator
    settings: tuple[BillingSetting, ...]


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class PairRow:
    """Pair edits as a policy file writes them: every code of ``column1`` with every code of ``column2``."""

    column1: Annotated[tuple[CodeText, ...], Field(min_length=1)]
    column2: Annotated[tuple[CodeText, ...], Field(min_length=1)]
    indicator: Indicator
    settings: Annotated[tuple[BillingSetting, ...], Field(min_length=1)]


def expand(rows: tuple[PairRow, ...]) -> tuple[PairEdit, ...]:
    """Return one edit per pair of codes.

    Raises:
        ValueError: a pair of one setting stands twice, or a code is paired with itself.
    """
    edits: list[PairEdit] = []
    seen: set[tuple[str, str, str]] = set()
    for row in rows:
        for column1, column2 in product(row.column1, row.column2):
            keys = {(column1, column2, setting) for setting in row.settings}
            if column1 == column2:
                raise ValueError(f"{column1} is paired with itself")
            if keys & seen:
                raise ValueError(f"the pair {column1}, {column2} stands twice")
            seen |= keys
            edits.append(PairEdit(column1, column2, row.indicator, row.settings))
    return tuple(edits)


PairEditsShape: TypeAlias = Annotated[tuple[PairRow, ...], AfterValidator(expand)]


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Mue:
    """Medically unlikely edit (E-2): highest units per date of service in each setting; None for a table not on file.

    ``mai`` 1 is per claim line, 2 per date by policy (no appeal by volume), 3 per date, reviewable with documentation.
    """

    practitioner: UnitCount | None = None
    hospital: UnitCount | None = None
    mai: AdjudicationIndicator = field(kw_only=True)

    def __post_init__(self) -> None:
        """Refuse an edit of no setting.

        Raises:
            ValueError: neither setting has units.
        """
        if self.practitioner is None and self.hospital is None:
            raise ValueError("give the units of practitioner, hospital or both")


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Bounds:
    """From ``minimum`` to ``maximum``, both included; None where the payer sets no bound (A-4)."""

    minimum: float | None = None
    maximum: float | None = None

    def __post_init__(self) -> None:
        """Refuse a range that holds nothing.

        Raises:
            ValueError: the minimum is above the maximum, or a bound is negative.
        """
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError("minimum is above maximum")
        if min(self.minimum or 0, self.maximum or 0) < 0:
            raise ValueError("a bound is negative")


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Months:
    """Whole months from ``minimum`` to ``maximum``, both included; None where the payer sets no bound (R-5)."""

    minimum: Annotated[int, Field(ge=0, le=MOST_MONTHS)] | None = None
    maximum: Annotated[int, Field(ge=0, le=MOST_MONTHS)] | None = None

    def __post_init__(self) -> None:
        """Refuse a range that holds nothing.

        Raises:
            ValueError: the minimum is above the maximum.
        """
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError("minimum is above maximum")


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Request:
    """How approval is requested (A-1): on which ``form``, within how many business ``days`` the payer answers.

    ``form`` is the number that the form goes by, ``form_name`` its title. ``asked_by`` and ``signed_by`` say in plain
    words who asks and who signs, ``address`` where the request goes. Documents that go with it may be at most
    ``attachment_days`` old. An ``extension`` needs a review while the approval lasts. One request may ask for at most
    so many ``treatments`` within ``within_days``; it has to arrive ``ahead_days`` before.
    """

    form: Annotated[str, StringConstraints(min_length=1)] | None = None
    days: Positive | None = None
    extension: Literal["concurrent-review"] | None = None
    treatments: Positive | None = None
    within_days: Positive | None = None
    ahead_days: Positive | None = None
    form_name: ShapeText | None = None
    asked_by: ShapeText | None = None
    signed_by: ShapeText | None = None
    attachment_days: Positive | None = None
    address: ShapeText | None = None

    def __post_init__(self) -> None:
        """Refuse a request of which nothing is known.

        Raises:
            ValueError: no key is given.
        """
        if all(getattr(self, part.name) is None for part in fields(self)):
            raise ValueError(f"give at least one of {', '.join(part.name for part in fields(self))}")


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Tool:
    """What is measured, how records name it, and how its scores compare (R-2, R-6).

    ``functional`` measures function or physical capacity; ``pain`` alone is no functional progress; ``not-functional``
    is about something else. ``codes`` are LOINC or local codes. ``words`` name the tool wherever they stand; ``hints``
    are common words that count only where no name is found. The tool's own name in the policy is a code and a name too.
    ``better`` is the direction of improvement, ``minimum_change`` the points that count as one, ``best`` the best
    score there is.
    """

    kind: ToolKind = "functional"
    codes: tuple[ShapeText, ...] = ()
    words: tuple[ShapeText, ...] = ()
    hints: tuple[ShapeText, ...] = ()
    better: Better | None = None
    minimum_change: float | None = None
    best: float | None = None


def distinct(tools: Mapping[str, Tool]) -> Mapping[str, Tool]:
    """Return the tools as they are.

    Raises:
        ValueError: a code, word or hint stands for two tools.
    """
    owners: dict[str, str] = {}
    for name, tool in tools.items():
        for word in {word.casefold() for word in (*tool.codes, *tool.words, *tool.hints)}:
            if owners.setdefault(word, name) != name:
                raise ValueError(f"{word} stands for two tools, {owners[word]} and {name}")
    return tools


ToolsByName: TypeAlias = Annotated[Mapping[str, Tool], AfterValidator(distinct)]
