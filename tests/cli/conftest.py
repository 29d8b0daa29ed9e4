from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cds_service.cli.main import main

POLICY = """\
policy: site-fable
title: Fable Insurance (invented)
match: {payer: Fable Insurance, payer_class: workers-compensation, jurisdiction: US-IA}
status: partial
not_modelled: [fee amounts]
values:
  program.max_weeks:
    - from: 2026-01-01
      value: {conditioning: 4, hardening: 8}
      source: {title: Invented agreement, paragraph: "4", retrieved: 2026-01-02}
      confidence: verified
    - from: 2026-07-01
      value: {conditioning: 5, hardening: 10}
      source: {title: Invented amendment, retrieved: 2026-06-20}
      confidence: verified
"""

Run = Callable[..., Result]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with one policy of a site."""
    (tmp_path / "site-fable.yaml").write_text(POLICY)
    return tmp_path


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs ``cds-service policies …``, with the folders of ``site`` in the settings."""
    monkeypatch.delenv("CDS_POLICY_DIRS", raising=False)

    def command(*words: str | Path, site: Path | None = None) -> Result:
        folders = {"CDS_POLICY_DIRS": str(site)} if site is not None else {}
        return CliRunner().invoke(main, ["policies", *map(str, words)], env=folders)

    return command
