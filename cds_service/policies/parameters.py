"""Every policy parameter there is: exact name, type of its value, unit and meaning."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from cds_service.domain.codes import Discipline, Program
from cds_service.domain.values import Parameter
from cds_service.policies.shapes import (
    AuthorizationRequired,
    AuthorizationUnit,
    BelowFirstUnit,
    BillingSetting,
    Bounds,
    CodeText,
    CoveragePosition,
    Dollars,
    EditedElement,
    EditsApply,
    EntryCriterion,
    Exemption,
    FifteenMinuteMethod,
    Giver,
    Hours,
    MinutesOfAnHour,
    Modifier,
    Months,
    Mue,
    PairEdit,
    PairEditsShape,
    Percent,
    PerformanceTestKind,
    Positive,
    Request,
    RequestElement,
    SameDayEvaluation,
    TelehealthPosition,
    Tool,
    ToolsByName,
)

FIRST_UNIT_FULL: Final[Parameter[int]] = Parameter(
    "time.first_unit_full_minutes",
    "full time for 97545",
    Positive,
    "minutes",
    "Time that fills the first unit, 97545 (T-1).",
)
FIRST_UNIT_MINIMUM: Final[Parameter[int]] = Parameter(
    "time.first_unit_minimum_minutes",
    "minimum for 97545",
    Positive,
    "minutes",
    "Minimum time for which 97545 may be proposed, with a question to the payer below the full block (T-2).",
)
ADDITIONAL_UNIT_MINIMUM: Final[Parameter[int]] = Parameter(
    "time.additional_unit_minimum_minutes",
    "minimum for each 97546",
    MinutesOfAnHour,
    "minutes",
    "Minimum time of a further hour that earns one unit of 97546; 1 to 60 (T-3).",
)
BELOW_FIRST_UNIT: Final[Parameter[tuple[BelowFirstUnit, ...]]] = Parameter(
    "time.below_first_unit",
    "billed below the minimum for 97545",
    tuple[BelowFirstUnit, ...],
    "list of choices",
    "What the payer may take when the time does not fill the first unit (T-4).",
)
FIFTEEN_MINUTE_METHOD: Final[Parameter[FifteenMinuteMethod]] = Parameter(
    "time.fifteen_minute_method",
    "how 15-minute codes are counted",
    FifteenMinuteMethod,
    "choice",
    "How minutes of 15-minute codes become units; never used for 97545 and 97546 (T-6).",
)
DAILY_MAXIMUM: Final[Parameter[Mapping[str, int]]] = Parameter(
    "units.daily_maximum",
    "payer's maximum units a day",
    Mapping[CodeText, Positive],
    "units by code",
    "Payer's own ceiling per date of service (E-2).",
)
THERAPY_DAILY_MAXIMUM: Final[Parameter[int]] = Parameter(
    "units.therapy_daily_maximum",
    "maximum therapy units a day",
    Positive,
    "units",
    "Most units of modalities and therapeutic procedures that the payer pays for one discipline on a date (T-7).",
)
EDIT_PAIRS: Final[Parameter[tuple[PairEdit, ...]]] = Parameter(
    "edits.pairs",
    "code pairs (NCCI edits)",
    PairEditsShape,
    "pair edits",
    "Code pairs that are not paid together on one date (E-4, E-5).",
)
EDIT_MUE: Final[Parameter[Mapping[str, Mue]]] = Parameter(
    "edits.mue",
    "unit edits (MUE)",
    Mapping[CodeText, Mue],
    "units by code and setting",
    "Medically unlikely edits (E-2, E-3).",
)
EDIT_ADD_ON: Final[Parameter[Mapping[str, tuple[str, ...]]]] = Parameter(
    "edits.add_on",
    "add-on codes",
    Mapping[CodeText, tuple[CodeText, ...]],
    "primary codes by add-on code",
    "Add-on codes that are paid only with one of their primary codes on the same date (E-1).",
)
EDITS_APPLY: Final[Parameter[EditsApply]] = Parameter(
    "edits.apply",
    "national edits (NCCI)",
    EditsApply,
    "choice",
    "Whether the payer uses the national edits: off, warn or enforce (E-6).",
)
EDIT_SETTING: Final[Parameter[BillingSetting]] = Parameter(
    "edits.setting",
    "edit tables that apply",
    BillingSetting,
    "choice",
    "Which CMS edit tables apply to this site: practitioner or hospital (E-3, E-4).",
)
DISCIPLINE_REQUIRED: Final[Parameter[bool]] = Parameter(
    "modifiers.discipline_required",
    "GP, GO or GN required",
    bool,
    "yes or no",
    "Whether each line needs GP, GO or GN (M-1).",
)
ASSISTANT_MODIFIERS: Final[Parameter[Mapping[Discipline, str]]] = Parameter(
    "modifiers.assistant",
    "assistant modifier",
    Mapping[Discipline, Modifier],
    "modifier by discipline",
    "Modifier for time of an assistant alone; empty when the payer requires none (M-2).",
)
ASSISTANT_DE_MINIMIS: Final[Parameter[int]] = Parameter(
    "modifiers.assistant_de_minimis_percent",
    "assistant modifier above",
    Percent,
    "percent",
    "Share of assistant-alone time that must be exceeded before the assistant modifier applies (M-2).",
)
PROGRAM_MODIFIERS: Final[Parameter[Mapping[Program, str]]] = Parameter(
    "modifiers.program",
    "program modifier",
    Mapping[Program, Modifier],
    "modifier by program",
    "Modifier that names the program; empty when the payer requires none (M-6).",
)
ACCREDITED_MODIFIER: Final[Parameter[str]] = Parameter(
    "modifiers.accredited",
    "modifier when accredited",
    Modifier,
    "modifier",
    "Modifier of a CARF-accredited program, after the program's (M-6).",
)
PROGRAM_ACCREDITED: Final[Parameter[bool]] = Parameter(
    "program.accredited",
    "program accredited",
    bool,
    "yes or no",
    "Whether the site's program is CARF-accredited; only the site knows (M-6).",
)
NOT_ACCREDITED_PERCENT: Final[Parameter[int]] = Parameter(
    "program.not_accredited_percent",
    "paid without accreditation",
    Percent,
    "percent",
    "Share of the full rate that the payer pays a program that is not CARF-accredited (M-6).",
)
PROVIDER_APPROVED: Final[Parameter[bool]] = Parameter(
    "program.approved_provider",
    "approved provider",
    bool,
    "yes or no",
    "Whether the payer lists the site as a provider of the program; only the site knows (R-5).",
)
KX_THRESHOLD: Final[Parameter[Mapping[Discipline, int]]] = Parameter(
    "modifiers.kx_threshold",
    "KX above, in a year",
    Mapping[Discipline, Dollars],
    "US dollars by discipline",
    "Allowed amount of a year beyond which other therapy lines need KX; PT and speech are counted together (M-5).",
)
COVERAGE_POSITION: Final[Parameter[CoveragePosition]] = Parameter(
    "coverage.position",
    "payer's position",
    CoveragePosition,
    "choice",
    "Payer's position on 97545 and 97546 (COV-1, COV-2).",
)
EXCLUDED_CODES: Final[Parameter[tuple[str, ...]]] = Parameter(
    "coverage.excluded_codes",
    "other codes not paid",
    tuple[CodeText, ...],
    "list of codes",
    "Other codes that the payer excludes together with 97545 and 97546 (COV-2).",
)
TELEHEALTH: Final[Parameter[TelehealthPosition]] = Parameter(
    "coverage.telehealth",
    "work rehabilitation by telehealth",
    TelehealthPosition,
    "choice",
    "Whether the payer pays 97545 and 97546 for a visit by telehealth.",
)
SAME_DAY_EVALUATION: Final[Parameter[SameDayEvaluation]] = Parameter(
    "coverage.same_day_evaluation",
    "evaluation on the same date",
    SameDayEvaluation,
    "choice",
    "Whether an evaluation or re-evaluation is paid on a date with work rehabilitation (COV-3).",
)
MODALITY_INCLUDED: Final[Parameter[bool]] = Parameter(
    "coverage.modality_included",
    "modalities included in the program",
    bool,
    "yes or no",
    "Whether a modality of the date belongs to the program, without a charge of its own (COV-4).",
)
AUTHORIZATION_REQUIRED: Final[Parameter[AuthorizationRequired]] = Parameter(
    "authorization.required",
    "authorization required",
    AuthorizationRequired,
    "choice",
    "When prior authorization is needed (A-1, A-2).",
)
AUTHORIZATION_AFTER_VISITS: Final[Parameter[int]] = Parameter(
    "authorization.after_visits",
    "visits allowed without approval",
    Positive,
    "visits",
    "Visits of therapy beyond which approval is needed, where it depends on visits or days (A-1, R-4).",
)
AUTHORIZATION_AFTER_DAYS: Final[Parameter[int]] = Parameter(
    "authorization.after_days",
    "days allowed without approval",
    Positive,
    "days",
    "Days of therapy beyond which approval is needed; the first visit is day 1 (A-1, R-4).",
)
AUTHORIZATION_REVIEW_AFTER_VISITS: Final[Parameter[int]] = Parameter(
    "authorization.review_after_visits",
    "visits allowed without utilization review",
    Positive,
    "visits",
    "Visits of therapy beyond which the payer reviews utilization (A-1).",
)
CONSENT_OVER: Final[Parameter[int]] = Parameter(
    "authorization.consent_over_dollars",
    "consent required above",
    Dollars,
    "US dollars",
    "Amount of non-emergency treatment in all beyond which the payer has to consent (A-1).",
)
PRECERTIFICATION: Final[Parameter[bool]] = Parameter(
    "authorization.precertification",
    "pre-certification",
    bool,
    "yes or no",
    "Whether the payer may require pre-certification before the first visit; it is asked about (A-1).",
)
AUTHORIZATION_REQUEST: Final[Parameter[Request]] = Parameter(
    "authorization.request",
    "how approval is requested",
    Request,
    "form, who asks and signs, business days to the answer, extension and limits of a request",
    "How approval is requested from the payer (A-1).",
)
REQUEST_ELEMENTS: Final[Parameter[tuple[RequestElement, ...]]] = Parameter(
    "authorization.request_elements",
    "a request must show",
    tuple[RequestElement, ...],
    "list of parts of a request",
    "What a request for approval has to hold, by the payer's rule (A-1).",
)
REQUEST_FORM_FIELDS: Final[Parameter[tuple[RequestElement, ...]]] = Parameter(
    "authorization.form_fields",
    "the form asks for",
    tuple[RequestElement, ...],
    "list of parts of a request",
    "What the payer's form for a request has fields for, beside what the rule requires (A-1).",
)
AUTHORIZATION_VISITS_PER_DAY: Final[Parameter[int]] = Parameter(
    "authorization.visits_per_day",
    "visits a day allowed without approval",
    Positive,
    "visits",
    "Visits on one date beyond which approval is needed (A-1).",
)
AUTHORIZATION_EXEMPT_IF: Final[Parameter[tuple[Exemption, ...]]] = Parameter(
    "authorization.exempt_if",
    "may be exempt from approval",
    tuple[Exemption, ...],
    "list of choices",
    "Who may be exempt from prior authorization; a site that is sets authorization.required itself (A-1).",
)
AUTHORIZATION_UNIT: Final[Parameter[AuthorizationUnit]] = Parameter(
    "authorization.quantity_unit",
    "unit of an approved amount",
    AuthorizationUnit,
    "choice",
    "What an authorized quantity without unit counts, unless it is on an item of 97545 or 97546 (A-1).",
)
AUTHORIZATION_WARN_DAYS: Final[Parameter[int]] = Parameter(
    "authorization.warn_days",
    "warn before it ends",
    Positive,
    "days",
    "How long before its end an authorization is announced (A-1).",
)
MAX_WEEKS: Final[Parameter[Mapping[Program, int]]] = Parameter(
    "program.max_weeks",
    "weeks allowed without approval",
    Mapping[Program, Positive],
    "weeks by program",
    "Length of a program beyond which written authorization is needed (A-2).",
)
LENGTH_WEEKS: Final[Parameter[Mapping[Program, int]]] = Parameter(
    "program.length_weeks",
    "longest program",
    Mapping[Program, Positive],
    "weeks by program",
    "Longest stay in a program, of which the payer's text does not say that approval extends it (A-2).",
)
PROGRAM_GIVEN_BY: Final[Parameter[tuple[Giver, ...]]] = Parameter(
    "program.given_by",
    "may be given by",
    tuple[Giver, ...],
    "list of professions",
    "Who may give the program, by the payer's text (M-2).",
)
HOURS_PER_DAY: Final[Parameter[Mapping[Program, Bounds]]] = Parameter(
    "program.hours_per_day",
    "hours a day",
    Mapping[Program, Bounds],
    "hours by program",
    "Hours of program in a day (A-4).",
)
DAYS_PER_WEEK: Final[Parameter[Mapping[Program, Bounds]]] = Parameter(
    "program.days_per_week",
    "days a week",
    Mapping[Program, Bounds],
    "days by program",
    "Days of program in an ISO week (A-4).",
)
ENTRY_CRITERIA: Final[Parameter[Mapping[Program, tuple[EntryCriterion, ...]]]] = Parameter(
    "entry.criteria",
    "entry criteria",
    Mapping[Program, tuple[EntryCriterion, ...]],
    "list of criteria by program",
    "What the payer requires before a program begins; a check-list, never a denial (R-5).",
)
ENTRY_MONTHS: Final[Parameter[Months]] = Parameter(
    "entry.months_since_injury",
    "months since the injury",
    Months,
    "months",
    "How long after the injury a program may begin (R-5).",
)
PROGRAMS_PER_INJURY: Final[Parameter[int]] = Parameter(
    "program.per_injury",
    "programs per injury",
    Positive,
    "programs",
    "How many programs the payer pays for one injury (A-3).",
)
BASELINE_WITHIN_DAYS: Final[Parameter[int]] = Parameter(
    "evaluation.baseline_within_days",
    "baseline test within",
    Positive,
    "days",
    "Latest day of the baseline functional capacity evaluation; the first visit is day 1 (R-1).",
)
TEST_MODIFIER: Final[Parameter[str]] = Parameter(
    "fce.modifier",
    "modifier for an FCE",
    Modifier,
    "modifier",
    "Modifier on 97750 when it is a functional capacity evaluation (M-6, R-1).",
)
TESTS_PER_INJURY: Final[Parameter[int]] = Parameter(
    "fce.per_injury",
    "FCEs per injury",
    Positive,
    "evaluations",
    "Functional capacity evaluations that the payer pays for one injury (R-1).",
)
TEST_HOURS: Final[Parameter[Mapping[PerformanceTestKind, float]]] = Parameter(
    "fce.hours",
    "maximum hours of an FCE",
    Mapping[PerformanceTestKind, Hours],
    "hours by kind",
    "Longest functional capacity evaluation that is paid, by its kind (R-1).",
)
REASSESSMENT_INTERVAL: Final[Parameter[int]] = Parameter(
    "reassessment.interval_days",
    "reassessment every",
    Positive,
    "days",
    "Longest time between objective assessments (R-2).",
)
NO_PROGRESS_COUNT: Final[Parameter[int]] = Parameter(
    "reassessment.no_progress_count",
    "reassessments without progress before review",
    Positive,
    "reassessments",
    "Consecutive reassessments without improvement that call for a review of goals (R-6).",
)
REASSESSMENT_TOOLS: Final[Parameter[Mapping[str, Tool]]] = Parameter(
    "reassessment.tools",
    "assessment tools",
    ToolsByName,
    "tool by its name or code",
    "Which measurements are of function, which of pain, which of neither, and how scores compare (R-2, R-6).",
    additive=True,
)
PROGRESS_REPORT_DAYS: Final[Parameter[int]] = Parameter(
    "progress_report.treatment_days",
    "progress report every",
    Positive,
    "treatment days",
    "Treatment days to the next progress report (R-3).",
)
PLAN_MAXIMUM_DAYS: Final[Parameter[int]] = Parameter(
    "plan_of_care.maximum_days",
    "longest plan of care",
    Positive,
    "days",
    "Longest interval that one plan of care may cover (R-4).",
)
PLAN_CERTIFY_WITHIN_DAYS: Final[Parameter[int]] = Parameter(
    "plan_of_care.certify_within_days",
    "plan certified within",
    Positive,
    "days",
    "Days from the first treatment to certification (R-4).",
)
PLAN_REVIEW_DAYS: Final[Parameter[int]] = Parameter(
    "plan_of_care.review_days",
    "plan reviewed every",
    Positive,
    "days",
    "Longest time between reviews of the plan of care (R-4).",
)
DOCUMENTATION_REQUIRED: Final[Parameter[tuple[str, ...]]] = Parameter(
    "documentation.required",
    "the record must show",
    tuple[EditedElement, ...],
    "list of element ids D-1 to D-20",
    "Documentation elements that every record of the program should hold.",
)
DOCUMENTATION_ALSO_REQUIRED: Final[Parameter[tuple[str, ...]]] = Parameter(
    "documentation.also_required",
    "this payer also requires",
    tuple[EditedElement, ...],
    "list of element ids D-1 to D-20",
    "Documentation elements that the payer's own text names besides those.",
)

PARAMETERS: Final[Mapping[str, Parameter[Any]]] = MappingProxyType(
    {parameter.name: parameter for parameter in tuple(globals().values()) if isinstance(parameter, Parameter)}
)

HOW_TO_REQUEST: Final = frozenset({AUTHORIZATION_REQUEST.name, REQUEST_ELEMENTS.name, REQUEST_FORM_FIELDS.name})
"""Names of the parameters that say how approval is requested."""
