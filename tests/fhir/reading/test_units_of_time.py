import pytest

from cds_service.fhir.reading.units_of_time import unit_of_time


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("h", "h"), ("H", "h"), ("hr", "h"), ("hrs.", "h"), ("Hours", "h"), ("min", "min"), ("mins", "min"),
        (" minutes ", "min"), ("s", "s"), ("secs", "s"), ("d", "d"), ("days", "d"), ("wk", "wk"), ("week", "wk"),
        ("WEEKS", "wk"), ("mo", "mo"), ("months", "mo"), ("a", "a"), ("years", "a"),
        ("visits", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_a_unit_of_time_is_known_however_it_is_spelled(written, unit):
    assert unit == unit_of_time(written)
