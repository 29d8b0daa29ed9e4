"""Exports as they should not be: nothing is lost without a word, and nobody's record is mixed with another's."""

import gzip
import json
import re
import resource
import sys
from collections import Counter
from contextlib import contextmanager

import pytest

from cds_service.audit.bill_judge import LOST_BILLS, LOST_TREATMENTS
from cds_service.audit.steps.pools import opened_pool
from cds_service.audit.steps.stopped import FileChanged, LookBackStopped
from tests.audit.steps.exported import (
    Unwatched,
    exported,
    looked,
    resources_by_patient,
    resources_in,
    row_bytes,
    write_lines,
)


@pytest.fixture
def export(tmp_path):
    return exported(tmp_path / "bulk", 3)


def test_lines_that_are_not_used_are_counted_and_listed_with_file_and_line(export, tmp_path):
    good = len(resources_in(export)["Encounter.ndjson"])
    with (export / "Encounter.ndjson").open("ab") as file:
        file.write(b'{"resourceType": "Encounter", "id": "cut-of\n\n[]\n')
        file.write(b'{"resourceType": "Encounter", "id": "nobodys"}\n')
        file.write(b'{"resourceType": "Spaceship", "id": "x"}\n')
        file.write(b"\xff\xfe{}\n")
    found = looked(export, tmp_path / "w")
    assert [good + 1, good + 3, good + 4, good + 5, good + 6] == [bad.line for bad in found.listed]
    assert ["broken", "broken", "no-patient", "unknown-type", "broken"] == [bad.kind for bad in found.listed]
    assert 5 == sum(bad.lines for bad in found.bad)
    assert {"Encounter.ndjson"} == {bad.file for bad in found.bad}


def test_many_bad_lines_are_counted_and_the_first_are_listed(export, tmp_path):
    (export / "zz.ndjson").write_bytes(b"{\n" * 5_000)
    found = looked(export, tmp_path / "w")
    assert [("zz.ndjson", "broken", 5_000)] == [(bad.file, bad.kind, bad.lines) for bad in found.bad]
    assert [*range(1, 21)] == [bad.line for bad in found.listed]


def test_a_patient_in_200_files_is_the_patient_in_one(export, tmp_path):
    whole = looked(export, tmp_path / "w", secret=b"")
    for name, resources in resources_in(export).items():
        (export / name).unlink()
        for number in range(200):
            part = resources[number::200]
            if part:
                write_lines(export / f"{number:03}" / name, part)
    split = looked(export, tmp_path / "w2")
    assert len([*export.rglob("*.ndjson")]) >= 200
    assert sorted(resources_by_patient(whole).values()) == sorted(resources_by_patient(split).values())
    assert whole.read == split.read
    visits = [
        sorted(visit.date + visit.verdict for rows in f.patients() for visit in rows.visits) for f in (whole, split)
    ]
    assert visits[0] == visits[1]


def test_two_patients_with_one_id_in_two_files_are_set_aside(export, tmp_path):
    patient = resources_in(export)["Patient.ndjson"][0]
    write_lines(export / "other" / "Patient.ndjson", [patient | {"birthDate": "1931-01-01"}])
    found = looked(export, tmp_path / "w", with_ids=True)
    assert [patient["id"]] == [rows.patient for rows in found.patients() if rows.set_aside]
    (rows,) = (rows for rows in found.patients() if rows.set_aside)
    assert "share one id" in rows.set_aside
    assert () == rows.visits


def test_a_patient_over_the_bound_is_named_and_the_others_are_looked_at(export, tmp_path):
    ids = [patient["id"] for patient in resources_in(export)["Patient.ndjson"]]
    vital = {"resourceType": "Observation", "status": "final", "subject": {"reference": f"Patient/{ids[0]}"}}
    write_lines(export / "big.ndjson", [vital | {"id": f"v{number}"} for number in range(3_000)])
    found = looked(export, tmp_path / "w", with_ids=True, most_resources=1_000)
    aside = {rows.patient: rows.set_aside for rows in found.patients() if rows.set_aside}
    assert {ids[0]} == set(aside)
    assert "1,000 resources" in aside[ids[0]]
    assert {*ids} == set(resources_by_patient(found))
    assert 1 == sum(bucket.set_aside for bucket in found.audited)


