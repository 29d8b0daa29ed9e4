"""What calls leave for the insights: which facts were missing, which lines were suggested; and what it comes to."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from alembic import command
from sqlalchemy import insert, select, text

from cds_service.domain.fees import Fee, fee_table
from cds_service.domain.findings import ChargeLine, DraftCharges, Proposal
from cds_service.records.entries import drafted_as_kept
from cds_service.records.insight_lists import (
    CallsWanted,
    CardsWanted,
    calls_in_list,
    cards_in_list,
    listed_calls,
    listed_cards,
)
from cds_service.records.insights import Chosen, card_counts, in_all
from cds_service.records.insights_of_calls import call_counts, facts_missing, latencies
from cds_service.records.insights_of_charges import charges_in_dollars, drafted_lines
from cds_service.records.record_tables import Base, DecisionRow
from cds_service.records.sign_in_attempts import (
    MOST_IN_ALL,
    MOST_OF_AN_ADDRESS,
    WINDOW,
    SignInAttempts,
    end_session,
    has_ended,
)
from cds_service.stories import load
from tests.records.keeping import NOW, OVERDUE, TODAY, accepted, overridden
from tests.records.test_database import script
from tests.security.signing import ISSUER

FEES = fee_table(
    [
        Fee("97545", frozenset(), Decimal(180), date(2026, 1, 1)),
        Fee("97546", frozenset(), Decimal(90), date(2026, 1, 1)),
    ]
)


def charges(cards):
    return next(card for card in cards if card["extension"]["work-rehab-cds.finding"]["rule"] == "visit-charges")


def lines_of(card):
    """Codes, modifiers and units of the claim that a card's first suggestion drafts."""
    (action,) = card["suggestions"][0]["actions"]
    return [
        (
            item["productOrService"]["coding"][0]["code"],
            tuple(modifier["coding"][0]["code"] for modifier in item.get("modifier", ())),
            item["quantity"]["value"],
        )
        for item in action["resource"]["item"]
    ]


def test_a_call_leaves_the_facts_that_its_gaps_name(kept):
    sent = load(OVERDUE, TODAY).request()["prefetch"]
    answer = kept.call(prefetch={key: sent[key] for key in sent if key not in {"coverage", "carePlans"}}).json
    gaps = {gap["fact"] for gap in answer["extension"]["work-rehab-cds.evaluation"]["gaps"]}
    (row,) = kept.written().rows("SELECT missing FROM decision")
    assert gaps == set(row.missing.split()) != set()
    assert dict.fromkeys(gaps, 1) == {row.fact: row.calls for row in facts_missing(kept.records.database)}


def test_a_suggestion_leaves_the_lines_that_it_drafts_and_nothing_else_of_the_visit(kept):
    card = charges(kept.call("texas-hardening-pt-pta").json["cards"])
    (row,) = kept.written().rows("SELECT lines, recommended FROM suggestion WHERE card = :card", card=card["uuid"])
    assert lines_of(card) == [tuple(line) for line in drafted_lines(row.lines)]
    assert bool(row.recommended) is bool(card["suggestions"][0].get("isRecommended"))


@pytest.mark.parametrize("modifier", ["Jane Roe", "GP:", "ÄÖ", "G", "=1"])
def test_a_modifier_that_is_no_code_is_not_kept(modifier):
    line = ChargeLine("97545", (modifier,), 1, TODAY)
    assert drafted_as_kept(Proposal("key", (DraftCharges(TODAY, (line,)),))) is None


def test_what_a_call_did_not_tell_is_counted_by_fact(kept):
    kept.call()
    kept.written()
    with kept.records.database.writing() as connection:
        connection.execute(text("UPDATE decision SET missing = ' authorizations goals '"))
    kept.call()
    kept.call()
    kept.written()
    found = {row.fact: (row.calls, row.of) for row in facts_missing(kept.records.database)}
    assert (1, 3) == found["goals"]
    wanted = CallsWanted(fact="goals")
    assert 1 == calls_in_list(kept.records.database, Chosen(), wanted)
    assert 1 == len(listed_calls(kept.records.database, Chosen(), wanted))
    assert not listed_calls(kept.records.database, Chosen(), CallsWanted(fact="goal"))


def test_half_of_the_calls_took_no_longer_than_the_median(kept):
    kept.call()
    kept.written()
    with kept.records.database.writing() as connection:
        row = connection.execute(select(Base.metadata.tables["decision"])).mappings().one()
        more = [{**row, "id": f"more-{number}", "latency": float(number)} for number in range(1, 20)]
        connection.execute(insert(DecisionRow), more)
        connection.execute(text("UPDATE decision SET latency = 100 WHERE id NOT LIKE 'more-%'"))
    (latency,) = latencies(kept.records.database)
    assert ("encounter-discharge", 20, 10.0, 19.0) == (latency.hook, latency.calls, latency.median, latency.p95)


def test_charges_are_priced_visit_by_visit_by_what_became_of_them(kept):
    texas, overdue = "texas-hardening-pt-pta", "reassessment-overdue"
    first = charges(kept.call(texas).json["cards"])
    again = charges(kept.call(texas).json["cards"])
    elsewhere = charges(kept.call(overdue).json["cards"])
    kept.feedback(accepted(again))
    kept.written()
    became = {row.became: row for row in charges_in_dollars(kept.records.database, Chosen(), FEES)}
    expected = sum(units * (180 if code == "97545" else 90) for code, _, units in lines_of(first))
    assert (1, Decimal(expected), 0) == (became["accepted"].visits, became["accepted"].dollars, 0)
    assert elsewhere["suggestions"][0].get("isRecommended", False) == bool(became["ignored"].visits)
    assert 0 == became["overridden"].visits
    kept.feedback(overridden(elsewhere))
    became = {row.became: row.visits for row in charges_in_dollars(kept.records.database, Chosen(), FEES)}
    assert 0 == became["ignored"]


