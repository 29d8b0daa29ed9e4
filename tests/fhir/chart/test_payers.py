import pytest

from cds_service.domain.codes import PayerClass
from tests.fhir.resources import bundle, chart_of, coded, coverage

ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
SOPT = "https://nahdo.org/sopt"
X12 = "https://x12.org/codes/claim-filing-indicator-codes"


def only(record, *organizations):
    (on_chart,) = chart_of(coverage=bundle(record, *organizations)).coverages
    return on_chart


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
    coverage_type = {"coding": [{"system": ACT, "code": "EHCPOL"}, {"system": SOPT, "code": "95"}]}
    assert PayerClass.WORKERS_COMPENSATION is only(coverage(type=coverage_type)).payer_class


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
    on_chart = only(coverage(payor=[{"reference": "Patient/p1", "display": "Pat Example"}]))
    assert (PayerClass.SELF_PAY, ()) == (on_chart.payer_class, on_chart.payers)


def test_an_alias_of_the_payer_is_one_of_its_names():
    inside = {"resourceType": "Organization", "id": "in", "name": "Example Fund", "alias": ["OWCP"]}
    on_chart = only(coverage(contained=[inside], payor=[{"reference": "#in"}]))
    assert (PayerClass.WORKERS_COMPENSATION, ("Example Fund", "OWCP")) == (on_chart.payer_class, on_chart.payers)


def test_the_id_of_an_organization_tells_no_class():
    assert PayerClass.UNKNOWN is only(coverage(payor=[{"reference": "Organization/medicare"}])).payer_class


def typed(system, code, payer, **more):
    return only(coverage(type=coded(system, code), payor=[{"display": payer}], **more))


@pytest.mark.parametrize(
    ("system", "code", "payer", "kind"),
    [
        (ACT, "PUBLICPOL", "Medicare Part B", PayerClass.MEDICARE),
        (ACT, "PUBLICPOL", "State Compensation Insurance Fund", PayerClass.WORKERS_COMPENSATION),
        (ACT, "SUBSIDIZ", "Centers for Medicare & Medicaid Services", PayerClass.MEDICARE),
        (ACT, "HMO", "Fable Gold (Medicare Advantage HMO)", PayerClass.MEDICARE),
        (ACT, "EHCPOL", "State Medicaid Managed Care", PayerClass.MEDICAID),
        (ACT, "PUBLICPOL", "TRICARE West", PayerClass.GOVERNMENT),
        (SOPT, "99", "Harbor Workman's Comp", PayerClass.WORKERS_COMPENSATION),
        (SOPT, "9", "No-Fault PIP", PayerClass.AUTO),
        (SOPT, "349", "US Dept of Labor", PayerClass.WORKERS_COMPENSATION),
        (X12, "ZZ", "Harbor W/C", PayerClass.WORKERS_COMPENSATION),
        (X12, "OF", "OWCP/DFEC", PayerClass.WORKERS_COMPENSATION),
        (X12, "11", "Ohio BWC", PayerClass.WORKERS_COMPENSATION),
        (ACT, "WCBPOL", "Fable Auto and Home", PayerClass.WORKERS_COMPENSATION),
        (ACT, "WCBPOL", "Aetna Workers' Comp Access", PayerClass.WORKERS_COMPENSATION),
        ("http://example.org/local", "WORKERS_COMP", "Harbor Casualty", PayerClass.WORKERS_COMPENSATION),
    ],
)
def test_a_coarse_type_does_not_hide_a_name_that_says_more(system, code, payer, kind):
    on_chart = typed(system, code, payer)
    assert (kind, ()) == (on_chart.payer_class, on_chart.doubts)


