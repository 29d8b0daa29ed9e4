import pytest

from cds_service.domain.care import Role
from cds_service.domain.codes import Discipline
from cds_service.fhir.reading.disciplines import disciplines_in_concepts
from cds_service.fhir.reading.elements import CodeableConcept, Coding
from cds_service.fhir.reading.professions import (
    Disputed,
    Neither,
    agreed_profession,
    credentials,
    license_prefix,
    profession_in_words,
    profession_of,
)
from tests.fhir.resources import SNOMED


def concept(*codings: tuple[str | None, str], text: str | None = None) -> CodeableConcept:
    return CodeableConcept(tuple(Coding(system, code) for system, code in codings), text)


@pytest.mark.parametrize(
    ("concept", "found"),
    [
        (concept((SNOMED, "91251008")), {Discipline.PT}),
        (concept((SNOMED, "84478008")), {Discipline.OT}),
        (concept((SNOMED, "311555007")), {Discipline.SLP}),
        (concept(text="Occupational Therapy plan"), {Discipline.OT}),
        (concept(text="PT plan of care"), {Discipline.PT}),
        (concept(text="seen by pt"), set()),
        (concept((SNOMED, "84478008"), text="Physical therapy"), {Discipline.OT}),
    ],
)
def test_the_discipline_is_read_from_code_before_text(concept, found):
    assert found == disciplines_in_concepts((concept,))


@pytest.mark.parametrize(
    ("concept", "role"),
    [
        (concept((None, "225100000X")), Role(Discipline.PT, assistant=False)),
        (concept((None, "225200000X")), Role(Discipline.PT, assistant=True)),
        (concept((None, "225X00000X")), Role(Discipline.OT, assistant=False)),
        (concept((None, "224Z00000X")), Role(Discipline.OT, assistant=True)),
        (concept((None, "235Z00000X")), Role(Discipline.SLP, assistant=False)),
        (concept((SNOMED, "36682004")), Role(Discipline.PT, assistant=False)),
        (concept((SNOMED, "80546007")), Role(Discipline.OT, assistant=False)),
        (concept((SNOMED, "159026005")), Role(Discipline.SLP, assistant=False)),
        (concept(text="Physical Therapist Assistant"), Role(Discipline.PT, assistant=True)),
        (concept(text="physical therapy assistant"), Role(Discipline.PT, assistant=True)),
        (concept(text="COTA/L"), Role(Discipline.OT, assistant=True)),
        (concept(text="Physical therapist"), Role(Discipline.PT, assistant=False)),
        (concept(text="OTR/L"), Role(Discipline.OT, assistant=False)),
        (concept((None, "363A00000X"), text="Physician Assistant"), Neither("physician assistant")),
    ],
)
def test_the_profession_is_read_from_taxonomy_then_snomed_then_text(concept, role):
    assert role == profession_of((concept,))


PT, PTA = Role(Discipline.PT, assistant=False), Role(Discipline.PT, assistant=True)
OT, OTA = Role(Discipline.OT, assistant=False), Role(Discipline.OT, assistant=True)
SLP, SLPA = Role(Discipline.SLP, assistant=False), Role(Discipline.SLP, assistant=True)


@pytest.mark.parametrize(
    ("role", "titles"),
    [
        (PT, ["PT", "pt", "PT II", "PT Manager", "PT, DPT, OCS", "PT, ATC", "Staff Physical Therapist",
              "Phys. Therapist",
              "Therapist, Physical", "Doctor of Physical Therapy", "PHYSICAL THERAPIST", "Physiotherapist",
              "PhysicalTherapist", "Assistant Director of Rehab, PT", "Physical Therapist / Athletic Trainer"]),
        (PTA, ["PTA", "pta", "P.T.A.", "PT-A", "LPTA", "PT Assistant", "P.T. Asst", "Physical Therapist Asst.",
               "Licensed Physical Therapist Assistant", "Physical Therapist's Assistant", "Assistant, Physical Therapy",
               "physical-therapist-assistant", "PhysicalTherapistAssistant", "physical_therapist_assistant",
               "Physical Therapist Assistant (PTA)", "Physiotherapy assistant", "Lead PTA"]),
        (OT, ["OT", "OTR/L", "O.T.R./L.", "Occupational Therapist", "OTD, OTR"]),
        (OTA, ["OTA", "COTA/L", "OT Assistant", "Certified Occupational Therapy Assistant"]),
        (SLP, ["CCC-SLP", "Speech-Language Pathologist"]),
        (SLPA, ["SLP-A", "Speech-Language Pathology Assistant"]),
    ],
)  # fmt: skip
def test_a_title_in_words_is_that_of_a_therapist_or_assistant(role, titles):
    assert dict.fromkeys(titles, role) == {title: profession_in_words(title) for title in titles}


