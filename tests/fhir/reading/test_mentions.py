import pytest

from cds_service.fhir.reading.mentions import as_asserted, is_called_work_rehab, mentions_work_rehab, names_work_rehab

NAMED = (
    "Work hardening, no lifting over 20 lb",
    "work conditioning (not hardening)",
    "Work Rehabilitation, WR-H",
    "WR-C 3x/week",
    "Work hardening 3x/week x 4 weeks",
    "PT eval and treat: work hardening 5x/week",
    "Evaluate and treat for work hardening",
    "Evaluation and work hardening 3x/week",
    "No restrictions, work hardening 5x/week",
    "Work hardening as tolerated 3x/week",
    "Work hardening once a week",
    "Once a week work hardening",
    "Work hardening pending authorization",
    "Work hardening, authorization pending",
    "Once authorized, work hardening 5x/week",
    "If approved by adjuster, start work hardening",
    "Progress to work hardening 5x/week starting Monday",
    "Transition to work hardening 5x/week",
    "Refer to PT for work hardening program",
    "Referral for work hardening",
    "Cleared for work hardening 3x/week",
    "No lifting over 20 lb during work hardening",
    "Work hardening until released to full duty",
    "Work hardening not to exceed 4 hours",
    "Work hardening/conditioning",
    "Work conditioning 3x/week x 2 weeks, then progress to work hardening",
    "Non-surgical low back; work hardening 5x/week",
    "Continue work conditioning",
    "Resume work hardening after holiday break",
    "Work hardening session completed today",
    "Work hardening, re-evaluation weekly",
    "Work hardening visit with re-evaluation",
    "Patient would benefit from work hardening, 5x/week",
    "Ice if needed, work hardening 3x/week",
    "CPT 97545",
    "97545 - work rehab",
    "Work hardening evaluation and treatment",
    "Physical therapy: work-conditioning program, daily",
    "Work hardening. Not a surgical candidate.",
    "S/P rotator cuff repair, work hardening 3x/week",
    "s/p lumbar fusion: work conditioning",
    "History of lumbar strain, start work hardening",
    "Prior level of function: heavy. Work hardening 4 h/day",
    "Not working. Work hardening program",
    "Patient not at full duty - work hardening",
    "Status post ORIF wrist, work conditioning 4 weeks",
    "After lumbar fusion, work hardening 5x/week",
    "workhardening",
    "Begin work hardening after evaluation",
    "Work hardening daily, discontinue if pain increases",
    "Work conditioning; discharge planning at week 6",
    "Work hardening per protocol before returning to full duty",
    "No improvement with PT, start work hardening",
    "Failed conventional PT; work hardening",
    "Work hardening (no contraindications)",
    "Work conditioning only; no work hardening",
    "Discharge from acute PT; begin work conditioning",
)
MENTIONED = (
    "Therapeutic exercise; work hardening not indicated",
    "PT evaluate and treat; no work hardening at this time",
    "Therapeutic exercise; not ready for work hardening",
    "Strengthening 2x/week, then progress to work hardening",
    "Therapeutic exercise until cleared for work hardening",
    "FCE to determine need for work hardening",
    "Work hardening declined",
    "Patient declined work hardening",
    "Discontinue work hardening",
    "D/C work hardening",
    "Work hardening discharge summary",
    "Discharge summary, work hardening",
    "Discharge summary for work hardening program",
    "History of work hardening",
    "s/p work hardening",
    "Evaluate for work hardening",
    "Evaluation for work hardening program",
    "PT eval for work conditioning candidacy",
    "If tolerated progress to work hardening",
    "Therapeutic exercise prior to work hardening",
    "Therapeutic exercise, if tolerated progress to work hardening",
    "Work hardening if appropriate",
    "Once strength improves, work hardening",
    "When cleared by surgeon, start work hardening",
    "No work conditioning or work hardening",
    "no work conditioning, or work hardening",
    "Work hardening is not recommended at this time",
    "Work hardening isn't indicated",
    "Hold work hardening until MRI",
    "Work hardening on hold",
    "Consider work hardening",
    "May need work hardening later",
    "In preparation for work hardening",
    "Discharged from work hardening",
    "Graduated from work hardening in May",
    "Patient has completed work conditioning; home program",
    "after completing work hardening",
    "Not a candidate for work hardening",
    "not appropriate for work conditioning",
    "Patient refuses work hardening",
    "Denies work hardening",
    "Work hardening contraindicated",
    "instead of work hardening, home exercise program",
    "rather than work hardening",
    "Assess readiness for work hardening",
    "Work hardening evaluation",
    "Work hardening initial evaluation",
    "Work hardening readiness assessment",
    "Screen for work hardening",
    "Work hardening team conference",
    "Cancel work hardening",
    "Stop work conditioning",
    "Previous work hardening 2024",
    "Therapeutic exercise; advance to work conditioning when able",
    "Work hardening not yet approved by surgeon",
    "Without work hardening",
    "Work hardening was denied",
    "Return to work rehabilitation counseling",
    "Work hardening when cleared",
    "Aquatic therapy x 4 wks, then work hardening",
    "Discussed work hardening with patient",
    "Work hardening was discussed; declined",
    "Work hardening considered",
    "Patient not yet ready to start work hardening",
)


@pytest.mark.parametrize("text", NAMED)
def test_a_program_that_is_done_or_ordered_is_named(text):
    assert names_work_rehab(text)


@pytest.mark.parametrize("text", MENTIONED)
def test_a_program_that_is_ruled_out_put_off_or_over_is_only_mentioned(text):
    assert not names_work_rehab(text)


@pytest.mark.parametrize("text", [text for text in MENTIONED if not text.startswith("Return to work")])
def test_it_is_mentioned_all_the_same(text):
    assert mentions_work_rehab(text)


@pytest.mark.parametrize("text", ["Therapeutic exercise", "Conditioning exercise", "homework hardening", "", None])
def test_other_words_mention_no_program(text):
    assert not mentions_work_rehab(text)
    assert not names_work_rehab(text)


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("Work hardening", True),
        ("PT: work conditioning 4 h", True),
        ("Therapeutic exercise during work hardening", False),
        ("Work hardening not indicated", False),
        ("Therapeutic exercise", False),
    ],
)
def test_a_text_is_called_after_a_program_when_it_begins_with_it(text, called):
    assert called == is_called_work_rehab(text)


def test_what_is_ruled_out_goes_and_the_rest_stays():
    stated = as_asserted("Work conditioning 4 h, then progress to work hardening")
    assert "Work conditioning 4 h" in stated
    assert "hardening" not in stated


def test_a_text_without_any_of_the_words_stays_as_it_is():
    assert as_asserted("Therapeutic exercise, no lifting") == "Therapeutic exercise, no lifting"


def test_a_name_said_many_times_is_read_in_bounded_time():
    assert not names_work_rehab("no work hardening. " * 20_000)
