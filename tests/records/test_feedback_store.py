from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from cds_service.hooks.feedback import CardFeedback
from cds_service.records.kept_feedback import keep_feedback
from tests.records.keeping import NOW, accepted, keeping, overridden
from tests.security.signing import Ehr, Signer, client

OTHER = Ehr(Signer(kid="key-2", name="second"), "https://other.example.org")
UNKNOWN = {"uuid": "00000000-0000-4000-8000-000000000000"}


def outcomes(kept):
    return [tuple(row) for row in kept.rows("SELECT outcome, reason_code, comment FROM feedback ORDER BY outcome")]


def test_valid_feedback_is_answered_with_a_small_body_that_parses(kept):
    reply = kept.feedback(overridden(UNKNOWN))
    assert (200, {"status": "ok"}) == (reply.status_code, reply.json)


def test_an_accepted_card_is_kept_with_its_suggestions(kept):
    card = kept.call("texas-hardening-pt-pta").json["cards"][0]
    kept.feedback(accepted(card))
    (row,) = kept.rows("SELECT card, outcome, suggestions FROM feedback")
    assert (card["uuid"], "accepted") == (row.card, row.outcome)
    assert card["suggestions"][0]["uuid"] in str(row.suggestions)


def test_reason_and_comment_are_kept(kept):
    entry = overridden(UNKNOWN, "planned-next-visit")
    entry["overrideReason"]["userComment"] = "tomorrow \0 then"
    assert 200 == kept.feedback(entry).status_code
    assert [("overridden", "planned-next-visit", "tomorrow \N{REPLACEMENT CHARACTER} then")] == outcomes(kept)


def test_the_same_entry_counts_once_within_a_request_and_over_several(kept):
    entry = overridden(UNKNOWN, "other")
    assert 200 == kept.feedback(entry, entry).status_code
    assert 200 == kept.feedback(entry).status_code
    assert [("overridden", "other", None)] == outcomes(kept)


def test_a_later_outcome_replaces_the_earlier_one(kept):
    kept.feedback(overridden(UNKNOWN, "other"))
    kept.feedback(accepted(UNKNOWN, outcomeTimestamp="2026-03-16T15:00:02Z"))
    assert [("accepted", None, None)] == outcomes(kept)


def test_an_earlier_outcome_that_comes_late_replaces_nothing(kept):
    kept.feedback(accepted(UNKNOWN, outcomeTimestamp="2026-03-16T15:00:02Z"))
    kept.feedback(overridden(UNKNOWN, "other"))
    assert [("accepted", None, None)] == outcomes(kept)


def test_of_several_outcomes_in_one_request_the_latest_is_kept(kept):
    kept.feedback(accepted(UNKNOWN, outcomeTimestamp="2026-03-16T15:00:02Z"), overridden(UNKNOWN, "other"))
    assert [("accepted", None, None)] == outcomes(kept)


def test_with_one_bad_entry_none_is_kept(kept):
    assert 400 == kept.feedback(overridden(UNKNOWN), {"card": "x"}).status_code
    assert 0 == kept.count("feedback")


def test_feedback_that_comes_before_its_card_is_written_is_matched_all_the_same(database):
    kept = keeping(database)
    card = kept.call().json["cards"][0]
    assert 200 == kept.feedback(overridden(card)).status_code
    matched = "SELECT count(*) FROM feedback JOIN card ON card.client = feedback.client AND card.uuid = feedback.card"
    assert 1 == kept.written().rows(matched)[0][0]
    assert 1 == kept.rows("SELECT count(*) FROM feedback JOIN decision USING (patient, episode)")[0][0]
    kept.records.close()


def test_the_card_of_another_client_is_as_good_as_unknown(database):
    kept = keeping(database, clients=(client(), client(OTHER.signer, issuer=OTHER.issuer)))
    card = kept.call().json["cards"][0]
    statuses, nobodys = kept.feedback(overridden(card), ehr=OTHER), kept.feedback(overridden(UNKNOWN), ehr=OTHER)
    assert (200, statuses.data) == (statuses.status_code, nobodys.data)
    kept.feedback(accepted(card))
    rows = kept.rows("SELECT client, outcome FROM feedback WHERE card = :card ORDER BY outcome", card=card["uuid"])
    assert ["accepted", "overridden"] == [row.outcome for row in rows]
    kept.records.close()


def test_one_feedback_by_many_at_once_is_kept_once(database):
    entry = CardFeedback("card-1", "overridden", NOW)
    later = CardFeedback("card-1", "accepted", NOW + timedelta(seconds=1), suggestions=("s",))

    def keep(number):
        keep_feedback(database, "client", "work-rehab-visit", [later if number % 2 else entry], NOW)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(keep, range(40)))
    kept = keeping(database)
    assert [("accepted", None, None)] == outcomes(kept)
    kept.records.close()
