"""The command packet: a request for approval of a story, as a page, a PDF form or FHIR."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from cds_service.cli.main import main
from cds_service.fhir.judge import first_r4_error
from tests.forms.small_pdf import pdf_form, values_of

STORY = ("packet", "--story", "texas-hardening-pt-pta")


def run(*arguments, **environment):
    return CliRunner().invoke(main, [*STORY, *arguments], env=environment)


@pytest.mark.parametrize("use", ["first", "renewal", "appeal"])
def test_a_page_is_one_file_to_print(use, tmp_path):
    file = tmp_path / "request.html"

    done = run("--for", use, "--out", str(file))

    assert done.exit_code == 0, done.output
    assert f"Packet written to {file}." in done.stderr
    page = file.read_text()
    assert "Texana Placeholder" in page
    assert "size: letter" in page
    assert "http" not in page.split("<body>")[0], "nothing is loaded"


def test_a_page_that_cannot_be_written_is_named(tmp_path):
    done = run("--out", str(tmp_path / "nowhere" / "request.html"))

    assert done.exit_code == 1
    assert "request.html: not written: No such file or directory" in done.output


@pytest.mark.parametrize("form", ["questionnaire", "pas"])
def test_what_is_made_as_fhir_is_valid(form):
    made = json.loads(run("--for", "renewal", "--as", form).output)

    assert first_r4_error(made) is None


def test_the_edition_of_pas_is_chosen():
    made = json.loads(run("--as", "pas", "--pas", "2.0.1").output)

    assert made["meta"]["profile"][0].endswith("|2.0.1")


def test_a_form_of_the_site_is_filled(tmp_path):
    (tmp_path / "form.pdf").write_bytes(pdf_form("Employee"))
    (tmp_path / "forms.yaml").write_text(
        "forms: [{file: form.pdf, title: Example, policies: [us-tx-dwc], fields: {Employee: {element: patient}}}]"
    )
    file = tmp_path / "filled.pdf"

    done = run("--as", "pdf", "--out", str(file), CDS_FORMS=str(tmp_path))

    assert done.exit_code == 0, done.output
    assert values_of(file.read_bytes()) == {"Employee": "Texana Placeholder"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--as", "pdf"), "name the folder with your forms in CDS_FORMS"),
        (("--for", "appeal", "--as", "questionnaire"), "an appeal is a letter and has no questionnaire"),
        (("--for", "appeal", "--as", "pas"), "there is no claim"),
        (("--story", "nobody"), "there is none called 'nobody'"),
        (("--for", "holiday"), "'holiday' is not one of"),
    ],
)
def test_what_cannot_be_made_is_said_with_what_to_do(arguments, said):
    done = run(*arguments)

    assert done.exit_code != 0
    assert said in done.output


def test_a_form_that_does_not_fit_its_mapping_stops_the_command(tmp_path):
    (tmp_path / "form.pdf").write_bytes(pdf_form("Employee"))
    (tmp_path / "forms.yaml").write_text(
        "forms: [{file: form.pdf, title: Example, policies: [us-tx-dwc], fields: {Employe: {element: patient}}}]"
    )

    done = run("--as", "pdf", CDS_FORMS=str(tmp_path))

    assert "form.pdf has no such field; did you mean Employee?" in done.output


def test_a_service_without_forms_loads_no_pdf_library():
    program = (
        "import sys; from cds_service.web.application import create_app; create_app(); "
        "print([name for name in sys.modules if name.partition('.')[0] == 'pypdf' or 'packet' in name])"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert said.stdout == "[]\n"
