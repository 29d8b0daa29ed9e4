import json
from dataclasses import replace
from datetime import date

import pytest

from cards.composition import compose
from cards.envelope import CardSettings
from cards.explanation import EVALUATION_EXTENSION, FINDING_EXTENSION
from cards.groups import TOPIC_ORDER
from cards.wording import WordingError
from cds_service.domain.findings import Evidence, Outcome, Proposal, RuleOutcome, Severity, Topic
from cds_service.domain.values import Parameter, PayerQuestion
from cds_service.ehr.judging import problems
from tests.cards.card_examples import (
    PUBLIC_URL,
    SETTINGS,
    SOURCE,
    a_finding,
    a_gap,
    a_value,
    actions_for,
    an_evaluation,
    charges,
)


def answer(*findings, actions=None, settings=SETTINGS, **changed):
    """Compose and check against the specification: no test of this module accepts an invalid answer."""
    response = json.loads(compose(an_evaluation(*findings, **changed), actions or {}, settings).response.encoded)
    assert problems(response, link_hosts={"rehab.example.org"}, max_cards=settings.max_cards) == []
    return response


def only_card(*findings, **options):
    cards = answer(*findings, **options)["cards"]
    assert len(cards) == 1
    return cards[0]


def explained(card):
    return card["extension"][FINDING_EXTENSION]


def program_modifier(**changed):
    return a_finding(
        "program-modifier",
        "program-modifier.lines",
        Topic.MODIFIER,
        severity=Severity.INFO,
        facts={"modifier": "WH", "program": "hardening"},
        joins="visit-charges",
        values=(a_value("modifiers.program", {"hardening": "WH"}, confidence="verified"),),
        evidence=(Evidence("program", "hardening", "CarePlan/plan-1"),),
        **changed,
    )


def work_relation(**changed):
    return a_finding("work-relation", "work-relation.missing", Topic.COVERAGE, facts={}, values=(), **changed)


def test_a_card_has_every_part_the_contract_names():
    finding = charges()
    card = only_card(finding, actions=actions_for(finding))

    assert {
        "uuid",
        "summary",
        "indicator",
        "source",
        "detail",
        "suggestions",
        "selectionBehavior",
        "overrideReasons",
        "links",
        "extension",
    } == set(card)
    assert {"system": f"{PUBLIC_URL}/CodeSystem/topic", "code": "units", "display": "Units"} == card["source"]["topic"]
    assert [f"{PUBLIC_URL}/rules/visit-charges", f"{PUBLIC_URL}/policies/invented-payer"] == [
        link["url"] for link in card["links"]
    ]


def test_the_detail_shows_facts_in_a_table_and_the_deciding_value_with_source_and_confidence():
    evidence = (Evidence("last measured", date(2026, 3, 9), "Observation/lift-1"), Evidence("visits since", 3))
    detail = only_card(a_finding(evidence=evidence))["detail"]

    assert "| Last measured: | Mar 9 |" in detail
    assert "| Visits since: | 3 |" in detail
    assert (
        "Value: 7 (our default; not in the payer's own text; [Invented Payer Guide 2(A)](https://payer.example.org/guide?a=%281%29))."
        in detail
    )
    assert "Observation/lift-1" not in detail


def test_a_general_default_says_that_no_rule_of_the_payer_is_on_file():
    detail = only_card(a_finding(values=(a_value(policy="generic", confidence="default"),)))["detail"]
    assert "our default; no rule of this payer on file" in detail


def test_the_deciding_value_has_label_and_unit_of_its_parameter():
    name = "reassessment.interval_days"
    interval = Parameter(name, "reassessment every", int, "days", "Longest time between objective assessments.")
    settings = replace(SETTINGS, parameters={name: interval})

    assert "Reassessment every: 7 days (" in only_card(a_finding(), settings=settings)["detail"]


