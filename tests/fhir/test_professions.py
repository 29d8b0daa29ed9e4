import pytest

from cds_service.domain.chart import Role
from cds_service.domain.codes import Discipline
from cds_service.fhir import professions
from cds_service.fhir.professions import Neither
from cds_service.fhir.records import CodeableConcept, Coding
from tests.fhir.resources import SNOMED


def concept(*codings: tuple[str | None, str], text: str | None = None) -> CodeableConcept:
    return CodeableConcept(tuple(Coding(system, code) for system, code in codings), text)


@pytest.mark.parametrize(
    ("one", "found"),
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
def test_the_discipline_is_read_from_code_before_text(one, found):
    assert found == professions.disciplines_of((one,))


@pytest.mark.parametrize(
    ("one", "role"),
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
def test_the_profession_is_read_from_taxonomy_then_snomed_then_text(one, role):
    assert role == professions.profession_of((one,))
