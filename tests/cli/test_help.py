"""Help is told without loading the service."""

import subprocess
import sys
from inspect import cleandoc

from click.testing import CliRunner

from cds_service.cli.every_command import COMMANDS
from cds_service.cli.main import FIRST_WORDS, main

HEAVY = {"alembic", "cryptography", "fhir", "flask", "granian", "pydantic", "requests", "rich", "sqlalchemy"}
OF_WORK = {"alembic", "fhir", "flask", "fsspec", "granian", "jinja2", "requests", "rich", "sqlalchemy"}
LOADED = """
import sys
from cds_service.cli.main import main
main(sys.argv[1:], standalone_mode=False)
print("loaded:", *sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_help_says_of_each_command_how_its_own_help_begins():
    begins = {
        name: cleandoc(command.help.partition("\n\n")[0]).replace("\n", " ")
        for name, command in COMMANDS.commands.items()
    }
    assert begins == FIRST_WORDS
    assert sorted(FIRST_WORDS) == [*FIRST_WORDS]


def told(*words):
    """What the command says, and which packages it loaded."""
    said = subprocess.run([sys.executable, "-c", LOADED, *words], capture_output=True, text=True, check=True).stdout
    help_text, _, loaded = said.partition("loaded: ")
    return help_text, {*loaded.split()}


def test_help_loads_nothing_that_only_commands_need():
    help_text, loaded = told("--help")
    assert "Run the production server" in help_text
    assert set() == HEAVY & loaded


def test_help_of_a_look_back_loads_nothing_that_only_its_work_needs():
    help_text, loaded = told("audit", "--help")
    assert "--compare-policies" in help_text
    assert set() == OF_WORK & loaded


def test_a_command_that_does_not_exist_is_named():
    result = CliRunner().invoke(main, ["sing"])
    assert (2, True) == (result.exit_code, "No such command 'sing'" in result.stderr)
