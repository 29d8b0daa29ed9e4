"""The house: which part may import which, and that the core knows no outside world."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

ALLOWED = {
    "cds_service/domain": {"cds_service.domain"},
    "cds_service/policies": {"cds_service.domain", "cds_service.policies", "cds_service.yaml_files"},
    "cds_service/billing": {"cds_service.billing", "cds_service.domain", "cds_service.policies"},
    "cds_service/rules": {"cds_service.domain", "cds_service.policies", "cds_service.rules"},
    "cards": {"cards", "cds_service.domain", "cds_service.yaml_files"},
    "cards/drawing": {"cards.drawing", "cards.markdown", "cards.numbers", "cds_service.domain"},
    "cds_service/fhir": {"cds_service.domain", "cds_service.fhir"},
    "cds_service/consultation": {
        "cds_service.billing",
        "cds_service.consultation",
        "cds_service.domain",
        "cds_service.errors",
        "cds_service.fhir",
        "cds_service.policies",
        "cds_service.rules",
    },
    "cds_service/consultation/timelines": {
        "cds_service.consultation.timelines",
        "cds_service.domain",
        "cds_service.policies",
        "cds_service.rules",
    },
    "cds_service/packets": {
        "cards",
        "cds_service.consultation",
        "cds_service.domain",
        "cds_service.fhir.reading",
        "cds_service.packets",
        "cds_service.policies",
        "cds_service.rules",
    },
    "cds_service/fhir/reading": {"cds_service.domain", "cds_service.fhir.judge", "cds_service.fhir.reading"},
    "cds_service/fhir/chart": {"cds_service.domain", "cds_service.fhir.chart", "cds_service.fhir.reading"},
    "cds_service/fhir/writing": {
        "cds_service.domain",
        "cds_service.fhir.judge",
        "cds_service.fhir.reading",
        "cds_service.fhir.writing",
    },
    "cds_service/security": {"cds_service.errors", "cds_service.security", "cds_service.yaml_files"},
    "cds_service/records": {
        "cards",
        "cds_service.domain",
        "cds_service.errors",
        "cds_service.hooks",
        "cds_service.records",
        "cds_service.security.clients",
    },
    "cds_service/hooks": {
        "cards",
        "cds_service.consultation",
        "cds_service.domain",
        "cds_service.errors",
        "cds_service.fhir",
        "cds_service.hooks",
        "cds_service.packets",
        "cds_service.policies",
        "cds_service.rules",
        "cds_service.security.clients",
    },
    "cds_service/stories": {
        "cards",
        "cds_service.domain",
        "cds_service.errors",
        "cds_service.fhir",
        "cds_service.hooks",
        "cds_service.policies",
        "cds_service.rules",
        "cds_service.security.clients",
        "cds_service.stories",
        "cds_service.yaml_files",
    },
    "cds_service/audit": {
        "cards",
        "cds_service.audit",
        "cds_service.billing",
        "cds_service.consultation",
        "cds_service.domain",
        "cds_service.errors",
        "cds_service.fhir",
        "cds_service.policies",
        "cds_service.rules",
        "cds_service.stories",
        "cds_service.yaml_files",
    },
    "cds_service/audit/report": {
        "cards",
        "cds_service.audit.kept_timeline",
        "cds_service.audit.report",
        "cds_service.audit.results.policy_effect",
        "cds_service.domain",
    },
    "cds_service/audit/steps": {
        "cds_service.audit",
        "cds_service.domain",
        "cds_service.errors",
        "cds_service.policies",
    },
    "cds_service/audit/results": {
        "cds_service.audit.results",
        "cds_service.audit.rows",
        "cds_service.errors",
    },
    "cds_service/ehr": {
        "cds_service.domain",
        "cds_service.ehr",
        "cds_service.errors",
        "cds_service.fhir.server",
        "cds_service.security.servers",
        "cds_service.stories",
    },
    "cds_service/forms": {
        "cds_service.domain",
        "cds_service.errors",
        "cds_service.forms",
        "cds_service.yaml_files",
    },
    "cds_service/app": {
        "cds_service.app",
        "cds_service.domain",
        "cds_service.errors",
        "cds_service.forms",
        "cds_service.hooks",
        "cds_service.policies",
        "cds_service.records",
        "cds_service.security",
        "cds_service.yaml_files",
    },
    "cds_service/web": {
        "cards",
        "cds_service.app",
        "cds_service.billing",
        "cds_service.consultation",
        "cds_service.domain",
        "cds_service.ehr",
        "cds_service.errors",
        "cds_service.fhir",
        "cds_service.forms",
        "cds_service.hooks",
        "cds_service.packets",
        "cds_service.policies",
        "cds_service.records",
        "cds_service.rules",
        "cds_service.security",
        "cds_service.stories",
        "cds_service.web",
    },
    "cds_service/web/pages/docs_site": {
        "cds_service.billing",
        "cds_service.errors",
        "cds_service.policies",
        "cds_service.rules",
        "cds_service.web",
    },
    "cds_service/web/pages/insights": {
        "cards",
        "cds_service.app",
        "cds_service.domain",
        "cds_service.errors",
        "cds_service.hooks",
        "cds_service.policies",
        "cds_service.records",
        "cds_service.rules",
        "cds_service.security",
        "cds_service.web",
    },
    "cds_service/cli": {"cards", "cds_service"},
    "cds_service": {"cards", "cds_service"},
}
PURE = (
    "cds_service/domain",
    "cds_service/policies",
    "cds_service/billing",
    "cds_service/rules",
    "cds_service/consultation/timelines",
    "cds_service/packets",
    "cards",
)
OUTSIDE = {"flask", "requests", "sqlalchemy", "fhir", "logging", "random", "os", "socket", "subprocess", "time"}
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("date", "today"), ("uuid", "uuid4")}


def modules(folder: str) -> list[Path]:
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found, f"{folder} holds no modules: the folder moved and this test has to follow"
    return found


def imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "cds_service":
            names |= {f"cds_service.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


@pytest.mark.parametrize("folder", ALLOWED)
def test_arrows_point_one_way(folder):
    for path in modules(folder):
        own_modules = {name for name in imports(path) if name.split(".")[0] in {"cards", "cds_service"}}
        strangers = {
            name for name in own_modules if not any(f"{name}.".startswith(f"{allowed}.") for allowed in ALLOWED[folder])
        }
        assert not strangers, f"{path.relative_to(ROOT)} may not import {strangers}: see the picture in docs/design.md"


@pytest.mark.parametrize("folder", PURE)
def test_the_core_knows_no_outside_world(folder):
    for path in modules(folder):
        found = {name for name in imports(path) if name.split(".")[0] in OUTSIDE}
        assert not found, f"{path.relative_to(ROOT)} imports {found}: pass what it gives as an argument"


@pytest.mark.parametrize("folder", PURE)
def test_the_core_asks_no_clock_and_no_dice(folder):
    for path in modules(folder):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                asked = (node.value.id, node.attr)
                assert asked not in CLOCKS, f"{path.relative_to(ROOT)}:{node.lineno} asks {asked}: pass it in"
