"""Telehealth as EHRs say it: the class of an encounter in its forms, and words of types."""

import pytest

from cds_service.fhir.reading.elements import CodeableConcept, Coding
from cds_service.fhir.reading.telehealth_words import is_virtual, telehealth_in, telehealth_of

ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


@pytest.mark.parametrize(
    "classes",
    [
        {"system": ACT_CODE, "code": "VR", "display": "virtual"},
        {"system": "http://hl7.org/fhir/v3/ActCode", "code": "VR"},
        {"system": "urn:oid:2.16.840.1.113883.5.4", "code": "VR"},
        {"code": "VR"},
        "VR",
        [{"coding": [{"system": ACT_CODE, "code": "VR"}]}],
        [{"coding": [{"system": ACT_CODE, "code": "AMB"}]}, {"coding": [{"code": "VR"}]}],
    ],
)
def test_a_virtual_class_is_read_in_every_form(classes):
    assert is_virtual(classes)


@pytest.mark.parametrize(
    "classes",
    [
        None,
        {},
        {"system": ACT_CODE, "code": "AMB"},
        {"system": "https://ehr.example.org/rooms", "code": "VR"},
        {"display": "virtual"},
        [],
        [{"coding": None}],
        ["AMB"],
        7,
    ],
)
def test_other_classes_are_not(classes):
    assert not is_virtual(classes)


@pytest.mark.parametrize(
    "text",
    [
        "Telehealth visit",
        "PT tele-rehabilitation",
        "Work conditioning, video visit",
        "Virtual PT visit",
        "virtual follow-up",
        "Telemedicine",
        "Audio-only session",
        "Not hardening. Telehealth",
    ],
)
def test_words_say_telehealth(text):
    assert telehealth_in(text) is not None
    assert telehealth_of((None, CodeableConcept(text=text))).coded is False
    assert telehealth_of((CodeableConcept((Coding(None, None, text),)),)) is not None


@pytest.mark.parametrize(
    "text",
    [
        "Work hardening with virtual reality job simulation",
        "No telehealth",
        "Telehealth declined",
        "Converted from video visit",
        "In-person instead of telehealth",
        "Telephone call",
        "Video gait analysis",
        "Visit",
    ],
)
def test_words_that_rule_it_out_or_mean_something_else_do_not(text):
    assert telehealth_in(text) is None
