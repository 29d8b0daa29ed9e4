import json
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import inspect, select

from cds_service.records.record_tables import DecisionRow
from cds_service.stories import load
from tests.records.keeping import NOW, OVERDUE, TODAY, keeping, overridden
from tests.security.signing import ISSUER, Ehr, Signer, client

HOOK_INSTANCE = "0d1f3ad8-5b2f-4a47-9f4d-111111111111"
STORY = load(OVERDUE, TODAY)


def test_a_call_leaves_a_decision_with_its_evaluation_id(kept):
    answer = kept.call().json
    evaluation = answer["extension"]["work-rehab-cds.evaluation"]
    (row,) = kept.written().rows("SELECT * FROM decision")
    assert (evaluation["id"], ISSUER, None) == (row.evaluation, row.client, row.tenant)
    assert ("work-rehab-visit", STORY.hook) == (row.service, row.hook)
    assert ("answered", len(answer["cards"]), False) == (row.outcome, row.shown, bool(row.shadow))
    assert len(evaluation.get("gaps", [])) == row.gaps
    policies = row.policies if isinstance(row.policies, list) else json.loads(row.policies)
    assert evaluation["policies"] == policies
    assert row.latency > 0


@pytest.mark.parametrize("service", ["work-rehab-encounter-discharge", "work-rehab-visit"])
def test_calls_and_feedback_of_a_listed_and_of_the_shared_id_are_kept_under_the_shared_one(kept, service):
    reply = kept.post(f"/cds-services/{service}", STORY.request())
    kept.feedback(overridden(reply.json["cards"][0], "other"), service=service)
    kept.written()
    assert [("work-rehab-visit",)] == [tuple(row) for row in kept.rows("SELECT service FROM decision")]
    assert [("work-rehab-visit",)] == [tuple(row) for row in kept.rows("SELECT service FROM feedback")]


def test_the_digests_are_those_of_what_went_over_the_wire(kept):
    body = json.dumps(STORY.request()).encode()
    path = f"/cds-services/{STORY.service}"
    headers = kept.ehr.headers(f"https://cds.example.org{path}")
    reply = kept.web.post(path, data=body, content_type="application/json", headers=headers)
    (row,) = kept.written().rows("SELECT input, output FROM decision")
    assert (sha256(body).hexdigest(), sha256(reply.data).hexdigest()) == tuple(row)


def test_the_moment_of_a_call_comes_back_as_it_went_in_with_its_zone(kept):
    kept.call()
    with kept.written().records.database.single() as connection:
        assert [(NOW, timedelta(0))] == [(at, at.utcoffset()) for at in connection.scalars(select(DecisionRow.at))]


def test_every_card_is_kept_with_its_rule_and_its_suggestions(kept):
    cards = kept.call().json["cards"]
    rows = kept.written().rows("SELECT * FROM card ORDER BY rank")
    assert [card["uuid"] for card in cards] == [row.uuid for row in rows]
    assert [card["extension"]["work-rehab-cds.finding"]["rule"] for card in cards] == [row.rule for row in rows]
    assert [card["indicator"] for card in cards] == [row.indicator for row in rows]
    assert [card["source"]["topic"]["code"] for card in cards] == [row.topic for row in rows]
    assert ["shown"] * len(cards) == [row.state for row in rows]
    suggestions = {suggestion["uuid"]: card["uuid"] for card in cards for suggestion in card.get("suggestions", [])}
    assert suggestions
    assert suggestions == {row.uuid: row.card for row in kept.rows("SELECT * FROM suggestion")}


def test_findings_told_on_another_card_are_kept_with_it(kept):
    kept.call()
    joined = [row.joined for row in kept.written().rows("SELECT joined FROM card ORDER BY rank")]
    first = joined[0] if isinstance(joined[0], list) else json.loads(joined[0])
    assert ["documentation.open"] == [joined["kind"] for joined in first]


def test_a_call_without_cards_leaves_a_decision_too(kept):
    assert [] == kept.cards("clean-program")
    assert [("answered", 0)] == [tuple(r) for r in kept.written().rows("SELECT outcome, shown FROM decision")]
    assert 0 == kept.count("card")


def test_a_call_that_lacks_data_leaves_a_decision_too(kept):
    assert 412 == kept.call(prefetch={}).status_code
    assert [("data-needed", None)] == [tuple(r) for r in kept.written().rows("SELECT outcome, output FROM decision")]


def test_a_card_over_the_budget_is_kept_as_withheld(database):
    kept = keeping(database, max_cards=1)
    assert 1 == len(kept.cards())
    rows = kept.written().rows("SELECT state, why FROM card ORDER BY rank")
    assert [("shown", None), ("withheld", "max_cards")] == [tuple(row) for row in rows]
    kept.records.close()


def test_a_repeated_call_is_two_decisions_and_the_cards_count_once(kept):
    first = kept.call(hookInstance=HOOK_INSTANCE).json["cards"]
    kept.call(hookInstance=HOOK_INSTANCE)
    assert 2 == kept.written().count("decision")
    assert len(first) == kept.count("card")


