"""Which tool a measurement was made with, by codes and by the words of real records."""

from datetime import date

import pytest
from pydantic import TypeAdapter, ValidationError

from cds_service.policies import parameters as params
from cds_service.policies.shapes import Tool
from cds_service.policies.shapes import ToolsByName as ToolsShape
from cds_service.policies.stack import PolicyStack
from cds_service.policies.tools import Tools, tools_of


@pytest.fixture(scope="module")
def bundled() -> Tools:
    value = PolicyStack.load().select(None, (), None, date(2026, 11, 25)).get(params.REASSESSMENT_TOOLS)
    assert value is not None
    return tools_of(value)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        *(
            ("functional", words)
            for words in (
                "Oswestry disability score", "Oswestry Low Back Pain Disability Index", "Modified ODI", "NDI",
                "QuickDASH", "DASH - disabilities of the arm, shoulder and hand", "LEFS", "Roland-Morris",
                "PSFS activity 1", "FIM total",
                "Shoulder Pain and Disability Index", "Lumbar functional score", "lift", "Lift floor to waist, lb",
                "Carry 50 ft", "Push/pull, static", "Grip strength (Jamar)\nleft", "Pinch, lateral", "MMT, quadriceps",
                "Manual muscle test, shoulder abduction", "Lumbar flexion ROM", "6-Minute Walk Test", "6MWT distance",
                "FCE", "Functional capacity evaluation", "Physical Demand Level", "Sit to stand, 30 s", "TUG",
                "Weight lifted", "Sitting tolerance", "Berg Balance Scale", "PROMIS Physical Function 6b",
                "4 steps - functional ability during 3 day assessment period",
            )
        ),
        *(
            ("pain", words)
            for words in (
                "Pain severity 0-10 verbal numeric rating", "NPRS", "VAS", "Low back pain", "Pain with lifting",
                "Lifting pain score", "Worst pain, 24 h", "Numeric pain rating",
            )
        ),
        *(
            ("not-functional", words)
            for words in (
                "PHQ-2 total score", "PHQ9", "GAD-7", "Tobacco smoking status", "AUDIT-C", "Hunger Vital Sign",
                "Food worry, last 12 months", "PRAPARE", "Number of steps in 24 hour", "Steps", "BMI", "Body weight",
                "Weight", "Blood pressure", "Heart rate", "Temperature", "New patient intake form", "Consent to treat",
                "Allergies", "COVID-19 screen", "Fall risk", "Global Assessment of Functioning", "DASH diet score",
                "Physical activity, minutes per week", "Tampa Scale of Kinesiophobia",
            )
        ),
        *(
            (None, words)
            for words in (
                "Hemoglobin A1c", "Liver function", "Zephyr composite", "", "Oswestry, pain intensity",
                "Heart rate after 6-minute walk",
            )
        ),
    ],
)  # fmt: skip
def test_words_tell_the_kind_of_a_tool(bundled, kind, words):
    known = bundled.find((), words)
    assert kind == (known.tool.kind if known is not None else None)


@pytest.mark.parametrize(
    ("code", "kind"),
    [("97909-6", "functional"), ("72514-3", "pain"), ("72166-2", "not-functional"), ("55758-7", "not-functional")],
)
def test_a_code_decides_over_words(bundled, code, kind):
    known = bundled.find((code,), "Lift, pain, mood")
    assert known is not None
    assert kind == known.tool.kind


def test_a_code_that_names_no_tool_leaves_the_word_to_the_next(bundled):
    known = bundled.find(("00000-0", "72514-3"), "")
    assert known is not None
    assert "pain" == known.tool.kind


def test_a_name_decides_over_hints_and_a_longer_phrase_over_its_parts():
    tools = Tools(
        {
            "capacity": Tool(words=("lift test",), hints=("lift",)),
            "face": Tool("not-functional", words=("face lift",)),
            "soreness": Tool("pain", words=("sore",)),
        }
    )
    assert ["capacity", "face", "soreness", "capacity"] == [
        known.name for text in ("lift test", "a face lift", "sore after a lift", "LIFT, floor")
        if (known := tools.find((), text)) is not None
    ]  # fmt: skip


def test_the_name_of_a_tool_is_a_code_and_a_word_of_it():
    tools = Tools({"97909-6": Tool(better="lower"), "Zephyr composite": Tool(better="higher")})
    assert {"97909-6", "Zephyr composite"} == {
        known.name for known in (tools.find(("97909-6",), ""), tools.find((), "zephyr-composite, left")) if known
    }


@pytest.mark.parametrize("key", ["codes", "words", "hints"])
def test_a_word_of_two_tools_is_refused(key):
    with pytest.raises(ValidationError, match="lift stands for two tools, A and B"):
        TypeAdapter(ToolsShape).validate_python({"A": {key: ["lift"]}, "B": {key: ["Lift"]}})
