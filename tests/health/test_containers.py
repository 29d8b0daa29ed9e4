"""The container files start what there is: commands of our command line, our settings, locked packages, no root."""

import re
import shlex
from pathlib import Path

import click
import pytest

from cds_service.app.settings import Settings
from cds_service.cli.every_command import COMMANDS
from cds_service.yaml_files import YamlFile

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSED = YamlFile.read(ROOT / "docker-compose.yml").content
SERVICES = COMPOSED["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
PAGES = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]


def commands_in(words):
    """Every use of the command line among words; a script given to a shell is looked through line by line."""
    if words[:1] == ["sh"]:
        return [found for line in words[-1].splitlines() for found in commands_in(shlex.split(line))]
    return [words[words.index("cds-service") + 1 :]] if "cds-service" in words else []


def understood(words):
    """The command that is meant and its options; fails where the command line knows no such thing."""
    command = COMMANDS
    while isinstance(command, click.Group):
        assert words, f"{command.name} is no command but a group"
        assert words[0] in command.commands, f"there is no command {words[0]}"
        command, words = command.commands[words[0]], words[1:]
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    options = {word for word in words if word.startswith("--")}
    assert options <= known, f"{command.name} has no {options - known}"
    return command.name, options


def started(service):
    return [*service.get("entrypoint", []), *service.get("command", [])]


def test_every_command_of_the_containers_is_there():
    image = re.search(r"^CMD (\[.*\])", DOCKERFILE, re.MULTILINE)[1]
    by_service = {name: commands_in(started(service)) for name, service in OURS.items()}
    by_service["Dockerfile"] = commands_in(YamlFile("image", image).content)
    expected = {
        "Dockerfile": ["serve"],
        "cds": ["serve"],
        "cds-alone": [],
        "ehr": ["invoke"],
        "keys": ["keys"],
        "stories": ["load"],
    }
    assert expected == {name: [understood(words)[0] for words in found] for name, found in by_service.items()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_composed_command_in_the_pages_is_there(page):
    text = page.read_text().replace("\\\n", " ")
    for line in re.findall(r"docker compose run --rm ehr ([^\n`]*)", text):
        assert "invoke" == understood(shlex.split(line))[0]
    for name in re.findall(r"docker compose .*\bup ([a-z][a-z-]*)", text):
        assert name in SERVICES


def test_every_setting_of_the_containers_is_there():
    composed = {name for service in OURS.values() for name in service.get("environment", {})}
    used = {name for name in composed | set(re.findall(r"\b(CDS_[A-Z_]+)=", DOCKERFILE)) if name.startswith("CDS_")}
    assert used
    assert used <= {f"CDS_{name.upper()}" for name in Settings.model_fields}


def test_what_the_services_depend_on_is_there():
    for service in SERVICES.values():
        assert service.get("depends_on", {}).keys() <= SERVICES.keys()
        named = {volume.partition(":")[0] for volume in service.get("volumes", ()) if isinstance(volume, str)}
        assert {source for source in named if not source.startswith((".", "/"))} <= COMPOSED["volumes"].keys()
    assert {"service_healthy"} == {
        dependency["condition"]
        for service in SERVICES.values()
        for name, dependency in service.get("depends_on", {}).items()
        if name in {"db", "cds"}
    }
    assert "healthcheck" in SERVICES["db"]
    assert "HEALTHCHECK" in DOCKERFILE


def test_our_containers_run_without_rights():
    assert "root" not in re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)[-1:]
    assert re.search(r"^USER \S+$(?!.*^USER)", DOCKERFILE, re.MULTILINE | re.DOTALL)
    for service in OURS.values():
        assert service["read_only"]
        assert ["ALL"] == service["cap_drop"]
        assert ["no-new-privileges:true"] == service["security_opt"]


def test_ports_are_open_on_this_machine_only():
    assert all(port.startswith("127.0.0.1:") for service in SERVICES.values() for port in service.get("ports", ()))


def test_packages_of_the_image_have_the_hashes_of_the_lock():
    assert re.search(r"pip install .*--require-hashes -r requirements\.lock$", DOCKERFILE, re.MULTILINE)
    assert {"requirements.lock", "requirements-dev.lock", "requirements-audit.lock"} == {
        lock.name for lock in ROOT.glob("*.lock")
    }
    assert re.search(r"pip install .*--no-deps --no-build-isolation \.$", DOCKERFILE, re.MULTILINE)