def test_a_type_that_is_in_no_file_is_not_known_rather_than_empty(export, tmp_path):
    (export / "Claim.ndjson").unlink()
    found = looked(export, tmp_path / "w")
    assert "Claim" not in found.terms.types
    verdicts = {visit.verdict.value for rows in found.patients() for visit in rows.visits}
    assert "not billed" not in verdicts


def test_resources_of_r5_are_named(export, tmp_path):
    encounters = resources_in(export)["Encounter.ndjson"]
    newer = [{**encounter, "actualPeriod": encounter["period"]} for encounter in encounters]
    for encounter in newer:
        del encounter["period"]
        encounter["class"] = [{"coding": [encounter["class"]]}]
    write_lines(export / "Encounter.ndjson", newer)
    found = looked(export, tmp_path / "w")
    kinds = {bad.kind for rows in found.patients() for bad in rows.bad_lines}
    assert "other-version" in kinds


def test_a_file_that_changes_stops_the_look_back_and_names_it(export, tmp_path):
    class Meddling(Unwatched):
        def begin(self, *_):
            with (export / "Procedure.ndjson").open("ab") as file:
                file.write(b"\n")

    with pytest.raises(FileChanged, match=r"^Procedure\.ndjson changed"):
        looked(export, tmp_path / "w", watching=Meddling())
    assert looked(export, tmp_path / "w", resume=True).parts


