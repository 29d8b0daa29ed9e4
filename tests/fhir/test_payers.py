import pytest

from cds_service.domain.codes import PayerClass
from tests.fhir.resources import bundle, chart_of, coded, coverage

ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
SOPT = "https://nahdo.org/sopt"
X12 = "https://x12.org/codes/claim-filing-indicator-codes"


def only(record, *others):
    (one,) = chart_of(coverage=bundle(record, *others)).coverages
    return one


@pytest.mark.parametrize(
    ("system", "code", "kind"),
    [
        (ACT, "WCBPOL", PayerClass.WORKERS_COMPENSATION),
        (ACT, "AUTOPOL", PayerClass.AUTO),
        (ACT, "EHCPOL", PayerClass.COMMERCIAL),
        (SOPT, "95", PayerClass.WORKERS_COMPENSATION),
        (SOPT, "12", PayerClass.MEDICARE),
        (SOPT, "21", PayerClass.MEDICAID),
        (SOPT, "512", PayerClass.COMMERCIAL),
        (SOPT, "81", PayerClass.SELF_PAY),
        (X12, "WC", PayerClass.WORKERS_COMPENSATION),
        (X12, "MB", PayerClass.MEDICARE),
        (X12, "12", PayerClass.COMMERCIAL),
        (None, "WC", PayerClass.WORKERS_COMPENSATION),
        ("http://example.org/local", "95", PayerClass.UNKNOWN),
    ],
)
def test_the_class_of_payer_is_read_from_the_code_in_its_system(system, code, kind):
    assert kind is only(coverage(type=coded(system, code))).payer_class


def test_one_code_for_workers_compensation_decides_over_others():
    both = {"coding": [{"system": ACT, "code": "EHCPOL"}, {"system": SOPT, "code": "95"}]}
    assert PayerClass.WORKERS_COMPENSATION is only(coverage(type=both)).payer_class


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Example Workers' Compensation Fund", PayerClass.WORKERS_COMPENSATION),
        ("EXAMPLE WORKERS COMP", PayerClass.WORKERS_COMPENSATION),
        ("Medicare Part B", PayerClass.MEDICARE),
        ("Example Health", PayerClass.UNKNOWN),
    ],
)
def test_the_name_of_the_payer_tells_its_class_as_a_last_resort(name, kind):
    assert kind is only(coverage(payor=[{"display": name}])).payer_class


def test_a_payer_is_known_by_reference_identifier_and_names():
    payor = {"reference": "https://ehr.example.org/Organization/o", "identifier": {"value": "X-1"}, "display": "Fund"}
    organization = {"resourceType": "Organization", "id": "o", "name": "Example Fund", "identifier": [{"value": "Y-2"}]}
    expected = ("Organization/o", "https://ehr.example.org/Organization/o", "X-1", "Fund", "Example Fund", "Y-2")
    assert expected == only(coverage(payor=[payor]), organization).payers


def test_a_contained_payer_is_known_by_its_name():
    inside = {"resourceType": "Organization", "id": "in", "name": "Example Fund"}
    assert only(coverage(contained=[inside], payor=[{"reference": "#in"}])).payers == ("Example Fund",)


def test_a_patient_who_pays_is_self_pay_and_is_not_named():
    one = only(coverage(payor=[{"reference": "Patient/p1", "display": "Pat Example"}]))
    assert (PayerClass.SELF_PAY, ()) == (one.payer_class, one.payers)


@pytest.mark.parametrize("status", ["cancelled", "draft", "entered-in-error"])
def test_a_coverage_that_is_not_active_is_left_out(status):
    assert chart_of(coverage=bundle(coverage(status=status))).coverages == ()