@pytest.mark.parametrize(
    ("called", "titles"),
    [
        ("PT student", ["Student Physical Therapist", "PT student", "DPT student", "SPT", "SPTA", "PT Intern",
                        "PTA student",
                        "Physical Therapist in training"]),
        ("OT student", ["OTS", "OTAS", "Occupational Therapist Assistant Student"]),
        ("PT aide", ["PT Aide", "Physical Therapy Aide", "Physical Therapist Extender"]),
        ("PT technician", ["PT Tech", "Physical Therapy Technician"]),
        ("technician", ["Rehab tech", "Pt care technician"]),
        ("athletic trainer", ["Athletic Trainer", "LAT, ATC", "Certified athletic trainer"]),
        ("physician assistant", ["Physician Assistant", "PA-C"]),
        ("massage therapist", ["Massage Therapist"]),
    ],
)  # fmt: skip
def test_the_words_beside_a_profession_count(called, titles):
    assert dict.fromkeys(titles, Neither(called)) == {title: profession_in_words(title) for title in titles}


@pytest.mark.parametrize("title", ["PT/OT", "PT/PTA", "OTR/L, COTA/L", "PT/OT Assistant", "Physical Therapist, PTA"])
def test_two_professions_in_one_title_are_a_dispute(title):
    assert isinstance(profession_in_words(title), Disputed)


@pytest.mark.parametrize(
    "title",
    ["Physical Therapy", "Therapist", "Assistant", "Pt access rep", "PT Billing Clerk", "Administrative Assistant",
     "Occupational Therapy Practitioner", "Work capacity specialist", "Physical therapist scheduler", ""],
)  # fmt: skip
def test_what_no_list_knows_is_no_profession(title):
    assert profession_in_words(title) is None


@pytest.mark.parametrize(
    ("display", "profession"),
    [
        ("Jane Example, PTA", PTA),
        ("Jane Example PTA", PTA),
        ("Jane Example P.T.A.", PTA),
        ("Example, Jane, PTA", PTA),
        ("Example, Jane PTA", PTA),
        ("Jane Example, PT, DPT, ATC", PT),
        ("Jane Example (PT student)", Neither("PT student")),
        ("Jane Example, SPT", Neither("PT student")),
        ("Jane Example, MD", Neither("physician")),
        ("Jane Example", None),
        ("Example, P.T.", None),
        ("P. T. Example", None),
        ("Example, Pt", None),
        ("JANE OT", None),
        ("Ot, Jane", None),
        (None, None),
    ],
)
def test_credentials_stand_behind_the_name(display, profession):
    assert profession == credentials(display)


@pytest.mark.parametrize(
    ("concepts", "profession"),
    [
        ([concept((None, "225100000X"), text="PT Student")], Neither("PT student")),
        ([concept((None, "225100000X"), text="PT Assistant")], Disputed("PT assistant and PT therapist")),
        ([concept((None, "225100000X")), concept((None, "225200000X"))], Disputed("PT assistant and PT therapist")),
        ([concept((None, "225100000X")), concept((None, "2255A2300X"))], PT),
        ([concept((None, "2255A2300X"))], Neither("athletic trainer")),
        ([concept((None, "390200000X"))], Neither("student")),
        ([concept((None, "101Y00000X"))], Neither("another profession")),
        ([concept((None, "225200000x"))], PTA),
        ([concept(("http://example.org/roles", "PTA"))], PTA),
        ([concept(text="Assistant"), concept(text="Physical Therapy")], PTA),
        ([concept(text="Therapist"), concept(text="Occupational Therapy")], OT),
        ([concept(text="Student"), concept(text="Physical Therapist")], Neither("PT student")),
        ([concept((SNOMED, "36682004"), text="PT aide")], Neither("PT aide")),
        ([concept(("http://terminology.hl7.org/CodeSystem/practitioner-role", "doctor"))], None),
    ],
)
def test_codes_and_words_of_one_role_are_read_together(concepts, profession):
    assert profession == profession_of(concepts)


def test_sources_that_differ_are_a_dispute_and_a_further_trade_is_none():
    trainer, student = Neither("athletic trainer"), Neither("PT student")
    assert PT == agreed_profession(None, PT, PT)
    assert PT == agreed_profession(PT, trainer)
    assert Disputed("athletic trainer and PT therapist") == agreed_profession(trainer, PT)
    assert Disputed("PT therapist and PT student") == agreed_profession(PT, student)
    assert Disputed("PT therapist and PT assistant") == agreed_profession(PT, PTA)


@pytest.mark.parametrize(
    ("number", "profession"), [("PTA-01234", PTA), ("PT0421", PT), ("0421", None), ("Ptolemy", None)]
)
def test_the_letters_of_a_license_number_tell(number, profession):
    assert profession == license_prefix(number)
