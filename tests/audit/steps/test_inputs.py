"""What the input may be, and that each of its lines is read once, with the number that it has in its file."""

import gzip
import os

import fsspec
import pytest
import zstandard

from cds_service.audit.line_heads import LONGEST_RESOURCE
from cds_service.audit.steps.inputs import FileRange, blocks_of, check_unchanged, export_files
from cds_service.audit.steps.raw_lines import DamagedFile, raw_lines
from cds_service.audit.steps.stopped import FileChanged, LookBackStopped

LINES = b"".join(b'{"line": %d, "filler": "%s"}\n' % (number, b"x" * (number % 50)) for number in range(500))


def lines_read(place, largest=10**9):
    blocks = blocks_of(export_files(str(place)), largest)
    return [line for block in blocks for piece in block.pieces for line in raw_lines(piece)]


@pytest.mark.parametrize("largest", [100, 1_000, 7_777, 10**9])
def test_every_line_is_read_once_however_the_file_is_cut(tmp_path, largest):
    (tmp_path / "a.ndjson").write_bytes(LINES)
    assert LINES.splitlines() == lines_read(tmp_path, largest)


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("a.ndjson.gz", gzip.compress(LINES)),
        ("a.ndjson.gz", gzip.compress(LINES[:600]) + gzip.compress(LINES[600:])),
        ("a.ndjson.zst", zstandard.compress(LINES)),
        ("a.ndjson.zst", zstandard.compress(LINES[:600]) + zstandard.compress(LINES[600:])),
        ("a.ndjson", b"\xef\xbb\xbf" + LINES),
        ("a.ndjson", LINES.removesuffix(b"\n")),
    ],
    ids=["gz", "two members of gz", "zst", "two frames of zst", "byte order mark", "last line without its end"],
)
def test_packed_files_are_read_like_plain_ones(tmp_path, name, packed):
    (tmp_path / name).write_bytes(packed)
    assert LINES.splitlines() == lines_read(tmp_path)


def test_a_folder_means_what_lies_in_it_and_below_and_names_are_those_below_it(tmp_path):
    for name in ("Patient.ndjson", "more/1.Patient.ndjson.gz", "notes.txt", "manifest.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert ["Patient.ndjson", "more/1.Patient.ndjson.gz"] == [file.name for file in export_files(str(tmp_path))]
    assert ["Patient.ndjson"] == [file.name for file in export_files(str(tmp_path / "Pat*.ndjson"))]
    assert ["Patient.ndjson"] == [file.name for file in export_files(str(tmp_path / "Patient.ndjson"))]


def test_an_address_of_fsspec_is_an_input():
    with fsspec.open("memory://bulk/Patient.ndjson", "wb") as file:
        file.write(LINES)
    assert ["Patient.ndjson"] == [file.name for file in export_files("memory://bulk")]
    assert LINES.splitlines() == lines_read("memory://bulk", 1_000)


def test_small_files_share_a_block(tmp_path):
    for number in range(200):
        (tmp_path / f"{number:03}.ndjson").write_bytes(LINES[:200])
    assert 1 == len(blocks_of(export_files(str(tmp_path)), 10**6))


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("nowhere", "nowhere cannot be read (it is not there)."),
        (".", "holds no FHIR Bulk Data file."),
        ("unheard-of://x", "Protocol not known"),
    ],
)
def test_what_is_no_input_is_refused_in_words(tmp_path, monkeypatch, place, why):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LookBackStopped) as stopped:
        export_files(place)
    assert why in str(stopped.value)


def test_a_line_that_is_too_long_is_skipped_and_counted(tmp_path):
    (tmp_path / "a.ndjson").write_bytes(b"1\n" + b"x" * (LONGEST_RESOURCE + 5) + b"\n2\n")
    assert [b"1", None, b"2"] == lines_read(tmp_path)
    assert [b"1", None, b"2"] == lines_read(tmp_path, 5_000_000)


@pytest.mark.parametrize("name", ["a.ndjson.gz", "a.ndjson.zst"])
def test_of_a_packed_file_that_is_damaged_the_lines_before_are_read(tmp_path, name):
    packed = (gzip.compress if name.endswith("gz") else zstandard.compress)(LINES)
    (tmp_path / name).write_bytes(packed[:20] + bytes([packed[20] ^ 255]) + packed[21:])
    with pytest.raises(DamagedFile):
        lines_read(tmp_path)


@pytest.mark.parametrize("name", ["a.ndjson.gz", "a.ndjson.zst"])
def test_a_packed_file_that_was_cut_off_is_not_taken_for_a_whole_one(tmp_path, name):
    packed = (gzip.compress if name.endswith("gz") else zstandard.compress)(LINES)
    (tmp_path / name).write_bytes(packed[: len(packed) // 2])
    with pytest.raises(DamagedFile):
        lines_read(tmp_path)


def test_a_file_that_grows_is_noticed_and_named(tmp_path):
    (tmp_path / "a.ndjson").write_bytes(LINES)
    (source,) = export_files(str(tmp_path))
    check_unchanged(source)
    lines = raw_lines(FileRange(source))
    next(lines)
    with (tmp_path / "a.ndjson").open("ab") as file:
        file.write(b"{}\n")
    with pytest.raises(FileChanged, match=r"^a\.ndjson changed, or went away, while it was read\. Wait until"):
        list(lines)


def test_a_file_of_the_same_size_that_was_written_again_is_noticed(tmp_path):
    (tmp_path / "a.ndjson").write_bytes(LINES)
    (source,) = export_files(str(tmp_path))
    os.utime(tmp_path / "a.ndjson", ns=(1, 1))
    with pytest.raises(FileChanged):
        check_unchanged(source)
    (tmp_path / "a.ndjson").unlink()
    with pytest.raises(FileChanged):
        list(raw_lines(FileRange(source)))
