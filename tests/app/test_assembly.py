"""Settings that change what an answer says."""

import json
from datetime import date

import pytest

from cds_service.app.assembly import answerer_for, load_policies
from cds_service.app.settings import Settings
from cds_service.errors import ConfigurationError
from cds_service.hooks.call import read_call
from cds_service.stories import load

TODAY = date(2026, 3, 16)


def answer(story, settings, change=lambda _: None):
    request = story.request()
    change(request)
    answerer = answerer_for(settings, load_policies(settings))
    return answerer.answer(read_call(json.dumps(request).encode(), story.service))


def test_a_site_with_a_license_sees_its_own_descriptors(tmp_path):
    licensed = tmp_path / "descriptors.yaml"
    licensed.write_text('"97545": what our license says about it\n')
    printed = json.dumps(answer(load("colles-fracture", TODAY), Settings(cpt_descriptors=licensed)))
    assert "what our license says about it" in printed


@pytest.mark.parametrize("content", ["- a list", '"97545": 7', '"97545": ""', "a: [b"])
def test_a_descriptor_file_that_is_none_stops_the_start(tmp_path, content):
    wrong = tmp_path / "descriptors.yaml"
    wrong.write_text(content)
    with pytest.raises(ConfigurationError, match=r"CDS_CPT_DESCRIPTORS: descriptors\.yaml"):
        answerer_for(Settings(cpt_descriptors=wrong), load_policies(Settings()))


def misspell(request):
    resources = [entry["resource"] for entry in request["prefetch"]["procedures"]["entry"]]
    resources[0]["category"] = []


@pytest.mark.parametrize(("strict", "expected"), [(True, True), (False, False)])
def test_strict_reading_names_every_resource_that_is_not_valid(strict, expected):
    story = load("colles-fracture", TODAY)
    evaluation = answer(story, Settings(strict_fhir=strict), misspell)["extension"]["work-rehab-cds.evaluation"]
    assert expected == any("not valid FHIR R4" in gap["why"] for gap in evaluation.get("gaps", []))
