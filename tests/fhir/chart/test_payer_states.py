import pytest

from cds_service.fhir.chart.payer_states import state_of


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("WA Dept of Labor & Industries", "US-WA"),
        ("L&I", "US-WA"),
        ("Ohio BWC", "US-OH"),
        ("Ohio Bureau of Workers' Compensation", "US-OH"),
        ("West Virginia Offices of the Insurance Commission", "US-WV"),
        ("ND Workforce Safety & Insurance", "US-ND"),
        ("Texas Mutual", None),
        ("Kansas City Life", None),
        ("State Fund", None),
        ("US Dept of Labor", None),
    ],
)
def test_the_name_of_an_agency_tells_its_state(name, state):
    assert state_of((name,)) == state


def test_names_of_two_states_tell_none():
    assert state_of(("Ohio BWC", "L&I")) is None