def test_chart_text_is_inert_in_every_part_of_the_card():
    evil = "<img src=x>|**b**[l](https://evil.example)"
    card = only_card(
        a_finding(evidence=(Evidence(evil, evil, "Observation/1"),), caveats=(a_gap(evil),), subject=evil),
    )

    assert "<" not in card["detail"]
    assert "**b**" not in card["detail"]
    assert "](https://evil" not in card["detail"]


def test_what_is_not_known_and_what_to_ask_stand_at_the_end():
    doubtful = a_value(value=14, confidence="unverified", policy="other-payer", source=replace(SOURCE, href=None))
    finding = a_finding(values=(a_value(unverified=(PayerQuestion(doubtful),)),), caveats=(a_gap(),))
    card = only_card(finding)

    assert ["- One treatment has no end.", "- Confirm with the payer: value: 14 (Invented Payer Guide)"] == (
        card["detail"].splitlines()[-2:]
    )
    assert [14] == [question["value"] for question in explained(card)["questions"]]


def test_many_facts_are_cut_to_a_short_table():
    many = tuple(Evidence(f"visit {index}", index, f"Procedure/{index}") for index in range(30))
    card = only_card(a_finding(evidence=many))

    assert "| More facts: | 25 |" in card["detail"]
    assert len(explained(card)["evidence"]) == 30


def test_the_explanation_has_rule_policy_value_date_confidence_citations_and_evidence():
    assert {
        "rule": "reassessment",
        "kind": "reassessment.overdue",
        "policy": "invented-payer",
        "parameter": "reassessment.interval_days",
        "value": 7,
        "from": "2024-01-01",
        "confidence": "default",
        "citations": [
            {
                "title": "Invented Payer Guide",
                "paragraph": "2(A)",
                "href": "https://payer.example.org/guide?a=(1)",
                "retrieved": "2026-01-02",
            }
        ],
        "evidence": [{"reference": "Observation/lift-1", "fact": "last measured", "value": "2026-03-09"}],
        "values": [
            {
                "parameter": "reassessment.interval_days",
                "value": 7,
                "policy": "invented-payer",
                "from": "2024-01-01",
                "confidence": "default",
            }
        ],
    } == explained(only_card(a_finding()))


def test_a_whole_table_as_policy_value_is_counted_not_copied():
    pairs = [{"column1": "97545", "column2": str(97000 + number)} for number in range(300)]
    card = only_card(a_finding(values=(a_value("edits.pairs", pairs),)))

    assert "300 entries" == explained(card)["value"]
    assert "table of 300 rows" in card["detail"]


def test_empty_parts_of_a_policy_value_are_left_out_and_zero_is_kept():
    card = only_card(a_finding(values=(a_value("x.y", {"a": None, "b": "", "c": [], "d": 0, "e": False}),)))

    assert {"d": 0, "e": False} == explained(card)["value"]


def test_a_finding_without_policy_value_says_so_by_leaving_the_policy_out():
    assert {"rule", "kind", "evidence"} == set(explained(only_card(work_relation())))


def test_warnings_come_first_then_the_money_at_stake():
    findings = [
        a_finding("a", topic=topic, severity=severity, subject=f"{severity} {topic}")
        for severity in (Severity.INFO, Severity.WARNING)
        for topic in reversed(TOPIC_ORDER)
    ]
    cards = answer(*findings, settings=replace(SETTINGS, max_cards=16))["cards"]

    expected = [(severity, topic) for severity in ("warning", "info") for topic in TOPIC_ORDER]
    assert expected == [(card["indicator"], card["source"]["topic"]["code"]) for card in cards]


def test_every_topic_has_a_rank():
    assert set(Topic) == set(TOPIC_ORDER)


def test_equal_findings_are_ordered_by_rule_then_subject_whatever_the_order_they_come_in():
    findings = [a_finding(rule, subject=subject) for rule in ("b", "a") for subject in ("2", "1")]
    forth, back = answer(*findings), answer(*reversed(findings))

    assert ["a", "a", "b", "b"] == [explained(card)["rule"] for card in forth["cards"]]
    assert forth["cards"] == back["cards"]


