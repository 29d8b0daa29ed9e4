"""Policy values as cards, pages and the terminal say them."""

import pytest

from cards.policy_values import in_short, value_in_words
from cds_service.domain.codes import Program

ELEMENTS = ["patient", "services", "amount", "proposed-date", "requester", "facility"]
UNIT = "form, who asks and signs, business days to the answer, extension and limits of a request"


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        ({"days": 3, "extension": "concurrent-review"}, UNIT, "answered within 3 business days; an extension needs: "),
        ({"days": 1}, UNIT, "answered within 1 business day"),
        (
            {"treatments": 15, "within_days": 120, "ahead_days": 7},
            UNIT,
            "at most 15 treatments in a request; within 120",
        ),
        ({"attachment_days": 30}, UNIT, "attached documents at most 30 days old"),
        ({"PT": 2330, "SLP": 2330}, "US dollars by discipline", "PT: $2,330; SLP: $2,330"),
        ({"initial": 4, "interim": 2}, "hours by kind", "initial: 4 hours; interim: 2 hours"),
    ],
)
def test_a_number_says_what_it_counts(value, unit, words):
    assert value_in_words(value, unit).startswith(words)


def test_parts_with_commas_of_their_own_are_told_apart():
    assert "the services asked for, with codes; the number of treatments" in value_in_words(ELEMENTS)
    assert "a baseline performance test, education given" == value_in_words(
        ["a baseline performance test", "education given"]
    )


def test_a_long_list_says_how_it_begins_and_how_many_more_there_are():
    assert "the patient's name; the services asked for, with codes and 4 more" == in_short(ELEMENTS)


def test_a_single_long_part_is_said_whole():
    words = "prior approval in writing by the adjuster who is named on the carrier's letter of acceptance"
    assert words == in_short([words]) == in_short(words)


def test_a_long_list_of_which_not_two_parts_fit_says_how_many_there_are():
    long = "prior approval in writing by the adjuster who is named on the carrier's letter of acceptance"
    assert "2 items" == in_short([long, "education given"])
    assert "an extension needs: concurrent review and 1 more" == in_short(
        {"extension": "concurrent-review", "asked_by": long}
    )


def test_what_holds_for_both_kinds_of_program_is_said_once():
    criteria = ["accepted-condition", "referral", "able-to-take-part", "job-goal"]
    by_program = dict.fromkeys(Program, criteria)

    assert value_in_words(criteria) == value_in_words(by_program)
    assert in_short(criteria) == in_short(by_program)
    assert in_short(by_program).endswith(" and 2 more")


def test_a_short_list_and_a_table_are_said_as_they_are():
    assert "97537, S9117" == in_short(["97537", "S9117"])
    assert "table of 2 rows" == in_short([{"column1": "97545", "column2": "97530"}] * 2)


def test_a_table_of_one_row_is_that_row():
    assert "paid: 97545; not paid beside it: 97140; together: never" == in_short(
        [{"column1": "97545", "column2": "97140", "indicator": 0}]
    )
