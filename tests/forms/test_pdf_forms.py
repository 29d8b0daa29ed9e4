"""A site's own copies of PDF forms: refused at start where the mapping does not fit, filled field by field."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from cds_service.domain.packet import PacketUse
from cds_service.errors import ConfigurationError
from cds_service.forms.form_filling import filled_form
from cds_service.forms.form_mapping import load_forms
from tests.forms.small_pdf import pdf_form, values_of
from tests.packet_examples import PATIENT, SENTENCE, appeal_of, packet_of

HEAD = """
forms:
  - file: form.pdf
    title: An example form
    policies: [us-tx-dwc]
    fields:
"""


def site_with(folder, fields, pdf=None, head=HEAD):
    (folder / "form.pdf").write_bytes(pdf if pdf is not None else pdf_form("Employee", "Need", "Date"))
    (folder / "forms.yaml").write_text(head + "".join(f"      {line}\n" for line in fields))
    return load_forms(folder)


def filled(folder, fields, packet=None, pdf=None):
    packet = packet or packet_of()
    form = site_with(folder, fields, pdf).for_packet(packet)
    return filled_form(form, packet)


def test_fields_take_elements_facts_and_texts(tmp_path):
    fields = ["Employee: {element: patient}", "Need: {element: medical-necessity}", "Date: {fact: day}"]

    values = values_of(filled(tmp_path, fields))

    assert values == {"Employee": "Dana Example", "Need": SENTENCE, "Date": "03/16/2026"}


def test_what_is_filled_in_can_be_read_on_the_page_itself(tmp_path):
    page = PdfReader(BytesIO(filled(tmp_path, ["Employee: {element: patient}"]))).pages[0]

    appearance = page["/Annots"][0].get_object()["/AP"]["/N"].get_object().get_data()
    assert b"Dana Example" in appearance


def test_a_party_is_filled_part_by_part(tmp_path):
    fields = ["Employee: {fact: requester.npi}", "Need: {fact: employer.name}", "Date: {text: none}"]

    assert values_of(filled(tmp_path, fields)) == {"Employee": "1234567893", "Need": "", "Date": "none"}


def test_a_box_is_checked(tmp_path):
    pdf = pdf_form("Employee", boxes=("New request",))

    assert values_of(filled(tmp_path, ["New request: {text: 'Yes'}"], pdf=pdf))["New request"] == "/Yes"


def test_an_element_that_the_packet_has_nothing_of_stays_empty(tmp_path):
    fields = ["Employee: {element: employer}", "Need: {element: signature}"]

    assert values_of(filled(tmp_path, fields)) == {"Employee": "", "Need": "", "Date": ""}


def test_a_text_that_does_not_fit_is_not_cut(tmp_path):
    pdf = pdf_form("Need", "Date", longest=20)

    assert values_of(filled(tmp_path, ["Need: {element: medical-necessity}"], pdf=pdf))["Need"] == "See attached"


def test_a_field_of_one_line_gets_one_line(tmp_path):
    lines = packet_of(elements=(PATIENT.__class__("patient", "x", PATIENT.value, "one\ntwo"),))
    pdf = pdf_form("Employee", "Need", multiline=("Need",))

    values = values_of(filled(tmp_path, ["Employee: {element: patient}", "Need: {element: patient}"], lines, pdf))

    assert values == {"Employee": "one two", "Need": "one\ntwo"}


@pytest.mark.parametrize("text", [") Tj ET Q (", "<</JS (x)>>", "\\", "% comment", "ünïcode 漢字 🙂", "a\x00b"])
def test_hostile_text_stays_text(tmp_path, text):
    packet = packet_of(elements=(PATIENT.__class__("patient", "x", PATIENT.value, text),))

    content = filled(tmp_path, ["Employee: {element: patient}"], packet)

    assert values_of(content)["Employee"] == "".join(part if part.isprintable() else " " for part in text)
    assert b"/JS" not in content.replace(text.encode(), b"") or "/JS" in text


def test_a_second_form_inside_that_is_not_filled_goes(tmp_path):
    content = filled(tmp_path, ["Employee: {element: patient}"], pdf=pdf_form("Employee", xfa=True))

    assert "/XFA" not in PdfReader(BytesIO(content)).trailer["/Root"]["/AcroForm"]


def test_a_form_is_for_the_policy_or_the_form_that_the_policy_names(tmp_path):
    fields = ["Employee: {element: patient}"]
    by_policy = site_with(tmp_path, fields)
    by_form = site_with(tmp_path, fields, head=HEAD.replace("policies: [us-tx-dwc]", "form: DWC-EX"))

    assert by_policy.for_packet(packet_of()) is not None
    assert by_policy.for_packet(packet_of(policy="generic")) is None
    assert by_form.for_packet(packet_of(policy="generic")) is not None
    assert by_form.for_packet(packet_of(policy="generic", request=None)) is None


def test_a_form_is_for_requests_unless_it_says_more(tmp_path):
    fields = ["Employee: {element: patient}"]
    asked = site_with(tmp_path, fields)
    appealed = site_with(tmp_path, fields, head=HEAD.replace("title:", "for: [appeal]\n    title:"))

    assert asked.for_packet(packet_of(use=PacketUse.RENEWAL)) is not None
    assert asked.for_packet(appeal_of()) is None
    assert appealed.for_packet(appeal_of()) is not None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            ["Employe: {element: patient}"],
            "forms[0].fields.Employe: form.pdf has no such field; did you mean Employee?",
        ),
        (["Zip: {element: patient}"], "has no such field; there are Employee, Need, Date"),
        (["Employee: {element: patiens}"], "patiens is no element of a request; did you mean patient?"),
        (["Employee: {fact: requester.np}"], "requester.np is no fact; did you mean requester.npi"),
        (["Employee: {element: patient, text: x}"], "takes one of element, fact and text; write one of them"),
        (["Employee: {}"], "takes one of element, fact and text"),
        (["Employee: {word: x}"], "forms[0].fields.Employee.word: Extra inputs are not permitted"),
    ],
)
def test_a_mapping_that_does_not_fit_the_form_is_refused_with_its_line(tmp_path, fields, said):
    with pytest.raises(ConfigurationError) as refused:
        site_with(tmp_path, fields)

    assert said in str(refused.value)
    assert "forms.yaml:7: " in str(refused.value)


def test_a_box_is_refused_what_it_cannot_take(tmp_path):
    with pytest.raises(ConfigurationError, match="is a box to check; write it as text, one of: Yes"):
        site_with(tmp_path, ["New: {element: patient}"], pdf=pdf_form(boxes=("New",)))


def test_a_signature_is_not_filled(tmp_path):
    with pytest.raises(ConfigurationError, match="is a signature; leave it out, and have it signed by hand"):
        site_with(tmp_path, ["Signed: {text: x}"], pdf=pdf_form("Employee", signature="Signed"))


@pytest.mark.parametrize(
    ("pdf", "said"),
    [
        (b"not a PDF", "form.pdf cannot be read as a PDF; get the form again from whoever issues it"),
        (pdf_form(), "form.pdf has no fields to fill"),
    ],
)
def test_a_file_that_is_no_form_is_refused(tmp_path, pdf, said):
    with pytest.raises(ConfigurationError, match=said):
        site_with(tmp_path, ["Employee: {element: patient}"], pdf=pdf)


def test_a_folder_without_mapping_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match=r"there is no file .*forms\.yaml; write it"):
        load_forms(tmp_path)


def test_a_form_that_is_not_there_is_refused(tmp_path):
    (tmp_path / "forms.yaml").write_text(HEAD + "      Employee: {element: patient}\n")

    with pytest.raises(ConfigurationError, match=r"forms\.yaml:3: forms\[0\].file: form.pdf cannot be read"):
        load_forms(tmp_path)


@pytest.mark.parametrize("file", ["../form.pdf", "/etc/passwd", "a/b.pdf"])
def test_a_form_lies_beside_its_mapping(tmp_path, file):
    with pytest.raises(ConfigurationError, match="is no name of a file"):
        site_with(tmp_path, ["Employee: {element: patient}"], head=HEAD.replace("form.pdf", file))


def test_a_form_for_nobody_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="is for nobody; give it policies"):
        site_with(
            tmp_path, ["Employee: {element: patient}"], head=HEAD.replace("policies: [us-tx-dwc]", "policies: []")
        )
