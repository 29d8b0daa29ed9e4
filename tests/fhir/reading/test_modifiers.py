"""Modifiers as systems write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.domain.codes import KNOWN_MODIFIERS
from cds_service.fhir.reading.code_modifiers import modifiers_of
from cds_service.fhir.reading.elements import CodeableConcept, Coding


def coded(*codes, text=None, display=None):
    return CodeableConcept(tuple(Coding(None, code, display) for code in codes), text)


@pytest.mark.parametrize(
    "joined", ["WH:GP", "WH GP", "WH,GP", "WH-GP", "WH/GP", "WHGP", "wh gp", " WH : GP ", "-WH-GP", "WH;GP"]
)
def test_modifiers_joined_in_one_field_are_several(joined):
    assert ["WH", "GP"] == modifiers_of([coded(joined)])


@pytest.mark.parametrize(
    ("concept", "expected"),
    [
        (coded(text="GP"), ["GP"]),
        (coded(text="modifiers: WH, GP"), ["WH", "GP"]),
        (coded(text="GP - outpatient physical therapy plan of care"), ["GP"]),
        (coded(text="GP: physical therapy"), ["GP"]),
        (coded(text="GP (physical therapy)"), ["GP"]),
        (CodeableConcept((Coding(None, None, "GP"),)), ["GP"]),
        (coded("GP", text="WH"), ["GP"]),
        (coded("gp"), ["GP"]),
        (coded("GP", "GP"), ["GP"]),
        (coded("X1"), ["X1"]),
        (coded("X1:GP"), ["X1", "GP"]),
        (coded("WHGPCQ59"), ["WH", "GP", "CQ", "59"]),
    ],
)
def test_a_modifier_is_read_from_code_display_or_text(concept, expected):
    assert expected == modifiers_of([concept])


@pytest.mark.parametrize(
    "concept",
    [
        coded(text="four hours a day"),
        coded(text="to do"),
        coded(text="CO-treatment with OT"),
        coded(text="PT to evaluate and treat"),
        coded("ABCD"),
        coded("97545"),
        coded("GP:physical"),
        coded(""),
        CodeableConcept(),
    ],
)
def test_words_are_no_modifiers(concept):
    assert [] == modifiers_of([concept])


known = st.lists(st.sampled_from(sorted(KNOWN_MODIFIERS)), min_size=1, max_size=4)


@given(known, st.sampled_from([":", " ", ", ", "-", ""]))
def test_joined_and_listed_modifiers_are_the_same_and_none_stands_twice(modifiers, between):
    listed = modifiers_of([coded(modifier) for modifier in modifiers])
    assert listed == modifiers_of([coded(between.join(modifiers))]) == list(dict.fromkeys(modifiers))
