import pytest

from cds_service.fhir.chart.sites import zones_at
from cds_service.fhir.reading.drafts import read_drafts
from cds_service.fhir.reading.zones import EXTENSIONS, zone_of
from tests.fhir.resources import PATIENT, SOMEBODY_ELSE, bundle, encounter, period, prefetched, procedure

TIMEZONE = "http://hl7.org/fhir/StructureDefinition/timezone"
NOVEMBER_UTC = period("2026-11-24T14:00:00Z", "2026-11-24T18:00:00Z")
IN_UTC = procedure(performedPeriod=NOVEMBER_UTC)


def at(state=None, zone=None, url=TIMEZONE, value="valueCode", kind="Location", **more):
    place = {"resourceType": kind, "id": "l"}
    if state:
        place["address"] = {"state": state} if kind == "Location" else [{"state": state}]
    if zone:
        place["extension"] = [{"url": url, value: zone}]
    where = (
        {"location": [{"location": {"reference": "Location/l"}}]}
        if kind == "Location"
        else {"serviceProvider": {"reference": "Organization/l"}}
    )
    return encounter(period=NOVEMBER_UTC, **where, **more), place


def names(*visit, settings=(), jurisdiction=None, drafts=(), **values):
    prefetch = prefetched(encounters=bundle(*visit), procedures=bundle(IN_UTC), **values)
    zones = zones_at("p1", prefetch, drafts, "e", jurisdiction, settings)
    return [str(zone) for zone in zones.candidates]


@pytest.mark.parametrize("url", sorted(EXTENSIONS))
@pytest.mark.parametrize("value", ["valueCode", "valueString"])
@pytest.mark.parametrize("kind", ["Location", "Organization"])
def test_the_time_zone_on_the_record_of_the_place_comes_first(url, value, kind):
    assert names(*at("TX", "America/Denver", url, value, kind), settings=(zone_of("America/New_York"),)) == [
        "America/Denver"
    ]


@pytest.mark.parametrize("written", ["US/Central", "Central Standard Time", " America/Chicago "])
def test_a_zone_is_known_by_its_other_names(written):
    assert names(*at("TX", written))[0] in {"US/Central", "America/Chicago"}


@pytest.mark.parametrize("written", ["UTC", "Etc/UTC", "Central", "../etc/passwd", "", "America/Nowhere", "-06:00"])
def test_a_name_that_is_no_place_tells_nothing(written):
    assert names(*at("IA", written)) == ["America/Chicago"]
    assert names(*at("TX", written)) == ["America/Chicago", "America/Denver"]


def test_the_zone_on_an_instant_of_the_visit_is_that_of_the_place():
    timed = {**NOVEMBER_UTC, "_start": {"extension": [{"url": TIMEZONE, "valueCode": "America/Denver"}]}}
    assert names(encounter(period=timed)) == ["America/Denver"]


def test_then_the_state_of_the_site_where_it_has_one_zone():
    assert names(*at("IA"), settings=(zone_of("America/New_York"),)) == ["America/Chicago"]


def test_then_the_zone_of_the_client_before_that_of_the_service():
    settings = (zone_of("America/Denver"), zone_of("America/Chicago"))
    assert names(*at("TX"), settings=settings) == ["America/Denver"]
    assert names(*at("TX"), settings=(None, zone_of("America/Chicago"))) == ["America/Chicago"]


def test_a_setting_that_cannot_be_the_zone_of_the_state_tells_nothing():
    assert names(*at("TX"), settings=(zone_of("America/New_York"),)) == ["America/Chicago", "America/Denver"]


@pytest.mark.parametrize(
    ("offset", "zones"),
    [
        ("-06:00", ["America/Chicago"]),
        ("-07:00", ["America/Denver"]),
        ("-05:00", ["America/Chicago", "America/Denver"]),
        ("+00:00", ["America/Chicago", "America/Denver"]),
        ("+05:30", ["America/Chicago", "America/Denver"]),
    ],
)
def test_then_an_offset_that_a_zone_of_the_state_has_on_that_date(offset, zones):
    visit, place = at("TX")
    visit["period"] = period(f"2026-11-24T08:00:00{offset}", f"2026-11-24T12:00:00{offset}")
    assert names(visit, place) == zones


def test_the_states_of_home_and_accident_only_narrow_the_choice():
    home = {"resourceType": "Patient", "id": "p1", "address": [{"state": "KS"}]}
    accident = {"resourceType": "Claim", "id": "c", "status": "draft", "use": "claim", "patient": PATIENT,
                "accident": {"date": "2026-10-01", "locationAddress": {"state": "CA"}}}  # fmt: skip
    assert names(encounter(period=NOVEMBER_UTC), patient=home, charges=bundle(accident)) == [
        "America/Los_Angeles",
        "America/Chicago",
        "America/Denver",
    ]


def test_a_chart_in_utc_without_any_place_may_lie_anywhere_in_the_states():
    assert len(names(encounter(period=NOVEMBER_UTC))) == 8


def test_the_place_of_a_booked_visit_comes_before_that_of_earlier_ones():
    booked = {"resourceType": "Appointment", "id": "a", "status": "proposed", "start": "2026-12-01T14:00:00Z",
              "end": "2026-12-01T18:00:00Z", "participant": [{"actor": {"reference": "Location/m"}}]}  # fmt: skip
    there = {"resourceType": "Location", "id": "m", "address": {"state": "CO"}}
    drafts = read_drafts(bytes(str([booked]).replace("'", '"'), "ascii"))
    assert names(*at("IA"), there, drafts=drafts) == ["America/Denver"]


def test_the_visit_of_another_patient_tells_no_place():
    visit, place = at("HI", subject=SOMEBODY_ELSE)
    assert "Pacific/Honolulu" != names(visit, place)[0]