def test_no_more_cards_than_allowed_and_the_rest_is_named():
    findings = [a_finding(subject=str(number)) for number in range(7)]
    response = answer(*findings)

    assert len(response["cards"]) == 5
    withheld = {
        "rule": "reassessment",
        "why": "max_cards",
        "summary": "Reassessment overdue by 2 days: last measured Mar 9",
    }
    assert [withheld, withheld] == response["extension"][EVALUATION_EXTENSION]["withheld"]


def test_one_finding_is_one_card_even_when_it_is_given_twice():
    assert only_card(a_finding(), a_finding())


def test_a_finding_that_joins_is_told_on_the_card_of_the_other_rule():
    card = only_card(program_modifier(), charges())

    assert "visit-charges" == explained(card)["rule"]
    assert "This payer requires WH" in card["detail"]
    assert "hardening" in card["detail"]
    assert [{"rule": "program-modifier", "kind": "program-modifier.lines", "summary": "Add WH for work hardening"}] == (
        explained(card)["joined"]
    )
    assert ["time.first_unit_full_minutes", "modifiers.program"] == [
        value["parameter"] for value in explained(card)["values"]
    ]
    assert ["visit-charges", "program-modifier", "invented-payer"] == [
        link["url"].rpartition("/")[2] for link in card["links"]
    ]


def test_a_finding_that_joins_a_rule_without_card_gets_its_own():
    assert "program-modifier" == explained(only_card(program_modifier()))["rule"]


def test_a_joining_finding_prefers_the_card_about_the_same_subject():
    cards = answer(charges(subject="2026-03-17"), charges(), program_modifier())["cards"]

    assert [False, True] == ["joined" in explained(card) for card in cards]


def test_folding_a_warning_into_an_information_makes_the_card_a_warning():
    assert "warning" == only_card(charges(), replace(program_modifier(), severity=Severity.WARNING))["indicator"]


def test_a_suggestion_has_label_actions_and_recommendation():
    finding = charges()
    card = only_card(finding, actions=actions_for(finding))
    [suggestion] = card["suggestions"]

    assert "Draft the claim: 97545-WH-GP x1, 97546-WH-GP-CQ x2" == suggestion["label"]
    assert suggestion["isRecommended"] is True
    assert "at-most-one" == card["selectionBehavior"]
    assert "create" == suggestion["actions"][0]["type"]


def test_a_proposal_without_actions_gives_no_suggestion():
    card = only_card(charges())

    assert "suggestions" not in card
    assert "selectionBehavior" not in card


def test_only_one_suggestion_is_recommended_and_the_word_is_absent_otherwise():
    finding = charges(proposals=tuple(Proposal("charges", (), recommended=True) for _ in range(3)))
    suggestions = only_card(finding, actions=actions_for(finding))["suggestions"]

    assert [True, None, None] == [suggestion.get("isRecommended") for suggestion in suggestions]
    assert len({suggestion["uuid"] for suggestion in suggestions}) == 3


def test_a_proposal_without_label_of_its_own_is_called_after_its_first_action():
    finding = charges(proposals=(Proposal("unheard-of", ()),))

    assert "Create the draft claim" == only_card(finding, actions=actions_for(finding))["suggestions"][0]["label"]


def test_a_label_knows_the_facts_of_its_proposal():
    finding = charges(proposals=(Proposal("charges", (), facts={"lines": ()}),))
    [suggestion] = only_card(finding, actions=actions_for(finding))["suggestions"]

    assert "Draft the claim: no work-rehab lines" == suggestion["label"]


@pytest.mark.parametrize(("allowed", "behavior"), [(True, "any"), (False, "at-most-one")])
def test_suggestions_of_several_findings_may_be_combined_where_the_client_can(allowed, behavior):
    findings = charges(), program_modifier(proposals=(Proposal("modifiers", ()),))
    card = only_card(*findings, actions=actions_for(*findings), settings=replace(SETTINGS, selection_any=allowed))

    assert behavior == card["selectionBehavior"]


