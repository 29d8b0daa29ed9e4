"""Whatever number the schema of policy files accepts, the rules have an answer: proved through the whole service."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.policies.files.schema import policy_schema
from cds_service.stories import build
from tests.playing import play

pytestmark = pytest.mark.slow

TODAY = date(2026, 3, 16)
SCHEMA = policy_schema()
SHAPES = {
    name: entry["items"]["allOf"][1]["properties"]["value"]
    for name, entry in SCHEMA["properties"]["values"]["properties"].items()
}
LARGEST = 2**53
NUMBERS = [
    "authorization.after_days",
    "authorization.after_visits",
    "authorization.visits_per_day",
    "authorization.warn_days",
    "entry.months_since_injury",
    "evaluation.baseline_within_days",
    "fce.per_injury",
    "modifiers.kx_threshold",
    "plan_of_care.certify_within_days",
    "plan_of_care.maximum_days",
    "plan_of_care.review_days",
    "program.days_per_week",
    "program.hours_per_day",
    "program.max_weeks",
    "program.per_injury",
    "progress_report.treatment_days",
    "reassessment.interval_days",
    "reassessment.no_progress_count",
]
EARLIER = [{"day": -9, "from": "08:00", "minutes": 120}, {"day": -2, "from": "08:00", "minutes": 240}]
LAST = {"day": "today", "from": "08:00", "minutes": 240}
COURSES = [[LAST], [*EARLIER, LAST]]
PATIENT = {
    "patient": {"state": "TX"},
    "appointments": [{"day": 3, "from": "08:00", "minutes": 120}],
    "orders": {"quantity": 40, "times": {"frequency": 5, "minutes": 120, "weeks": 8}},
    "injury": {"onset": -90},
    "authorizations": {"from": -9, "to": 40, "quantity": 30, "unit": "visits"},
}


def accepted(shape):
    """Values that a shape of the schema accepts, those at its edges among them."""
    if "$ref" in shape:
        return accepted(SCHEMA["$defs"][shape["$ref"].rpartition("/")[2]])
    if "enum" in shape:
        return st.sampled_from(shape["enum"])
    if "anyOf" in shape:
        return st.one_of([accepted(option) for option in shape["anyOf"]])
    if "propertyNames" in shape:
        return st.dictionaries(accepted(shape["propertyNames"]), accepted(shape["additionalProperties"]), min_size=1)
    return {"integer": whole_numbers, "number": numbers, "object": tables, "null": nothing}[shape["type"]](shape)


def whole_numbers(shape):
    least = shape.get("minimum", shape.get("exclusiveMinimum", -LARGEST - 1) + ("exclusiveMinimum" in shape))
    most = shape.get("maximum", LARGEST)
    return st.sampled_from([least, most]) | st.integers(least, most)


def numbers(_shape):
    return st.sampled_from([0, LARGEST]) | st.floats(0, LARGEST)


def tables(shape):
    return st.fixed_dictionaries({}, optional={name: accepted(member) for name, member in shape["properties"].items()})


def nothing(_shape):
    return st.none()


def in_order(value):
    """A minimum above its maximum is for the loader to refuse; here they change places."""
    if not isinstance(value, dict):
        return value
    least, most = value.get("minimum"), value.get("maximum")
    if least is not None and most is not None and least > most:
        return {"minimum": most, "maximum": least}
    return {key: in_order(part) for key, part in value.items()}


@pytest.mark.parametrize("parameter", NUMBERS)
@settings(max_examples=25, deadline=None)
@given(data=st.data(), visits=st.sampled_from(COURSES))
def test_every_number_that_is_accepted_is_answered_for(parameter, data, visits):
    value = in_order(data.draw(accepted(SHAPES[parameter])))
    story = build({**PATIENT, "visits": visits, "policies": {parameter: value}}, TODAY)
    for hook in ("encounter-discharge", "order-sign", "appointment-book"):
        assert play(story, hook).rules
