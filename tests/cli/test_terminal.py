from io import StringIO

import pytest
from rich.console import Console

from cds_service.cli.terminal import show_answer, show_gaps, show_table
from cds_service.stories import bundled

PROSE = "A worker after a fall from a ladder, with a program that grows week by week"


@pytest.mark.parametrize("columns", [1, 2, 4])
def test_names_in_the_first_column_can_be_copied_at_eighty_columns(columns):
    output = StringIO()
    names = bundled()
    show_table(
        Console(file=output, width=80),
        ("story", *("about",) * columns),
        [(name, *(PROSE,) * columns) for name in names],
    )
    lines = output.getvalue().splitlines()
    assert all(any(name in line for line in lines) for name in names)
    assert max(map(len, lines)) <= 80


COUNTS = ("shown", "accepted", "overridden", "ignored", "withheld", "shadow", "accepted of shown")


@pytest.mark.parametrize("width", [30, 60, 80, 120])
@pytest.mark.parametrize("key", ["edit", "same-day-evaluation", "https://a-long-name-of-an-ehr.example.org/fhir"])
def test_no_word_of_a_header_is_broken_at_any_width(width, key):
    output = StringIO()
    numbers = [str(number) for number in range(len(COUNTS))]
    show_table(Console(file=output, width=width), ("rule", *COUNTS), [(key, *numbers)])
    words = output.getvalue().replace(":", " ").split()
    assert all(word in words for header in COUNTS for word in header.split())
    assert all(number in words for number in numbers)


def test_counts_by_rule_fit_eighty_columns_side_by_side():
    output = StringIO()
    show_table(Console(file=output, width=80), ("rule", *COUNTS), [("same-day-evaluation", *["1"] * len(COUNTS))])
    assert any("same-day-evaluation" in line and 7 == line.count("1") for line in output.getvalue().splitlines())


def gaps_of(answer, not_sent=()):
    output = StringIO()
    show_gaps(Console(file=output, width=80), answer, not_sent)
    return " ".join(output.getvalue().split())


def answer_with(gaps, rules=("authorization", "program-duration", "plan-of-care")):
    evaluation = {"gaps": gaps, "rules": [{"id": rule, "outcome": "gap"} for rule in rules]}
    return {"cards": [], "extension": {"work-rehab-cds.evaluation": evaluation}}


def test_what_a_call_did_not_tell_is_a_table_of_fact_why_and_rules():
    gap = {"fact": "authorizations", "why": "authorizations was not given", "rules": ["authorization"]}
    printed = gaps_of(answer_with([gap]), ["authorizations", "charges"])
    assert "Prefetch keys not sent: authorizations, charges." in printed
    assert "fact why rules without an answer" in printed
    assert "authorizations authorizations was not given Prior authorization" in printed


def test_what_is_not_known_stands_below_the_cards_with_the_names_of_the_rules():
    gap = {"fact": "plan-of-care", "why": "carePlans was not given", "rules": ["plan-of-care", "no-rule-of-ours"]}
    answer = answer_with([gap])
    answer["extension"]["work-rehab-cds.evaluation"] |= {"dateOfService": "2026-03-16", "policies": ["generic"]}
    output = StringIO()
    show_answer(Console(file=output, width=80), answer)
    assert "Not known for Plan of care, no-rule-of-ours: carePlans was not given" in output.getvalue()


def test_a_fact_that_every_rule_misses_does_not_list_them_all():
    gap = {"fact": "patient", "why": "not sent", "rules": ["authorization", "plan-of-care", "program-duration"]}
    assert "patient not sent every rule" in gaps_of(answer_with([gap]))


def test_a_call_that_told_everything_and_one_about_something_else_are_not_mistaken_for_each_other():
    assert "Nothing was missing: every rule had the facts that it needs." == gaps_of(answer_with([]))
    assert "This call is not about work rehabilitation, so no rule was asked." == gaps_of({"cards": []})


def test_a_table_without_rows_shows_its_header():
    output = StringIO()
    show_table(Console(file=output, width=80), ("story", "about"), [])
    assert "story" in output.getvalue()
