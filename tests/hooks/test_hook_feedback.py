from datetime import UTC, datetime

import orjson
import pytest

from cds_service.errors import InvalidRequest, NotAnObject, NotJson, UnknownService
from cds_service.hooks.feedback import OverrideReason, read_feedback
from tests.hooks.hook_requests import without

CARD = "9368d37b-283f-44a0-93ea-547cebab93ed"
ACCEPTED = {
    "card": CARD,
    "outcome": "accepted",
    "acceptedSuggestions": [{"id": "e56e1945-20b3-4393-8503-a1a20fd73152"}],
    "outcomeTimestamp": "2026-03-14T15:00:00Z",
}
OVERRIDDEN = {
    "card": CARD,
    "outcome": "overridden",
    "overrideReason": {
        "reason": {"system": "https://cds.example/CodeSystem/override-reason", "code": "other"},
        "userComment": "agreed by phone",
    },
    "outcomeTimestamp": "2026-03-14T15:00:00Z",
}


def read(*entries, service="work-rehab-visit"):
    return read_feedback(orjson.dumps({"feedback": list(entries)}), service)


def refused_field(*entries):
    with pytest.raises(InvalidRequest) as refused:
        read(*entries)
    return refused.value.field


def test_an_accepted_card_tells_its_suggestions():
    (entry,) = read(ACCEPTED)
    assert entry.suggestions == ("e56e1945-20b3-4393-8503-a1a20fd73152",)
    assert datetime(2026, 3, 14, 15, tzinfo=UTC) == entry.at


def test_an_overridden_card_tells_reason_and_comment():
    (entry,) = read(OVERRIDDEN)
    assert entry.reason == OverrideReason("https://cds.example/CodeSystem/override-reason", "other", "agreed by phone")


def test_entries_may_concern_several_cards():
    assert [entry.card for entry in read(ACCEPTED, {**ACCEPTED, "card": "b"}, {**OVERRIDDEN, "card": "c"})] == [
        CARD,
        "b",
        "c",
    ]


def test_an_entry_sent_twice_counts_once():
    assert len(read(ACCEPTED, ACCEPTED)) == 1


@pytest.mark.parametrize("field", ["card", "outcome", "outcomeTimestamp", "acceptedSuggestions"])
def test_a_missing_field_is_named(field):
    assert refused_field(without(ACCEPTED, field)) == f"feedback[0].{field}"


@pytest.mark.parametrize("field", ["card", "outcome", "outcomeTimestamp", "acceptedSuggestions", "overrideReason"])
def test_a_field_of_the_wrong_type_is_named(field):
    assert refused_field({**ACCEPTED, field: 5}) == f"feedback[0].{field}"


def test_an_unknown_outcome_is_refused():
    assert refused_field({**ACCEPTED, "outcome": "ignored"}) == "feedback[0].outcome"


def test_an_accepted_suggestion_needs_an_id():
    assert refused_field({**ACCEPTED, "acceptedSuggestions": [{}]}) == "feedback[0].acceptedSuggestions[0].id"


@pytest.mark.parametrize(
    "timestamp",
    [
        "2026-03-14T15:00:00Z",
        "2026-03-14T15:00:00.5Z",
        "2026-03-14T15:00:00.123456789+00:00",
        "2026-03-14T17:00:00+02:00",
    ],
)
def test_times_with_an_offset_are_read_as_utc(timestamp):
    (entry,) = read({**ACCEPTED, "outcomeTimestamp": timestamp})
    assert datetime(2026, 3, 14, 15, tzinfo=UTC) == entry.at.replace(microsecond=0)


@pytest.mark.parametrize(
    "timestamp",
    ["2026-03-14", "2026-03-14T15:00:00", "2026-13-14T15:00:00Z", "0001-01-01T00:00:00+14:00", "20260314T150000Z", "x"],
)
def test_a_time_that_is_no_instant_is_refused(timestamp):
    assert refused_field({**ACCEPTED, "outcomeTimestamp": timestamp}) == "feedback[0].outcomeTimestamp"


def test_an_override_needs_no_reason():
    (entry,) = read(without(OVERRIDDEN, "overrideReason"))
    assert entry.reason is None


def test_an_override_reason_that_says_nothing_is_refused():
    assert refused_field({**OVERRIDDEN, "overrideReason": {}}) == "feedback[0].overrideReason"


@pytest.mark.parametrize("field", ["system", "code"])
def test_a_reason_needs_system_and_code(field):
    reason = {"reason": without(OVERRIDDEN["overrideReason"]["reason"], field)}
    assert refused_field({**OVERRIDDEN, "overrideReason": reason}) == f"feedback[0].overrideReason.reason.{field}"


def test_a_comment_alone_is_a_reason():
    (entry,) = read({**OVERRIDDEN, "overrideReason": {"userComment": "agreed by phone"}})
    assert entry.reason == OverrideReason(comment="agreed by phone")


def test_a_comment_has_a_limited_length():
    assert read({**OVERRIDDEN, "overrideReason": {"userComment": "x" * 4_000}})
    assert refused_field({**OVERRIDDEN, "overrideReason": {"userComment": "x" * 4_001}}) == (
        "feedback[0].overrideReason.userComment"
    )


def test_a_card_nobody_knows_is_accepted():
    (entry,) = read({**ACCEPTED, "card": "00000000-0000-4000-8000-000000000000"})
    assert entry.card == "00000000-0000-4000-8000-000000000000"


def test_one_bad_entry_rejects_all():
    assert refused_field(ACCEPTED, without(ACCEPTED, "card"), OVERRIDDEN) == "feedback[1].card"


@pytest.mark.parametrize("body", [{}, {"feedback": []}, {"feedback": None}, {"feedback": {}}])
def test_feedback_must_be_a_list_with_entries(body):
    with pytest.raises(InvalidRequest) as refused:
        read_feedback(orjson.dumps(body), "work-rehab-visit")
    assert refused.value.field == "feedback"


def test_more_entries_than_anyone_sends_are_refused():
    assert refused_field(*[ACCEPTED] * 1_001) == "feedback"


def test_feedback_to_an_unknown_service_is_refused():
    with pytest.raises(UnknownService):
        read(ACCEPTED, service="other")


@pytest.mark.parametrize(("body", "error"), [(b"x", NotJson), (b"[]", NotAnObject)])
def test_a_body_that_is_no_object_is_refused(body, error):
    with pytest.raises(error):
        read_feedback(body, "work-rehab-visit")