@contextmanager
def disk_with_room_for(size):
    """A disk on which no file gets longer than this; the error is that of a file too large, told like a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_full_disk_is_said_and_the_look_back_goes_on_with_room(export, tmp_path):
    with disk_with_room_for(3_000), pytest.raises(LookBackStopped) as stopped:
        looked(export, tmp_path / "w")
    assert str(stopped.value).startswith("There is no room for what the look-back writes")
    assert str(stopped.value).endswith("Make room. Run the same command with --resume to go on from here.")
    assert [] == [*(tmp_path / "w").rglob("*half-written*")]
    resumed = looked(export, tmp_path / "w", resume=True)
    assert row_bytes(looked(export, tmp_path / "w2")) == row_bytes(resumed)


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer_is_said():
    with (
        pytest.raises(LookBackStopped, match=r"^No Dask scheduler answers at tcp://127\.0\.0\.1:9 "),
        opened_pool(cluster="tcp://127.0.0.1:9"),
    ):
        pass


def test_nothing_of_a_patient_is_in_what_is_said_of_bad_lines(export, tmp_path):
    (export / "zz.ndjson").write_text(
        json.dumps({"resourceType": "Mrs. Secret Name", "id": "x"}) + '\n{"name": "Secret\n'
    )
    found = looked(export, tmp_path / "w")
    assert "Secret" not in repr(found.bad) + repr(found.listed)


def verdicts(found):
    return Counter(visit.verdict.value for rows in found.patients() for visit in rows.visits)


def reasons(found):
    return {reason for rows in found.patients() for visit in rows.visits for reason in visit.reasons}


def test_what_may_be_among_lines_that_were_lost_is_not_called_missing(export, tmp_path):
    packed = gzip.compress((export / "Procedure.ndjson").read_bytes())
    (export / "Procedure.ndjson").unlink()
    (export / "treatments.ndjson.gz").write_bytes(packed[: len(packed) * 3 // 4])
    found = looked(export, tmp_path / "w")
    assert "Procedure" in found.terms.lost
    assert [("treatments.ndjson.gz", "broken")] == [(bad.file, bad.kind) for bad in found.bad]
    assert "billed without support" not in verdicts(found)


@pytest.mark.parametrize("line", [b'{"resourceType": "Claim", "id": "cut-of\n', b'{"resourceType":"Claim","id":"x"}\n'])
def test_no_visit_is_called_not_billed_where_a_bill_was_lost(export, tmp_path, line):
    before = verdicts(looked(export, tmp_path / "w1"))["not billed"]
    with (export / "Claim.ndjson").open("ab") as file:
        file.write(line)
    found = looked(export, tmp_path / "w2")
    assert (before, 0) == (1, verdicts(found)["not billed"])
    assert LOST_BILLS[0] in reasons(found)


def test_treatments_that_name_a_patient_by_an_identifier_alone_are_not_called_missing(export, tmp_path):
    for name in ("Encounter.ndjson", "Procedure.ndjson"):
        first, *later = resources_in(export)[name]
        own = first["subject"]["reference"]
        nameless = [
            resource | {"subject": {"identifier": {"value": "7"}}}
            for resource in (first, *later)
            if resource["subject"]["reference"] == own
        ]
        kept = [resource for resource in later if resource["subject"]["reference"] != own]
        write_lines(export / name, [*nameless, *kept])
    found = looked(export, tmp_path / "w")
    assert {"no-patient"} == {bad.kind for bad in found.bad}
    assert LOST_TREATMENTS[0] in reasons(found)
    assert "billed without support" not in verdicts(found)


def test_lines_of_types_that_nothing_rests_on_leave_all_as_it_was(export, tmp_path):
    whole = verdicts(looked(export, tmp_path / "w1"))
    (export / "Medication.ndjson").write_bytes(b'{"resourceType": "Medication", "id": "m"}\n')
    (export / "Goal.ndjson").write_bytes((export / "Goal.ndjson").read_bytes() + b"{\n")
    found = looked(export, tmp_path / "w2")
    assert frozenset({"Goal"}) == found.terms.lost
    assert whole == verdicts(found)


def test_files_are_known_by_what_is_in_them_whatever_they_are_called(export, tmp_path):
    whole = looked(export, tmp_path / "w1")
    for number, file in enumerate(sorted(export.glob("*.ndjson"))):
        target = export / "deep" / str(number) / f"{number}.NDJSON.GZ"
        target.parent.mkdir(parents=True)
        target.write_bytes(gzip.compress(file.read_bytes().replace(b"\n", b"\r\n")))
        file.unlink()
    (export / "deep" / "round").symlink_to(export)
    (export / "empty.ndjson").write_bytes(b"")
    (export / "empty.ndjson.zst").write_bytes(b"")
    found = looked(export, tmp_path / "w2")
    assert (whole.read, verdicts(whole)) == (found.read, verdicts(found))
    assert () == found.bad


def test_a_link_that_leads_nowhere_is_named_and_not_waited_for(export, tmp_path):
    (export / "gone.ndjson").symlink_to(export / "nowhere.ndjson")
    with pytest.raises(LookBackStopped, match=r"gone\.ndjson is no file that can be read: a link that leads nowhere"):
        looked(export, tmp_path / "w")


def test_a_folder_with_signs_of_a_glob_in_its_name_is_a_folder(export, tmp_path):
    export.rename(tmp_path / "export [1]")
    assert looked(tmp_path / "export [1]", tmp_path / "w").read["Patient"] == 3


@pytest.mark.parametrize("form", ["https://ehr.example.org/fhir/{}", "{}/_history/2"], ids=["absolute", "of a version"])
def test_a_reference_names_its_patient_in_any_form(export, tmp_path, form):
    whole = looked(export, tmp_path / "w1")
    for file in export.glob("*.ndjson"):
        patients = re.sub(r'"(Patient/[^"]+)"', lambda named: json.dumps(form.format(named[1])), file.read_text())
        file.write_text(patients)
    assert verdicts(whole) == verdicts(looked(export, tmp_path / "w2"))


def test_ids_that_break_file_names_stay_ids(export, tmp_path):
    first = resources_in(export)["Patient.ndjson"][0]["id"]
    for file in export.glob("*.ndjson"):
        file.write_text(file.read_text().replace(first, "..%2F.. *<>"))
    found = looked(export, tmp_path / "w", with_ids=True)
    assert "..%2F.. *<>" in {rows.patient for rows in found.patients() if rows.visits}


def test_json_over_several_lines_and_files_that_are_not_utf_8_are_counted_and_the_type_is_not_known(export, tmp_path):
    pretty = json.dumps(resources_in(export)["ClaimResponse.ndjson"][0], indent=2)
    (export / "Claim.ndjson").write_bytes((export / "Claim.ndjson").read_text().encode("utf-16"))
    (export / "ClaimResponse.ndjson").write_text(pretty)
    found = looked(export, tmp_path / "w")
    lost = {("Claim.ndjson", "broken"), ("ClaimResponse.ndjson", "broken")}
    assert lost == {(bad.file, bad.kind) for bad in found.bad}
    assert frozenset({"Claim", "ClaimResponse"}) == found.terms.lost
    assert {"not judged"} == set(verdicts(found))