def test_a_card_that_was_held_back_and_is_shown_by_the_repeated_call_counts_as_shown(database):
    tight, wide = keeping(database, max_cards=1), keeping(database)
    tight.call(hookInstance=HOOK_INSTANCE)
    assert {"shown", "withheld"} == {row.state for row in tight.written().rows("SELECT state FROM card")}
    wide.call(hookInstance=HOOK_INSTANCE)
    assert {"shown"} == {row.state for row in wide.written().rows("SELECT state FROM card")}
    tight.call(hookInstance=HOOK_INSTANCE)
    assert {"shown"} == {row.state for row in tight.written().rows("SELECT state FROM card")}
    tight.records.writer.close()
    wide.records.writer.close()


def test_the_same_hook_instance_of_another_client_has_its_own_records(database):
    second_ehr = Ehr(Signer(kid="key-2", name="second"), "https://other.example.org")
    kept = keeping(database, clients=(client(), client(second_ehr.signer, issuer=second_ehr.issuer)))
    kept.call(hookInstance=HOOK_INSTANCE)
    kept.call(hookInstance=HOOK_INSTANCE, ehr=second_ehr)
    clients = kept.written().rows("SELECT client, patient FROM decision")
    assert {ISSUER, second_ehr.issuer} == {row.client for row in clients}
    assert 2 == len({row.patient for row in clients})
    kept.records.close()


def test_in_shadow_mode_a_call_is_evaluated_and_recorded_and_nothing_is_shown(database):
    kept = keeping(database, clients=(client(mode="shadow"),))
    assert {"cards": []} == kept.call().json
    (row,) = kept.written().rows("SELECT shown, withheld, shadow FROM decision")
    assert (0, 2, True) == (row.shown, row.withheld, bool(row.shadow))
    assert {"shadow"} == {row.state for row in kept.rows("SELECT state FROM card")}
    assert [] == kept.call("clean-program").json["cards"]
    kept.records.close()


def everything_in(database):
    with database.single() as connection:
        tables = inspect(connection).get_table_names()
        rows = [connection.exec_driver_sql(f"SELECT * FROM {table}").fetchall() for table in tables]  # noqa: S608
    return repr(rows)


def test_nothing_of_the_chart_is_kept(kept):
    kept.call()
    kept.call("past-six-weeks-without-approval")
    recorded = everything_in(kept.written().records.database)
    sent = json.dumps(STORY.request())
    assert STORY.patient_id in sent
    for planted in (STORY.patient_id, "Condition/", "Procedure/", "Patient/", "2026-02-28"):
        assert planted not in recorded, planted


def test_neither_patient_nor_token_is_in_any_row_whatever_became_of_the_call(kept):
    """Also of calls that are refused for want of data or fail, of feedback, and of tokens that come twice."""
    path = f"/cds-services/{STORY.service}"
    tokens = []

    def send(body, suffix="", headers=None):
        headers = headers or kept.ehr.headers(f"https://cds.example.org{path}{suffix}")
        tokens.append(headers["Authorization"].removeprefix("Bearer "))
        return kept.web.post(path + suffix, json=body, headers=headers), headers

    answered, headers = send(STORY.request())
    assert [200, 401] == [answered.status_code, send(STORY.request(), headers=headers)[0].status_code]
    assert 412 == send(STORY.request() | {"prefetch": {}})[0].status_code
    assert 200 == send({"feedback": [overridden(answered.json["cards"][0], "other")]}, "/feedback")[0].status_code
    recorded = everything_in(kept.written().records.database)
    assert STORY.patient_id not in recorded
    for token in tokens:
        assert [] == [part for part in token.split(".") if part in recorded]


def test_a_patient_has_one_hash_whatever_the_call(kept):
    kept.call(hook="patient-view")
    kept.call(hook="encounter-start")
    kept.call("past-six-weeks-without-approval")
    patients = [row.patient for row in kept.written().rows("SELECT patient FROM decision ORDER BY hook, service")]
    assert 2 == len(set(patients))
    assert all(len(patient) == 64 for patient in patients)


def test_the_hash_depends_on_the_sites_own_key(database):
    hashes = set()
    for key in ("k" * 32, "l" * 32, None):
        kept = keeping(database, key=key)
        kept.call()
        hashes |= {row.patient for row in kept.written().rows("SELECT patient FROM decision")}
        kept.records.writer.close()
    assert 3 == len(hashes)


def test_a_key_that_was_made_is_used_again(database):
    for _ in range(2):
        kept = keeping(database)
        kept.call()
        kept.written().records.writer.close()
    assert 1 == len({row.patient for row in kept.rows("SELECT patient FROM decision")})
    assert 1 == kept.count("secret")


@pytest.mark.parametrize("instance", ["with a \0 in it", "\N{SNOWMAN}" * 200])
def test_any_text_a_client_may_choose_can_be_kept(kept, instance):
    assert 200 == kept.call(hookInstance=instance).status_code
    assert 1 == kept.written().count("decision")
    assert 0 == kept.records.counts().dropped
