"""Two policies of equal rank: one may not say what the other says, for nothing but the alphabet would decide."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import MappingProxyType

import pytest

from cds_service.domain.codes import PayerClass
from cds_service.domain.values import Confidence, PolicyValue, Source
from cds_service.policies.files.document import PolicyError
from cds_service.policies.model import Match, Policy
from cds_service.policies.parameters import PLAN_MAXIMUM_DAYS, REASSESSMENT_INTERVAL
from cds_service.policies.stack import PolicyStack

HANDBOOK = Source("Handbook of the Invented Payer", date(2026, 1, 2))
START = date(2020, 1, 1)
INTERVAL = REASSESSMENT_INTERVAL.name


def policy(
    name: str,
    match: Match | None = None,
    *,
    parameter: str = INTERVAL,
    since: date = START,
    until: date | None = None,
    confidence: Confidence = "verified",
    folder: int = 1,
) -> Policy:
    value = PolicyValue(parameter, 7, 7, name, since, HANDBOOK, confidence, until)
    values = MappingProxyType({parameter: (value,)})
    return Policy(name, name, match or Match(), "partial", values, f"{name}.yaml", folder=folder)


COMPENSATION = PayerClass.WORKERS_COMPENSATION
ALIKE = {
    "everyone": (Match(), Match()),
    "one payer class": (Match(payer_class=COMPENSATION), Match(payer_class=COMPENSATION)),
    "one jurisdiction": (Match(jurisdiction="US-TX"), Match(jurisdiction="US-TX")),
    "one payer": (Match(("Example Mutual",)), Match(("Other", "Example Mutual"))),
    "one payer in other letters": (Match(("Example Mutual",)), Match(("EXAMPLE MUTUAL",))),
    "a payer and one whose name holds its name": (Match(("Mutual of Texas",)), Match(("Mutual",))),
    "a payer of a class, and in a state": (
        Match(("Example Mutual",), payer_class=COMPENSATION),
        Match(("Example Mutual",), jurisdiction="US-TX"),
    ),
}
APART = {
    "another payer class": (Match(payer_class=COMPENSATION), Match(payer_class=PayerClass.MEDICARE)),
    "another jurisdiction": (Match(jurisdiction="US-TX"), Match(jurisdiction="US-LA")),
    "another payer": (Match(("Example Mutual",)), Match(("Other Mutual",))),
    "another identifier": (Match(("urn:oid:1.2|5",)), Match(("urn:oid:1.2|57",))),
    "one payer in two states": (Match(("Example",), None, "US-TX"), Match(("Example",), None, "US-LA")),
}


@pytest.mark.parametrize("matches", ALIKE.values(), ids=ALIKE)
@pytest.mark.parametrize("turned", [False, True])
def test_two_policies_that_may_apply_to_one_case_do_not_give_one_value_twice(
    matches: tuple[Match, ...], *, turned: bool
):
    first, second = reversed(matches) if turned else matches
    with pytest.raises(PolicyError, match=rf"^b\.yaml: values\.{INTERVAL}: on 2020-01-01 a\.yaml gives a value too"):
        PolicyStack([policy("b", second), policy("a", first)])


@pytest.mark.parametrize("matches", APART.values(), ids=APART)
def test_two_policies_that_never_meet_may(matches: tuple[Match, ...]):
    first, second = matches
    assert 2 == len(PolicyStack([policy("a", first), policy("b", second)]).policies)


def test_what_to_do_is_told():
    with pytest.raises(PolicyError) as refusal:
        PolicyStack([policy("a"), policy("b")])
    advice = "give one of them a more specific match, move it to a later folder of CDS_POLICY_DIRS, or merge them"
    assert str(refusal.value).endswith(advice)


@pytest.mark.parametrize(
    "second",
    [
        policy("b", parameter=PLAN_MAXIMUM_DAYS.name),
        policy("b", folder=2),
        policy("b", Match(payer_class=COMPENSATION)),
        policy("b", since=date(2022, 1, 1)),
    ],
    ids=["another parameter", "a later folder", "a more specific match", "later dates"],
)
def test_where_there_is_an_order_or_nothing_to_order_both_stay(second: Policy):
    assert 2 == len(PolicyStack([policy("a", until=date(2021, 12, 31)), second]).policies)


@pytest.mark.parametrize("since", [date(2021, 12, 31), date(2019, 1, 1)])
def test_one_common_day_is_enough(since: date):
    with pytest.raises(PolicyError, match=f"on {max(since, START)} a.yaml gives a value too"):
        PolicyStack([policy("a", until=date(2021, 12, 31)), policy("b", since=since)])


@pytest.mark.parametrize(
    ("confidences", "clash"),
    [
        (("unverified", "unverified"), False),
        (("verified", "unverified"), True),
        (("default", "verified"), True),
    ],
)
def test_only_values_of_which_neither_decides_may_stand_side_by_side(
    confidences: tuple[Confidence, Confidence], *, clash: bool
):
    pair = [policy(name, confidence=confidence) for name, confidence in zip("ab", confidences, strict=True)]
    if clash:
        with pytest.raises(PolicyError):
            PolicyStack(pair)
    else:
        assert 2 == len(PolicyStack(pair).policies)


def test_every_parameter_and_pair_is_told_at_once_a_line_each():
    plan = PLAN_MAXIMUM_DAYS.name
    pair = [
        Policy(
            name, name, Match(), "partial", policy(name).values | policy(name, parameter=plan).values, f"{name}.yaml"
        )
        for name in "abc"
    ]
    with pytest.raises(PolicyError) as refusal:
        PolicyStack(pair)
    lines = str(refusal.value).splitlines()
    assert [f"{name}.yaml: values.{key}" for name in "bcc" for key in (plan, INTERVAL)] == [
        line.split(": on ")[0] for line in lines
    ]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def written(name: str) -> Path:
        path = tmp_path / f"{name}.yaml"
        path.write_text(
            f"policy: {name}\ntitle: Invented\nstatus: partial\nvalues:\n  {INTERVAL}:\n    - from: 2026-01-01\n"
            "      value: 7\n      source: {title: Handbook, retrieved: 2026-01-02}\n      confidence: verified\n"
        )
        return path

    return written


def test_both_files_of_a_site_are_named(tmp_path: Path, write: Callable[..., Path]):
    north, south = write("north"), write("south")
    with pytest.raises(PolicyError) as refusal:
        PolicyStack.load([tmp_path])
    assert str(refusal.value).startswith(f"{south}: values.{INTERVAL}: on 2026-01-01 {north} gives a value too")
