"""What a user types wrongly is answered in one line that says what is right, never with a stack trace."""

import pytest
from click.testing import CliRunner

from cds_service.cli.main import main


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("policies", "new", "north", "--out", "{file}/below"), "stories: Not a directory; check the place"),
        (("audit", "--sample", "--out", "{file}"), "sample-export: Not a directory; check the place"),
        (("policies", "explain", "--file", "{file}"), "has no story in it"),
        (
            ("audit", "{folder}", "--out", "{folder}/out", "--from", "2026-03-01", "--to", "2026-01-01"),
            "no day is from 2026-03-01 to 2026-01-01: exchange the two",
        ),
        (("insights", "--since", "2026-13-01"), "2026-13-01 is no date: write it like 2026-03-16"),
        (("policies", "show", "us-tx-dwc", "--on", "yesterday"), "yesterday is no date: write it like 2026-03-16"),
    ],
)
def test_a_mistake_is_answered_in_a_line(tmp_path, words, said):
    file = tmp_path / "file.yaml"
    file.write_text("")

    done = CliRunner().invoke(main, [word.format(file=file, folder=tmp_path) for word in words])

    assert done.exit_code in {1, 2}
    assert said in done.output
    assert "Traceback" not in done.output
    assert not isinstance(done.exception, OSError)
