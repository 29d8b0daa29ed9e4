"""What was set aside is judged by its JSON as it came: ours, not ours, or nobody can tell."""

import pytest

from cds_service.fhir.reading.set_aside import concerns_us, encounter_concerns_us, is_of_another_version

CPT = "http://www.ama-assn.org/go/cpt"


@pytest.mark.parametrize(
    "resource",
    [
        {"code": {"coding": [{"system": CPT, "code": "97545"}]}},
        {"code": {"coding": {"system": "urn:oid:2.16.840.1.113883.6.12", "code": "97546"}}},
        {"code": {"text": "Work hardening, 2 h"}},
        {"code": "97545"},
        {"code": 97545},
        {"code": {"coding": [{"system": CPT, "code": 97545}]}},
        {"code": {"coding": [{"system": "http://snomed.info/sct", "code": "228648008"}]}},
        {"code": {"concept": {"text": "Work conditioning"}}},
        {"title": "Work hardening plan of care", "period": "March"},
        {"activity": [{"detail": {"code": {"text": "Work rehabilitation"}}}]},
    ],
)
def test_codes_and_words_of_work_rehabilitation_make_it_ours(resource):
    assert concerns_us(resource) is True


@pytest.mark.parametrize(
    "resource",
    [
        {"code": {"coding": [{"system": CPT, "code": "97110"}], "text": "Exercise, may progress to work hardening"}},
        {"code": {"text": "Work hardening not indicated"}},
        {"code": {"text": "Colonoscopy"}, "note": [{"text": "asked about work hardening"}]},
        {"code": {"text": "Colonoscopy"}, "contained": [{"code": {"text": "Work hardening"}}]},
    ],
)
def test_another_service_is_not_ours_whatever_stands_beside_it(resource):
    assert concerns_us(resource) is False


@pytest.mark.parametrize(
    "resource", [{}, {"status": "completed"}, {"code": {}}, {"code": None}, {"code": {"coding": []}}]
)
def test_without_codes_and_words_nobody_can_tell(resource):
    assert concerns_us(resource) is None


@pytest.mark.parametrize(
    ("encounter", "concerned"),
    [
        ({"type": [{"text": "Work hardening visit"}]}, True),
        ({"serviceType": {"text": "Work conditioning"}, "status": "completed"}, True),
        ({"serviceType": [{"concept": {"text": "Work conditioning"}}]}, True),
        ({"type": [{"text": "Cardiology follow-up visit"}]}, False),
        ({"type": [{"coding": [{"system": CPT, "code": "99213"}]}]}, False),
        ({"type": [{"text": "Work hardening visit"}], "status": "cancelled"}, False),
        ({"type": [{"text": "Physical therapy"}]}, None),
        ({"type": [{"text": "Office Visit"}]}, None),
        ({"type": [{"text": "Encounter for check up (procedure)"}]}, None),
        ({"type": [{"text": "Work hardening visit"}], "status": {"odd": 7}}, True),
        ({"class": {"code": "AMB"}, "subject": {"display": "Cardiology"}}, None),
        ({}, None),
        (None, None),
    ],
)
def test_a_visit_is_ours_another_specialtys_or_may_be_ours(encounter, concerned):
    assert encounter_concerns_us(encounter) is concerned


def test_a_codeable_reference_is_of_another_version():
    assert is_of_another_version({"code": {"concept": {"text": "Work hardening"}}})
    assert is_of_another_version({"serviceType": [{"concept": {"text": "Work hardening"}}]})
    assert not is_of_another_version({"code": {"text": "Work hardening"}, "serviceType": [{"text": "x"}]})
    assert not is_of_another_version({"code": 5, "serviceType": "x"})