@pytest.mark.parametrize(
    ("system", "code", "payer", "kind"),
    [
        (ACT, "HIP", "State Workers' Compensation Fund", PayerClass.WORKERS_COMPENSATION),
        (SOPT, "5", "Harbor Work Comp", PayerClass.WORKERS_COMPENSATION),
        (ACT, "EHCPOL", "Roadside Auto", PayerClass.AUTO),
        (ACT, "WCBPOL", "Medicare Part B", PayerClass.WORKERS_COMPENSATION),
        (ACT, "WCBPOL", "Fable Health (non-work comp)", PayerClass.WORKERS_COMPENSATION),
        (SOPT, "1", "Harbor Workers' Compensation", PayerClass.MEDICARE),
        (None, None, "Harbor Auto and Workers' Compensation", PayerClass.WORKERS_COMPENSATION),
        (None, None, "Fable Medigap Plan G", PayerClass.COMMERCIAL),
    ],
)
def test_readings_that_contradict_each_other_are_a_doubt(system, code, payer, kind):
    on_chart = typed(system, code, payer)
    assert (kind, 1) == (on_chart.payer_class, len(on_chart.doubts))


@pytest.mark.parametrize(
    "name",
    [
        "Texas Mutual",
        "Employers Mutual",
        "Illinois Department of Labor",
        "Crime Victims Compensation Program",
        "Example VA",
    ],
)
def test_a_name_that_proves_nothing_tells_no_class(name):
    assert PayerClass.UNKNOWN is typed(None, None, name).payer_class


@pytest.mark.parametrize(
    "name",
    ["not workers' compensation", "Non Work Comp", "no workers comp", "excludes work comp", "other than workers comp"],
)
def test_a_class_that_is_ruled_out_is_not_told(name):
    assert PayerClass.UNKNOWN is typed(None, None, name).payer_class


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("plan", "Medicare Advantage HMO", PayerClass.MEDICARE),
        ("group", "Medicare", PayerClass.MEDICARE),
        ("plan", "Auto medical", PayerClass.AUTO),
        ("group", "Fable Auto Body", PayerClass.UNKNOWN),
        ("group", "US Dept of Veterans Affairs", PayerClass.UNKNOWN),
    ],
)
def test_names_of_plan_and_group_tell_the_class_where_nothing_else_does(kind, name, expected):
    group = {"type": coded("http://terminology.hl7.org/CodeSystem/coverage-class", kind), "value": "M1", "name": name}
    assert expected is typed(None, None, "Plain Health", **{"class": [group]}).payer_class


def test_a_number_in_the_system_of_medicare_tells_medicare():
    number = {"system": "http://hl7.org/fhir/sid/us-mbi", "value": "1S00EU7FE74"}
    assert PayerClass.MEDICARE is only(coverage(identifier=[number])).payer_class


@pytest.mark.parametrize(
    ("code", "kind"), [("WC", PayerClass.WORKERS_COMPENSATION), ("MB", PayerClass.MEDICARE), ("12", PayerClass.UNKNOWN)]
)
def test_insurance_type_codes_of_x12_are_read_by_their_letters(code, kind):
    assert kind is only(coverage(type=coded("urn:oid:2.16.840.1.113883.6.255.1336", code))).payer_class


def test_a_plan_for_teeth_is_no_coverage_of_therapy():
    assert chart_of(coverage=bundle(coverage(type=coded(ACT, "DENTAL")))).coverages == ()


def test_a_coverage_without_status_is_doubted():
    assert ("the coverage does not say that it is active",) == only(coverage(status=None)).doubts


@pytest.mark.parametrize("status", ["Active", " active "])
def test_active_is_active_in_any_case(status):
    assert () == only(coverage(status=status)).doubts


def test_a_status_that_nobody_knows_is_a_gap():
    chart = chart_of(coverage=bundle(coverage(status="suspended")))
    assert ((), "its status is none that FHIR knows") == (chart.coverages, chart.gaps[0].why)


@pytest.mark.parametrize("status", ["cancelled", "draft", "entered-in-error"])
def test_a_coverage_that_is_not_active_is_left_out(status):
    assert chart_of(coverage=bundle(coverage(status=status))).coverages == ()
