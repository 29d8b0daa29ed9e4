import pytest

from cds_service.domain.care import AssessmentKind
from cds_service.domain.codes import Program
from cds_service.fhir.reading.conditions import documented_injury
from cds_service.fhir.reading.elements import CodeableConcept, Coding
from cds_service.fhir.reading.meanings import meaning, program_of
from tests.fhir.resources import CPT, SNOMED


def concept(*codings: tuple[str | None, str], text: str | None = None) -> CodeableConcept:
    return CodeableConcept(tuple(Coding(system, code) for system, code in codings), text)


@pytest.mark.parametrize(
    "service",
    [concept((CPT, "97545")), concept((CPT, "97546")), concept((SNOMED, "228648008")),
     concept((SNOMED, "228645006")), concept(text="Work hardening"), concept(text="Work Rehabilitation, WR-H"),
     concept(text="WORK-CONDITIONING program"), concept(text="work  conditioning, daily")],
)  # fmt: skip
def test_work_rehabilitation_is_known_by_code_or_by_name(service):
    assert meaning(service).work_rehab


@pytest.mark.parametrize(
    "service",
    [concept((CPT, "97110")), concept(text="Conditioning exercise"),
     concept(text="Return to work plan"), concept(text="homework hardening")],
)  # fmt: skip
def test_other_therapy_is_not_work_rehabilitation(service):
    assert not meaning(service).work_rehab


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("Work hardening", Program.HARDENING),
        ("work-hardening", Program.HARDENING),
        ("Work conditioning", Program.CONDITIONING),
        ("Work conditioning with job simulation", Program.HARDENING),
        ("Work conditioning with simulation of his work environment", Program.HARDENING),
        ("Work conditioning, no job simulation", Program.CONDITIONING),
        ("Work conditioning; does not involve work simulation", Program.CONDITIONING),
        ("Work hardening/conditioning; initial 2 hours", Program.UNKNOWN),
        ("Work conditioning or work hardening", Program.UNKNOWN),
        ("Work conditioning, then progress to work hardening", Program.CONDITIONING),
        ("Work conditioning (not hardening)", Program.CONDITIONING),
        ("Work Rehabilitation, WR-H", Program.HARDENING),
        ("Work Rehabilitation, WR-C", Program.CONDITIONING),
        ("Work rehabilitation", Program.UNKNOWN),
        ("Therapy", Program.UNKNOWN),
        ("", Program.UNKNOWN),
    ],
)
def test_the_kind_of_program_is_what_the_words_say(text, program):
    assert program == program_of((concept(text=text),))


@pytest.mark.parametrize("code", ["228648008", "228645006"])
def test_a_code_of_hardening_or_job_simulation_makes_it_hardening(code):
    assert Program.HARDENING == program_of((concept((SNOMED, code), text="conditioning"),))


@pytest.mark.parametrize(
    ("text", "work_rehab"),
    [
        ("Work hardening", True),
        ("Work hardening program, daily", True),
        ("Therapeutic exercise; work hardening not indicated", False),
        ("Therapeutic exercise as part of return to work hardening", False),
        ("Work hardening not indicated", False),
    ],
)
def test_another_code_decides_unless_the_text_itself_is_the_name_of_a_program(text, work_rehab):
    assert work_rehab == meaning(concept((CPT, "97110"), text=text)).work_rehab


def test_a_code_that_disagrees_with_its_words_is_a_doubt():
    assert any("97110" in doubt for doubt in meaning(concept((CPT, "97110"), text="Work hardening")).doubts)


@pytest.mark.parametrize(
    ("code", "text", "program", "doubted"),
    [
        ("97545-WH", None, Program.HARDENING, False),
        ("97545:WC", "Work rehabilitation", Program.CONDITIONING, False),
        ("97545-WH", "Work conditioning", Program.CONDITIONING, True),
        ("97545-GP", "Work conditioning", Program.CONDITIONING, False),
    ],
)
def test_a_modifier_tells_the_kind_of_program_where_nothing_else_does(code, text, program, doubted):
    named = meaning(concept((CPT, code), text=text))
    assert (program, doubted) == (named.program, bool(named.doubts))


@pytest.mark.parametrize(
    ("code", "kind"),
    [("97161", AssessmentKind.EVALUATION), ("97167", AssessmentKind.EVALUATION), ("97164", AssessmentKind.REEVALUATION),
     ("97168", AssessmentKind.REEVALUATION), ("97750", AssessmentKind.PERFORMANCE_TEST), ("97110", None)],
)  # fmt: skip
def test_evaluations_are_known_by_code(code, kind):
    assert kind == meaning(concept((CPT, code))).evaluation


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Initial evaluation", AssessmentKind.EVALUATION),
        ("PT evaluation", AssessmentKind.EVALUATION),
        ("Initial evaluation for work hardening", AssessmentKind.EVALUATION),
        ("Re-evaluation", AssessmentKind.REEVALUATION),
        ("PT re-evaluation", AssessmentKind.REEVALUATION),
        ("Evaluation of wound", None),
    ],
)
def test_an_uncoded_evaluation_is_known_by_its_name(text, kind):
    assert kind == meaning(concept(text=text)).evaluation


def test_an_evaluation_for_the_program_is_not_a_session_of_it():
    assert not meaning(concept((CPT, "97161"), text="Evaluation for work hardening")).work_rehab


@pytest.mark.parametrize(
    "text",
    ["Work-related injury of the wrist", "Injured at work on Monday", "fell off a ladder at the job site",
     "on-the-job injury", "Industrial accident", "Strain while working. Not severe.", "This is work related."],
)  # fmt: skip
def test_a_statement_of_a_work_injury_is_found(text):
    assert documented_injury(text) is not None


@pytest.mark.parametrize(
    "text",
    ["Not work-related", "non-work-related fall", "Patient denies injury at work", "no on-the-job injury",
     "fall not at work", "practice of work-related activities", "lifts 40 lb on the job", "returns to work", "", None],
)  # fmt: skip
def test_a_denial_or_another_mention_of_work_is_no_statement_of_an_injury(text):
    assert documented_injury(text) is None
