"""A program for a page: the picture, the paragraph, the table, and what is not known."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from cards.gaps import plain_sentences
from cards.markdown import one_line
from cards.numbers import capital, quantity
from cards.policy_values import how_sure, value_in_words
from cards.timeline.layout import MOST_WEEKS
from cards.timeline.picture import svg
from cards.timeline.timeline_words import Glance, glances, summary, title
from cards.timeline.week_rows import HEADINGS, WeekRow, week_rows
from cds_service.domain.program_timeline import Timeline
from cds_service.domain.values import Json, Parameter, PolicyValue


@dataclass(frozen=True, slots=True)
class ProgramView:
    """What a page shows of a program; all but ``picture`` is plain text that the page escapes."""

    title: str
    picture: Markup
    glances: tuple[Glance, ...]
    summary: str
    headings: tuple[str, ...]
    rows: tuple[WeekRow, ...]
    notes: tuple[str, ...]
    sources: tuple[str, ...]


def program_view(timeline: Timeline) -> ProgramView:
    """The picture of a program in all its forms."""
    hidden = len(timeline.weeks) - MOST_WEEKS
    cut = (f"The picture shows the last {MOST_WEEKS} weeks; the table has all.",) if hidden > 0 else ()
    programs = "1 other program is" if timeline.other_programs == 1 else f"{timeline.other_programs} other programs are"
    elsewhere = (f"{programs} on record; visits of other programs are not shown.",) if timeline.other_programs else ()
    return ProgramView(
        title=title(timeline),
        picture=svg(timeline),
        glances=glances(timeline),
        summary=one_line(summary(timeline)),
        headings=HEADINGS,
        rows=tuple(row.printable for row in week_rows(timeline)),
        notes=(*cut, *elsewhere, *map(one_line, plain_sentences(timeline.unknown))),
        sources=tuple(_source(parameter, value) for parameter, value in timeline.values),
    )


def _source(parameter: Parameter[Any], value: PolicyValue[Any]) -> str:
    """``Weeks allowed without approval: 6 weeks (verified; 28 TAC 134.600)``."""
    place = ", ".join(filter(None, (value.source.title, value.source.paragraph)))
    asked = isinstance(value.plain, Mapping) and _time_to_ask(value.plain)
    words = asked or value_in_words(value.plain, parameter.unit)
    return f"{capital(parameter.label)}: {words} ({how_sure(value.confidence, value.policy)}; {place})"


def _time_to_ask(request: Mapping[str, Json]) -> str:
    """``answered within 3 business days``: how long before a request has to be made; empty where it does not say."""
    answered, ahead = request.get("days"), request.get("ahead_days")
    said = (
        f"answered within {quantity(answered, 'business days')}" if isinstance(answered, int) else "",
        f"sent {quantity(ahead, 'days')} ahead" if isinstance(ahead, int) else "",
    )
    return ", ".join(filter(None, said))
