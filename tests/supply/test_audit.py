import json
import subprocess

import pytest

from tests.supply import audit
from tests.supply.locks import ROOT, pins

LOCK = ROOT / "requirements-dev.lock"
HOLE = {"id": "PYSEC-0000-1", "fix_versions": ["99.1"], "aliases": [], "description": "invented"}


def answer(asked, **holes):
    return {
        "dependencies": [{"name": pin.name, "version": pin.version, "vulns": holes.get(pin.name, [])} for pin in asked]
    }


def test_no_known_hole_is_a_success():
    assert [] == audit.findings(LOCK, answer)


def test_a_known_hole_fails():
    version = next(pin.version for pin in pins(LOCK) if pin.name == "flask")
    found = audit.findings(LOCK, lambda asked: answer(asked, flask=[HOLE]))
    assert [f"flask {version}: PYSEC-0000-1, mended in 99.1"] == found


def test_a_package_that_was_left_out_fails():
    def ask(asked):
        report = answer(asked)
        for package in report["dependencies"]:
            if package["name"] == "flask":
                package["skip_reason"] = "not found"
                del package["vulns"]
        return report

    assert ["flask: not audited"] == audit.findings(LOCK, ask)


def test_a_package_for_another_platform_may_be_left_out():
    assert [] == audit.findings(LOCK, lambda asked: answer([pin for pin in asked if pin.marker is None]))


def test_a_source_that_does_not_know_the_first_package_is_not_reachable():
    """pip-audit ends with 0 and "No known vulnerabilities found" then."""
    asked_about = []

    def ask(asked):
        asked_about.append(len(asked))
        return {"dependencies": [{"name": pin.name, "skip_reason": "not found"} for pin in asked]}

    with pytest.raises(audit.NotReachableError, match="not found"):
        audit.findings(LOCK, ask)
    assert [1] == asked_about


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (subprocess.CompletedProcess([], 1, "", "Traceback\nConnectionError: no such host\n"), "no such host"),
        (subprocess.CompletedProcess([], 1, "", ""), "no answer"),
        (subprocess.TimeoutExpired("pip-audit", audit.SECONDS), "no answer within"),
    ],
)
def test_a_source_that_does_not_answer_is_not_reachable(monkeypatch, capsys, result, why):
    def run(*_arguments, **_options):
        if isinstance(result, Exception):
            raise result
        return result

    monkeypatch.setattr(audit.subprocess, "run", run)
    audit.main(LOCK)
    printed = capsys.readouterr().out
    assert "was NOT audited" in printed
    assert why in printed


def test_findings_end_the_command_with_a_failure(monkeypatch):
    hole = {**HOLE, "fix_versions": []}
    report = json.dumps(answer(pins(LOCK)[:1], **{pins(LOCK)[0].name: [hole]}))
    monkeypatch.setattr(audit.subprocess, "run", lambda *_a, **_o: subprocess.CompletedProcess([], 1, report, ""))
    with pytest.raises(SystemExit, match="PYSEC-0000-1, mended in no version"):
        audit.main(LOCK)
