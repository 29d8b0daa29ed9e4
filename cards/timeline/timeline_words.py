"""A program in words: six answers at a glance, and one paragraph that says the same."""

from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple

from cards.markdown import one_line
from cards.numbers import capital, day, days, listed, number, quantity
from cards.numbers import program as program_words
from cds_service.domain.chart import Fact
from cds_service.domain.codes import FIRST_BLOCK, FURTHER_HOUR
from cds_service.domain.coverage_and_claims import AuthorizationState
from cds_service.domain.findings import Days
from cds_service.domain.program_timeline import AmountLeft, Timeline, Until, WeekOfProgram
from cds_service.domain.units import Units

NOT_KNOWN: Final = "not known"
PENDING: Final = "answer pending"
NOT_ALL_ANSWERS: Final = "not all answers sent"
BETWEEN: Final = " \u00b7 "


class Glance(NamedTuple):
    """One answer: what it is about, the answer, and what belongs beside it; ``urgent`` asks for something now."""

    about: str
    answer: str
    beside: str = ""
    urgent: bool = False

    @property
    def lines(self) -> list[str]:
        """The answer line by line, where it has one for each code."""
        return self.answer.split(BETWEEN)


def units_in_words(made: Units) -> str:
    """``97545 x12, 97546 x24``."""
    lines = ((FIRST_BLOCK, made.first), (FURTHER_HOUR, made.further))
    return ", ".join(f"{code} x{count}" for code, count in lines if count) or "no units"


def name_of_week(timeline: Timeline, week: WeekOfProgram) -> str:
    """``Week 3``; ``Before`` the first one; ``Week ?`` where the first visit may be missing."""
    if week.number is not None:
        return f"Week {week.number}"
    return "Week ?" if Fact.SESSIONS in timeline.unsure else "Before"


def week_in_words(week: WeekOfProgram, today: date) -> str:
    """``Mar 16 to Mar 22``."""
    return days(Days(week.first, week.last), today)


def amount_left_in_words(amount: AmountLeft) -> str:
    """``36 of 96 hours``, with the code in front where the approval is by code."""
    code = f"{amount.code}: " if amount.code else ""
    return f"{code}{number(amount.left)} of {quantity(amount.approved, amount.unit)}"


def left_and_over(amount: AmountLeft) -> str:
    """``36 of 96 hours left``; where more was used than approved, by how much."""
    over = f", {quantity(amount.over, amount.unit)} over" if amount.over else ""
    return f"{amount_left_in_words(amount)} left{over}"


def glances(timeline: Timeline) -> tuple[Glance, ...]:
    """The six answers: week, visits, what is left, next measurement, end of the approval, last safe day to ask."""
    answers = (
        _week(timeline),
        _visits(timeline),
        _left(timeline),
        _measurement(timeline),
        _approval(timeline),
        _ask(timeline),
    )
    return tuple(glance._replace(answer=one_line(glance.answer), beside=one_line(glance.beside)) for glance in answers)


def summary(timeline: Timeline) -> str:
    """The six answers in one paragraph."""
    return " ".join(filter(None, _sentences(timeline)))


def title(timeline: Timeline) -> str:
    """``Work hardening: week 3 of 6``."""
    about = capital(program_words(timeline.program))
    week = _week(timeline)
    return f"{about}, week {week.answer}" if week.answer[:1].isdigit() else about


def _week(timeline: Timeline) -> Glance:
    week, limit = timeline.week, timeline.limit
    if Fact.SESSIONS in timeline.unsure:
        return Glance("Week", NOT_KNOWN, "not all visits sent")
    if week is None or week.number is None or week.first > timeline.day:
        return Glance("Week", "not begun" if not timeline.treated else NOT_KNOWN)
    past = limit is not None and timeline.day > limit.last_day
    of = f" of {limit.weeks}" if limit is not None and not past else ""
    beyond = f"past the {limit.weeks} weeks" if limit is not None and past else week_in_words(week, timeline.today)
    return Glance("Week", f"{week.number}{of}", beyond, past and not timeline.approved)


def _visits(timeline: Timeline) -> Glance:
    count = len(timeline.treated)
    made = timeline.units
    untimed = sum(visit.units is None for visit in timeline.treated)
    said = quantity(made.first + made.further, "units") if count > untimed else "units not known"
    more = f", time of {quantity(untimed, 'visits')} not known" if 0 < untimed < count else ""
    booked = f", {len(timeline.booked)} booked" if timeline.booked else ""
    sent = ", as far as sent" if Fact.SESSIONS in timeline.unsure else ""
    return Glance("Visits so far", str(count), f"{said}{more}{booked}{sent}" if count else f"none yet{booked}{sent}")


def _left(timeline: Timeline) -> Glance:
    about = "Left of the approval"
    if not timeline.amounts:
        known = not timeline.approved and Fact.AUTHORIZATIONS not in timeline.unsure
        return Glance(about, "no approval" if known else NOT_KNOWN, _why_no_amount(timeline))
    ends = [amount.runs_out for amount in timeline.amounts if amount.runs_out is not None and amount.left]
    used_up = any(not amount.left for amount in timeline.amounts)
    lasts = f"at this pace to {day(min(ends), timeline.today)}" if ends else "enough at this pace"
    if not ends and any(amount.left for amount in timeline.amounts) and timeline.approved_to is None:
        lasts = "no pace yet"
    return Glance(
        about,
        BETWEEN.join(map(amount_left_in_words, timeline.amounts)),
        "used up" if used_up else lasts,
        used_up,
    )


