"""What was measured and when, in Observations, reports, questionnaires. What measures function the policy says."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

import msgspec

from cds_service.domain.care import Assessment, AssessmentKind
from cds_service.fhir.chart.patients_own import Own
from cds_service.fhir.chart.request_answers import policy_asking
from cds_service.fhir.chart.results import (
    CODED,
    DOUBTFUL,
    IN_WORDS,
    NO_RESULT_CODES,
    Measurement,
    measured_in_words,
    result_of,
    stands_elsewhere,
)
from cds_service.fhir.reading.calendar import Calendar
from cds_service.fhir.reading.clinical_resources import (
    AnsweredItem,
    DiagnosticReportResource,
    ItemAnswer,
    ObservationResource,
    QuestionnaireResponseResource,
)
from cds_service.fhir.reading.concept_words import may_be_kept, texts
from cds_service.fhir.reading.elements import CodeableConcept, Coding
from cds_service.fhir.reading.evaluations import done_as, tool_of

FINAL: Final = frozenset({"final", "amended", "corrected"})
REPORTED: Final = FINAL | {"appended"}
ANSWERED: Final = frozenset({"completed", "amended"})
NOT_TRUE: Final = frozenset({"entered-in-error", "cancelled", "registered"})
PRELIMINARY: Final = "it is preliminary, not final"
MEASURED_WITHOUT_STATUS: Final = "it has no FHIR status"
NO_ANSWERS: Final = "its answers were not given"
DIAGNOSTIC: Final = frozenset({"laboratory", "imaging", "LAB", "RAD"})
A_YEAR: Final = timedelta(days=366)

_LOINC: Final = re.compile(r"\d{1,7}-\d", re.ASCII)
_NEXT_WORD: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_TOTAL: Final = re.compile(r"\btotal\b|\bscore\b|\btscore\b", re.IGNORECASE)
_OTHER_SCORE: Final = re.compile(r"\bgoal\b|\btarget\b|\blast\b|\bprevious\b|\bprior\b|\bsub", re.IGNORECASE)

Concepts: TypeAlias = tuple[CodeableConcept | None, ...]


class Instrument(NamedTuple):
    """What was measured as the record names it: identity and name of the tool, all codes, all words."""

    tool: str | None
    label: str | None
    codes: tuple[str, ...]
    words: str
    done: AssessmentKind | None


class Instruments(dict[Concepts, Instrument]):
    """What the concepts of one chart name, each worked out once.

    The component's code comes before that of its Observation; the body site tells left from right.
    """

    def __missing__(self, concepts: Concepts) -> Instrument:
        self[concepts] = known = _kept_measure(concepts) if may_be_kept(concepts) else _measure(concepts)
        return known


def assessments_of(own: Own, calendar: Calendar, first_treated: date | None) -> Iterator[Assessment]:
    """The patient's measurements and questionnaires; what has no readable date is left out as a gap.

    Those of more than a year before the first treatment on record are of no program and are passed over.
    """
    measures = Instruments()
    oldest = (first_treated - A_YEAR).isoformat() if first_treated is not None else ""
    for reference, observation in own.of(ObservationResource):
        moment = observation.effective_date_time
        if moment is not None and moment < oldest and moment[4:5] == "-":
            continue
        read = measurements_of(observation, reference, measures, calendar)
        if isinstance(read, str):
            own.leave_out(ObservationResource, reference, read)
        else:
            yield from read
        if observation.contained:
            yield from _within(observation, reference, own, measures, calendar)
    for reference, report in own.of(DiagnosticReportResource):
        tested = report_of(report, reference, own, measures, calendar)
        if isinstance(tested, str):
            own.leave_out(DiagnosticReportResource, reference, tested)
        else:
            yield from tested
    for reference, answers in own.of(QuestionnaireResponseResource):
        if answers.status in ANSWERED and policy_asking(answers) is None:
            answered = questionnaire(answers, reference, calendar)
            if isinstance(answered, str):
                own.leave_out(QuestionnaireResponseResource, reference, answered)
            else:
                yield answered


def measurements_of(
    record: ObservationResource, reference: str, measures: Instruments, calendar: Calendar
) -> Iterable[Assessment] | str:
    """What an Observation measured, each component by itself where it has no value of its own.

    Without any result it measured nothing; a test or re-evaluation recorded so was done, its result is not seen.
    The text is what is wrong with the date.
    """
    if record.status in NOT_TRUE:
        return ()
    own, site = result_of(record), record.body_site
    if own is not None:
        measured = [(measures[record.code, site], own)]
    else:
        results = [(component.code, result_of(component)) for component in record.component]
        measured = [(measures[code, record.code, site], result) for code, result in results if result is not None]
    done = None if measured else measures[record.code, site]
    if done is not None and (done.done is None or record.status not in FINAL or _was_not_done(record)):
        return ()
    day = _day(record, calendar)
    if isinstance(day, str):
        return day
    if done is not None and done.done is not None:
        return (Assessment(reference, day, done.done, done.tool, done.label, codes=done.codes, words=done.words),)
    doubt = (
        None if record.status in FINAL else PRELIMINARY if record.status == "preliminary" else MEASURED_WITHOUT_STATUS
    )
    diagnostic = any(coding.code in DIAGNOSTIC for category in record.category for coding in category.coding)
    return [
        Assessment(
            reference,
            day,
            measure.done or AssessmentKind.MEASUREMENT,
            measure.tool,
            measure.label,
            result.value,
            result.unit,
            measure.codes,
            measure.words,
            True,  # noqa: FBT003 - positions take half the time of names
            doubt or result.doubt,
            diagnostic,
        )
        for measure, result in measured
    ]


def report_of(
    report: DiagnosticReportResource, reference: str, own: Own, measures: Instruments, calendar: Calendar
) -> Iterable[Assessment] | str:
    """What a report contains; a test or re-evaluation without any result on record was done, its result is not seen.

    Reports of laboratory and imaging measure nothing of ours. The text is what is wrong with the date.
    """
    diagnostic = any(coding.code in DIAGNOSTIC for category in report.category for coding in category.coding)
    if report.status in NOT_TRUE or diagnostic:
        return ()
    within = list(_within(report, reference, own, measures, calendar))
    test = measures[report.code, None]
    known = own.prefetch.of(ObservationResource)
    seen = any(own.references[ref.reference].partition("/")[2] in known for ref in report.result if ref.reference)
    if within or seen or test.done is None or report.status not in REPORTED:
        return within
    day = _day(report, calendar)
    if isinstance(day, str):
        return day
    return (Assessment(reference, day, test.done, test.tool, test.label, codes=test.codes, words=test.words),)


def _within(
    record: ObservationResource | DiagnosticReportResource,
    reference: str,
    own: Own,
    measures: Instruments,
    calendar: Calendar,
) -> Iterator[Assessment]:
    """Measurements that a record contains; what they do not say of status and time themselves it says for them."""
    for local in own.references.all_contained(record):
        if not isinstance(local, ObservationResource):
            continue
        dated = _moment(local) is not None
        measured = msgspec.structs.replace(
            local,
            status=local.status or record.status,
            effective_date_time=local.effective_date_time if dated else _moment(record),
        )
        read = measurements_of(measured, reference, measures, calendar)
        if not isinstance(read, str):
            yield from read


def questionnaire(record: QuestionnaireResponseResource, reference: str, calendar: Calendar) -> Assessment | str:
    """What a filled-in questionnaire measured; its name, its address and the codes of its items tell the tool."""
    when = calendar.read_day(record.authored) if record.authored is not None else "is missing"
    if isinstance(when, str):
        return f"date {when}"
    if not when.complete:
        return "date is not complete"
    tool = record.questionnaire.partition("|")[0] if record.questionnaire else None
    name = tool.rstrip("/").rpartition("/")[2].removeprefix("#") if tool else None
    extensions = record.questionnaire_name.extension if record.questionnaire_name is not None else ()
    titles = [extension.value_string for extension in extensions if extension.value_string]
    words = [*titles, _NEXT_WORD.sub(" ", name) if name else ""]
    items = list(_items(record.item))
    results = [result for item in items for answer in item.answer if (result := _answer(answer)) is not None]
    total = _total(items)
    doubt = NO_ANSWERS if not results else IN_WORDS if all(result.doubt for result in results) else None
    return Assessment(
        reference=reference,
        date=when.date,
        kind=AssessmentKind.QUESTIONNAIRE,
        tool=tool or (titles[0].lower() if titles else None),
        label=next(iter(titles), name) or tool,
        value=total.value if total is not None else None,
        unit=total.unit if total is not None else None,
        codes=tuple(code for code in (name, *(_last_part(item.link_id) for item in items)) if code and _is_loinc(code)),
        words="\n".join(words),
        result=True,
        doubt=doubt,
    )


def _measure(concepts: Concepts) -> Instrument:
    known = [concept for concept in concepts if concept is not None]
    tool, label = tool_of(known[0]) if known else (None, None)
    codes = tuple(dict.fromkeys(coding.code for concept in known for coding in concept.coding if coding.code))
    words = [text for concept in known for text in texts(concept)]
    if len(known) > 1:
        names = [name for concept in reversed(known) if (name := tool_of(concept)[1]) is not None]
        label = ", ".join(dict.fromkeys(names)) or label
    return Instrument(tool, label, codes, "\n".join(words), next(filter(None, map(done_as, known)), None))


_kept_measure: Final = lru_cache(maxsize=1024)(_measure)


def _moment(record: ObservationResource | DiagnosticReportResource) -> str | None:
    moment = record.effective_date_time
    if moment is None and isinstance(record, ObservationResource):
        moment = record.effective_instant
    if moment is None and record.effective_period is not None:
        moment = record.effective_period.start or record.effective_period.end
    return moment or record.issued


def _day(record: ObservationResource | DiagnosticReportResource, calendar: Calendar) -> date | str:
    moment = _moment(record)
    when = calendar.read_day(moment) if moment is not None else "is missing"
    if isinstance(when, str):
        return f"date {when}"
    return when.date if when.complete else "date is not complete"


def _was_not_done(record: ObservationResource) -> bool:
    """Whether the record says that nothing was done, rather than where its result stands or nothing about it."""
    if record.data_absent_reason is not None or record.component:
        return True
    words = [*texts(record.value_codeable_concept), *([record.value_string] if record.value_string else [])]
    return any(not stands_elsewhere(text) for text in words)


def _items(items: Iterable[AnsweredItem]) -> Iterator[AnsweredItem]:
    waiting = [*items][::-1]
    while waiting:
        item = waiting.pop()
        yield item
        waiting.extend([*item.item, *(inner for answer in item.answer for inner in answer.item)][::-1])


def _answer(answer: ItemAnswer) -> Measurement | None:
    number = answer.value_decimal if answer.value_decimal is not None else answer.value_integer
    if number is not None:
        return Measurement(number)
    if answer.value_quantity is not None and answer.value_quantity.value is not None:
        return Measurement(answer.value_quantity.value, answer.value_quantity.unit)
    if answer.value_coding is not None:
        return _choice(answer.value_coding)
    return measured_in_words(answer.value_string) or DOUBTFUL if answer.value_string else None


def _choice(chosen: Coding) -> Measurement | None:
    """A chosen answer; "unable to do" is one, too."""
    if chosen.code in NO_RESULT_CODES or not (chosen.code or chosen.display):
        return None
    read = measured_in_words(chosen.display) if chosen.display else None
    return read if read is not None and read.value is not None else CODED


def _total(items: Iterable[AnsweredItem]) -> Measurement | None:
    """The one total score among the answers; several are none."""
    totals: list[Measurement] = []
    for item in items:
        named = f"{item.text or ''} {(item.link_id or '').replace('_', ' ').replace('-', ' ')}"
        if _TOTAL.search(named) and not _OTHER_SCORE.search(named):
            results = [_answer(answer) for answer in item.answer]
            totals.extend(result for result in results if result is not None and result.value is not None)
    return totals[0] if len(totals) == 1 else None


def _last_part(link: str | None) -> str | None:
    return link.rstrip("/").rpartition("/")[2] if link else None


def _is_loinc(code: str) -> bool:
    return _LOINC.fullmatch(code) is not None
