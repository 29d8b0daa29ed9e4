from datetime import date

import pytest

from cds_service.fhir.chart.granted_amounts import (
    Granted,
    amount_in_words,
    end_in_words,
    is_less_than_asked,
    quantity_of,
)
from cds_service.fhir.reading.elements import Quantity


@pytest.mark.parametrize(
    ("words", "granted"),
    [
        ("Approved. 12 visits thru 12/22/2026", Granted(12, "visits")),
        ("Approved: 9 sessions of work hardening", Granted(9, "visits")),
        ("nine (9) treatments certified", Granted(9, "visits")),
        ("Certified 48 hours", Granted(48, "hours")),
        ("Modified: 8 of 12 visits approved", Granted(8, "visits")),
        ("12 additional PT visits approved", Granted(12, "visits")),
        ("Approved 3x/week x 4 weeks", Granted(12, "visits")),
        ("Approved 3 visits per week for 4 weeks", Granted(12, "visits")),
        ("Approved 12 visits within 6 weeks", Granted(12, "visits")),
    ],
)
def test_words_of_an_approval_tell_an_amount(words, granted):
    assert amount_in_words(words) == granted


@pytest.mark.parametrize(
    "words",
    [
        None,
        "Approved",
        "Approved 4 weeks of work hardening",
        "Approved 4 hours per day",
        "Approved 3 visits a week",
        "12 visits requested, approved",
        "2 visits denied",
        "Approved 12 visits, 48 hours",
        "Approved; appeal within 24 hours",
        "Approved 97545 x 9",
    ],
)
def test_words_without_one_clear_amount_tell_none(words):
    assert amount_in_words(words) is None


def test_words_say_that_less_was_approved_than_asked():
    assert is_less_than_asked("Partially approved: 6 visits")
    assert is_less_than_asked("8 of 12 visits")
    assert not is_less_than_asked("Approved 12 visits")


@pytest.mark.parametrize(
    ("unit", "granted"),
    [("Visit(s)", Granted(9, "visits")), ("tx", Granted(9, "visits")), ("VS", Granted(9, "visits")),
     ("weeks", Granted(9, "weeks")), ("wk", Granted(9, "wk")), ("1", Granted(9, None)), (None, Granted(9, None))],
)  # fmt: skip
def test_a_unit_that_is_not_known_stays_as_written(unit, granted):
    assert quantity_of(Quantity(value=9, unit=unit)) == granted


@pytest.mark.parametrize(
    ("words", "end"),
    [
        ("Approved through 11/20/2026", date(2026, 11, 20)),
        ("Authorization expires: 2026-11-20", date(2026, 11, 20)),
        ("12 visits thru 1/5/2027", date(2027, 1, 5)),
        ("Approved through 13/45/2026", None),
        ("Approved on 11/20/2026", None),
        ("Approved", None),
        (None, None),
    ],
)
def test_words_tell_through_which_day(words, end):
    assert end_in_words(words) == end