def _why_no_amount(timeline: Timeline) -> str:
    if Fact.AUTHORIZATIONS in timeline.unsure:
        return NOT_ALL_ANSWERS
    if timeline.approved:
        return "no amount to count" if Fact.SESSIONS not in timeline.unsure else "not all visits sent"
    return ""


def _measurement(timeline: Timeline) -> Glance:
    about, due = "Next measurement", timeline.measure_by
    if due is None:
        return Glance(about, NOT_KNOWN, "not all were sent" if Fact.ASSESSMENTS in timeline.unsure else "")
    if due < timeline.day:
        return Glance(about, "overdue", f"was due {day(due, timeline.today)}", urgent=True)
    return Glance(about, "today" if due == timeline.today else f"by {day(due, timeline.today)}", urgent=False)


def _approval(timeline: Timeline) -> Glance:
    about = "Approval ends"
    if timeline.approved:
        number_of = next((answer.number for answer in timeline.answers if answer.covers(timeline.day)), None)
        end = day(timeline.approved_to, timeline.today) if timeline.approved_to is not None else "no end on record"
        return Glance(about, end, number_of or "")
    if Fact.AUTHORIZATIONS in timeline.unsure:
        return Glance(about, NOT_KNOWN, NOT_ALL_ANSWERS)
    if timeline.newest is None:
        return (
            Glance(about, "number only", "no dates on record") if _weak(timeline) else Glance(about, "none on record")
        )
    said = "none in force" if timeline.newest is AuthorizationState.APPROVED else timeline.newest.value
    return Glance(about, said, "the payer's last answer", timeline.newest is not AuthorizationState.NOT_REQUIRED)


def _weak(timeline: Timeline) -> bool:
    """Whether of an approval no more than a number is on record."""
    return any(answer.weak for answer in timeline.answers)


def _ask(timeline: Timeline) -> Glance:
    about, ask = "Last safe day to ask", timeline.ask_by
    if ask is None:
        known = timeline.unsure.isdisjoint({Fact.AUTHORIZATIONS, Fact.SESSIONS})
        return Glance(about, "nothing ends" if known else NOT_KNOWN)
    if timeline.newest is AuthorizationState.PENDING and (ask.now or ask.date < timeline.day):
        return Glance(about, PENDING, "none in force", urgent=True)
    if ask.now:
        beside = "required, none in force" if ask.why is Until.MISSING else "the amount is used up"
        return Glance(about, "ask now", beside, urgent=True)
    if ask.date < timeline.day:
        return Glance(about, "ask now", f"was {day(ask.date, timeline.today)}", urgent=True)
    return Glance(about, day(ask.date, timeline.today), f"{ask.lead} days before {day(ask.ends, timeline.today)}")


def _sentences(timeline: Timeline) -> Iterator[str]:
    yield _sentence_on_week(timeline)
    made = f" ({units_in_words(timeline.units)})" if timeline.units.first else ""
    yield f"{capital(quantity(len(timeline.treated), 'visits'))} so far, {_visits(timeline).beside}{made}."
    if timeline.amounts:
        amounts = listed([left_and_over(amount) for amount in timeline.amounts])
        yield f"Of the approval: {amounts}, {_left(timeline).beside}."
    yield _sentence_on_measurement(timeline)
    yield _sentence_on_approval(timeline)
    yield _sentence_on_asking(timeline)


def _sentence_on_week(timeline: Timeline) -> str:
    about = program_words(timeline.program) + (f" for {timeline.injury}" if timeline.injury else "")
    week = _week(timeline)
    if week.answer[:1].isdigit():
        return f"Week {week.answer} of {about}, {week.beside}."
    return f"{capital(about)}; its week is {week.answer}{f': {week.beside}' if week.beside else ''}."


def _sentence_on_measurement(timeline: Timeline) -> str:
    due = timeline.measure_by
    if due is None:
        why = ": not all measurements were sent" if Fact.ASSESSMENTS in timeline.unsure else ""
        return f"When the next measurement is due is not known{why}."
    return f"The next measurement {'was' if due < timeline.day else 'is'} due {day(due, timeline.today)}."


def _sentence_on_approval(timeline: Timeline) -> str:
    approval = _approval(timeline)
    named = f" {approval.beside}" if approval.beside else ""
    if timeline.approved_to is not None:
        return f"The approval{named} ends {approval.answer}."
    if timeline.approved:
        return f"The approval{named} has no end on record."
    if Fact.AUTHORIZATIONS in timeline.unsure:
        return "Whether there is an approval is not known: the payer's answers were not all sent."
    if timeline.newest is None and _weak(timeline):
        return "Only the number of an approval is on record, without dates."
    if timeline.newest in {None, AuthorizationState.APPROVED}:
        return f"No approval is {'on record' if timeline.newest is None else 'in force'}."
    return f"No approval is in force; the payer's last answer is: {approval.answer}."


def _sentence_on_asking(timeline: Timeline) -> str:
    """The last day to ask; nothing more where the sentence before says that the answer is pending."""
    due, today = timeline.ask_by, timeline.today
    if due is None:
        known = timeline.unsure.isdisjoint({Fact.AUTHORIZATIONS, Fact.SESSIONS})
        return "Nothing on record ends." if known else "The last safe day to ask for more is not known."
    if _ask(timeline).answer == PENDING:
        return ""
    if due.now:
        return f"Ask for more now: {due.why}."
    last = f"{day(due.date, today)}, {due.lead} days before {due.why} on {day(due.ends, today)}"
    if due.date < timeline.day:
        return f"Ask for more now: the last safe day was {last}."
    return f"The last safe day to ask for more is {last}."