def test_the_evaluation_tells_policies_rules_and_what_was_missing():
    evaluation = answer(a_finding())["extension"][EVALUATION_EXTENSION]

    assert ["generic", "invented-payer"] == evaluation["policies"]
    assert "2026-03-18" == evaluation["dateOfService"]
    assert [{"id": "reassessment", "outcome": "fired"}, {"id": "intensity", "outcome": "quiet"}] == evaluation["rules"]
    assert [
        {
            "fact": "coverage",
            "rules": ["authorization"],
            "why": "the server \u2039b\u203arefused\u2039/b\u203a",
            "reference": "Coverage/c1",
        }
    ] == evaluation["gaps"]
    assert "withheld" not in evaluation


def test_nothing_found_is_an_empty_list_of_cards_with_the_evaluation():
    response = answer(gaps=(), episode=None, policies=())

    assert [] == response["cards"]
    assert {"id", "dateOfService", "rules"} == set(response["extension"][EVALUATION_EXTENSION])


def test_a_call_about_something_else_is_answered_with_no_cards_only():
    rules = (RuleOutcome("visit-charges", Outcome.NOT_APPLICABLE, "no work-rehab service on this date"),)

    assert {"cards": []} == answer(rules=rules)
    assert () == compose(None, {}, SETTINGS).cards


def test_the_same_input_gives_the_same_answer():
    finding = charges()
    first, second = (answer(finding, a_finding(), actions=actions_for(finding)) for _ in range(2))

    assert first == second


def test_another_hook_call_gives_other_uuids_and_the_same_guidance():
    first, second = only_card(a_finding()), only_card(a_finding(), settings=replace(SETTINGS, hook_instance="other"))

    assert first.pop("uuid") != second.pop("uuid")
    assert first == second


def test_a_kind_without_words_is_an_error():
    with pytest.raises(WordingError, match=r"reassessment\.unheard-of: no wording file"):
        answer(a_finding(kind="reassessment.unheard-of"))


@pytest.mark.parametrize("url", ["ftp://rehab.example.org", "rehab.example.org", "https://rehab.example.org/"])
def test_links_need_a_public_address_without_slash_at_the_end(url):
    with pytest.raises(ValueError, match="public_url"):
        CardSettings(public_url=url, source_label="x", hook_instance="x", service="x", today=date(2026, 1, 1))


def test_a_value_whose_source_gives_no_date_shows_none():
    card = only_card(a_finding(values=(a_value(since=date(2000, 1, 1), dated=False),)))
    assert "2000" not in card["detail"]
    assert card["extension"][FINDING_EXTENSION]["values"][0]["dated"] is False


def test_a_value_with_an_effective_date_shows_it():
    card = only_card(a_finding(values=(a_value(since=date(2024, 1, 1), note="Read in print."),)))
    value = card["extension"][FINDING_EXTENSION]["values"][0]
    assert "2024-01-01" == value["from"]
    assert "dated" not in value


def test_the_note_of_a_value_travels_with_it():
    noted = only_card(a_finding(values=(a_value(note="Our reading."),)))["extension"][FINDING_EXTENSION]["values"]
    plain = only_card(a_finding(values=(a_value(),)))["extension"][FINDING_EXTENSION]["values"]
    assert (["Our reading."], [None]) == ([value["note"] for value in noted], [value.get("note") for value in plain])


def test_sources_that_differ_on_an_applied_value_are_shown():
    card = only_card(a_finding(values=(a_value(conflict="Weekly, or every two weeks."),)))
    assert ": Weekly, or every two weeks." in card["detail"].partition("Sources differ on ")[2]
    assert "Weekly, or every two weeks." == card["extension"][FINDING_EXTENSION]["values"][0]["conflict"]


def test_a_question_of_a_finding_is_asked_beside_those_of_its_values():
    asked = a_value("authorization.exempt_if", ["accredited-and-listed"], confidence="unverified")
    card = only_card(a_finding(questions=(PayerQuestion(asked),)))
    assert "accredited and on the payer's list" in card["detail"].partition("- Confirm with the payer: ")[2]