def test_a_visit_with_a_line_without_a_fee_is_counted_and_adds_no_dollars(kept):
    kept.call("texas-hardening-pt-pta")
    only_first = fee_table([Fee("97545", frozenset(), Decimal(180), date(2026, 1, 1))])
    became = {row.became: row for row in charges_in_dollars(kept.written().records.database, Chosen(), only_first)}
    assert (1, Decimal(0), 1) == (became["ignored"].visits, became["ignored"].dollars, became["ignored"].without_fee)


def test_filters_narrow_cards_and_calls_alike(kept):
    kept.call()
    kept.call("past-six-weeks-without-approval", "patient-view")
    kept.clock.pass_days(8)
    kept.call()
    database = kept.written().records.database
    for chosen, calls in (
        (Chosen(), 3),
        (Chosen(since=NOW + timedelta(days=1)), 1),
        (Chosen(until=NOW + timedelta(days=1)), 2),
        (Chosen(hook="patient-view"), 1),
        (Chosen(client=ISSUER), 3),
        (Chosen(client="somebody else"), 0),
    ):
        assert calls == sum(row.calls for row in call_counts(database, chosen))
        listed = listed_calls(database, chosen, CallsWanted())
        assert calls == len(listed) == calls_in_list(database, chosen, CallsWanted())
        assert in_all(card_counts(database, chosen)).shown == cards_in_list(database, chosen, CardsWanted("shown"))
    assert {"reassessment"} == {row.rule for row in card_counts(database, Chosen(rule="reassessment"))}


@pytest.mark.parametrize("state", ["shown", "accepted", "overridden", "ignored", "withheld", "shadow"])
def test_behind_each_number_stand_as_many_records(kept, state):
    first = kept.call().json["cards"]
    kept.feedback(overridden(first[0], "planned-next-visit"), accepted(first[1]))
    kept.call("texas-hardening-pt-pta")
    database = kept.written().records.database
    cards = listed_cards(database, Chosen(), CardsWanted(state))
    assert getattr(in_all(card_counts(database)), state) == len(cards)
    assert len(cards) == cards_in_list(database, Chosen(), CardsWanted(state))
    assert state == "shown" or {state} >= {card.became for card in cards}
    by_reason = listed_cards(database, Chosen(), CardsWanted(reason="planned-next-visit"))
    assert ["planned-next-visit"] == [card.reason for card in by_reason]


def test_pages_of_a_list_hold_each_record_once(kept):
    for _ in range(5):
        kept.call()
        kept.clock.pass_days(1)
    database = kept.written().records.database
    pages = [listed_calls(database, Chosen(), CallsWanted(), first, 2) for first in (0, 2, 4, 6)]
    moments = [call.at for calls in pages for call in calls]
    assert [2, 2, 1, 0] == [len(calls) for calls in pages]
    assert sorted(set(moments), reverse=True) == moments


def test_records_of_an_older_program_are_kept_and_noted_as_not_known(kept):
    kept.call()
    database = kept.written().records.database
    with database.writing() as connection:
        config = script()
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
    database.upgrade()
    assert 1 == kept.count("decision")
    assert () == facts_missing(database)
    assert 0 == sum(row.visits for row in charges_in_dollars(database, Chosen(), FEES))


def test_an_address_with_too_many_wrong_tokens_waits_until_the_window_ends(database):
    attempts = SignInAttempts(database)
    for _ in range(MOST_OF_AN_ADDRESS):
        assert 0 == attempts.wait("a", NOW)
        attempts.wrong("a", NOW)
    assert WINDOW.total_seconds() >= attempts.wait("a", NOW) - 1 > 0
    assert 0 == attempts.wait("b", NOW)
    assert 0 == SignInAttempts(database).wait("a", NOW + WINDOW)
    attempts.wrong("b", NOW + WINDOW)
    with database.single() as connection:
        assert {"b", "all"} == set(connection.scalars(text("SELECT source FROM sign_in_attempt")))


def test_many_addresses_make_all_wait_and_no_more_are_remembered(database):
    attempts = SignInAttempts(database)
    for number in range(MOST_IN_ALL):
        attempts.wrong(f"address-{number}", NOW)
    assert attempts.wait("a stranger", NOW) > 0
    with database.single() as connection:
        assert MOST_IN_ALL + 1 == connection.execute(text("SELECT count(*) FROM sign_in_attempt")).scalar()


def test_the_right_token_forgets_the_wrong_ones_of_its_address(database):
    attempts = SignInAttempts(database)
    attempts.wrong("a", NOW)
    attempts.right("a")
    with database.single() as connection:
        assert ["all"] == list(connection.scalars(text("SELECT source FROM sign_in_attempt")))


def test_an_ended_session_is_over_for_all(database):
    assert not has_ended(database, "session")
    end_session(database, "session", NOW + timedelta(hours=1), NOW)
    end_session(database, "session", NOW + timedelta(hours=1), NOW)
    assert has_ended(database, "session")
    assert not has_ended(database, "another")
    end_session(database, "another", NOW + timedelta(hours=9), NOW + timedelta(hours=2))
    assert not has_ended(database, "session"), "its time is over anyway"
