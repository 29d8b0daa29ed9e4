import pytest

from cds_service.fhir.reading.elements import CodeableConcept, Coding
from cds_service.fhir.reading.procedure_codes import coded, procedure_codes
from tests.fhir.resources import CPT, SNOMED


def concept(system: str | None, code: str | None, text: str | None = None) -> CodeableConcept:
    return CodeableConcept((Coding(system, code),), text)


@pytest.mark.parametrize(
    "system",
    [
        CPT, "http://www.ama-assn.org/go/cpt/", "https://www.ama-assn.org/go/cpt", "http://ama-assn.org/go/cpt",
        "HTTP://WWW.AMA-ASSN.ORG/go/CPT", "http://www.ama-assn.org/go/cpt|2026", "urn:oid:2.16.840.1.113883.6.12",
        "2.16.840.1.113883.6.12", "CPT", "cpt", "CPT4", "CPT-4", "C4", "urn:cpt", "http://terminology.hl7.org/CodeSystem/CPT",
        "HCPCS", "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
        "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "https://www.cms.gov/Medicare/Coding/MedHCPCSGenInfo",
        "http://terminology.hl7.org/CodeSystem/HCPCS-all-codes", "urn:oid:2.16.840.1.113883.6.285",
        "urn:oid:2.16.840.1.113883.6.14", None, "",
    ],
)  # fmt: skip
def test_a_procedure_code_is_known_under_each_name_of_its_system(system):
    assert (("97545",), ()) == coded(concept(system, "97545"))[::2]


@pytest.mark.parametrize("system", ["http://example.org/local", "urn:oid:1.2.840.114350.1.13.99", "EAP"])
def test_a_therapy_code_under_an_unknown_system_counts_and_is_unsure(system):
    assert (("97545",), ("97545",)) == coded(concept(system, "97545"))[::2]


def test_a_code_under_a_known_system_makes_its_local_twin_sure():
    concept = CodeableConcept((Coding("http://example.org/local", "97545"), Coding(CPT, "97545")))
    assert (("97545",), ()) == coded(concept)[::2]


@pytest.mark.parametrize(
    "system",
    [SNOMED, "http://loinc.org", "http://hl7.org/fhir/sid/icd-10-cm", "urn:oid:2.16.840.1.113883.6.96",
     "http://www.ama-assn.org/go/cpt-modifier", "http://terminology.hl7.org/CodeSystem/service-type"],
)  # fmt: skip
def test_the_same_digits_of_another_system_are_no_procedure_code(system):
    assert procedure_codes(concept(system, "97545")) == ()


@pytest.mark.parametrize("code", ["12345", "80053", "A1234"])
def test_other_digits_under_an_unknown_system_are_no_procedure_code(code):
    assert procedure_codes(concept("http://example.org/laboratory", code)) == ()


@pytest.mark.parametrize(
    ("written", "modifiers"),
    [
        ("97545-GP", ("GP",)),
        ("97545:WH", ("WH",)),
        ("97545WH", ("WH",)),
        ("97545 GP", ("GP",)),
        ("97545,GP", ("GP",)),
        ("97545.GP", ("GP",)),
        ("97545-WH-GP", ("WH", "GP")),
        ("97545-WH GP", ("WH", "GP")),
        ("97545WHGP", ("WH", "GP")),
        ("97545-52", ("52",)),
        ("97545-gp", ("GP",)),
        (" 97545 ", ()),
        ("CPT 97545", ()),
        ("cpt:97545", ()),
        ("HCPCS 97545-GP", ("GP",)),
    ],
)
def test_a_code_is_read_with_its_modifiers(written, modifiers):
    assert (("97545",), modifiers, ()) == coded(concept(CPT, written))


@pytest.mark.parametrize(
    "code", ["9754", "975455", "97545-1", "97545-01", "9754552", "abcde", "97545-GPX", "", "97545--", "x" * 99]
)
def test_a_code_of_another_shape_is_no_procedure_code(code):
    assert procedure_codes(concept(CPT, code)) == ()


@pytest.mark.parametrize("text", ["97545", "CPT 97545", "97545-GP"])
def test_a_code_that_stands_in_the_words_only_is_read(text):
    assert procedure_codes(CodeableConcept((), text)) == ("97545",)
    assert procedure_codes(CodeableConcept((Coding(display=text),))) == ("97545",)


@pytest.mark.parametrize("text", ["Lift 97545 times", "Room 12345", "12345"])
def test_other_digits_in_words_are_no_code(text):
    assert procedure_codes(CodeableConcept((), text)) == ()


def test_several_codes_come_once_each_and_words_add_none():
    concept = CodeableConcept((Coding(CPT, "97545"), Coding("CPT", "97545"), Coding(CPT, "97546")), "97110")
    assert procedure_codes(concept) == ("97545", "97546")


@pytest.mark.parametrize(
    ("written", "modifiers"),
    [
        ("97545-WHGP", ("WH", "GP")),
        ("97545_WH", ("WH",)),
        ("97545-WH-GP", ("WH", "GP")),
        ("97545 WH GPCQ", ("WH", "GP", "CQ")),
    ],
)
def test_modifiers_behind_a_code_are_read_though_joined(written, modifiers):
    assert (("97545",), modifiers) == coded(concept(CPT, written))[:2]


@pytest.mark.parametrize("written", ["97545 WITH", "97545-NOTE", "97545X"])
def test_other_letters_behind_a_code_are_no_modifiers(written):
    assert coded(concept(CPT, written)).codes == ()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("97162 PT EVAL MOD COMPLEX 30 MIN", "97162"),
        ("CPT 97162: evaluation", "97162"),
        ("97110 - therapeutic exercise", "97110"),
        ("PT evaluation, moderate (97162)", "97162"),
        ("Therapeutic exercise [CPT 97110]", "97110"),
        ("97545 WORK HARDENING/CONDITIONING INIT 2 HRS", "97545"),
        ("97546 - each further hour", "97546"),
        ("Work hardening (CPT 97545)", "97545"),
    ],
)
@pytest.mark.parametrize("place", ["text", "display"])
def test_a_therapy_code_that_words_begin_or_end_with_is_theirs(words, code, place):
    local = Coding("urn:oid:1.2.840.114350.1", "4711", words if place == "display" else None)
    concept = CodeableConcept((local,), words if place == "text" else None)
    assert (code,) == procedure_codes(concept)


@pytest.mark.parametrize(
    "words",
    [
        "97164 not indicated", "97110 or 97530", "97161-97163 evaluation", "97110 and 97530", "99213 office visit",
        "97530 and work conditioning program",
        "97545 once cleared", "97545 declined", "if tolerated 97110", "12/97110 thing", "97110 held", "Room 97110 east",
        f"97110 {'x' * 200}",
    ],
)  # fmt: skip
def test_words_that_are_of_several_codes_or_rule_one_out_have_none(words):
    assert procedure_codes(CodeableConcept((), words)) == ()
