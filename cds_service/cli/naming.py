"""This program as its user typed it, for commands that are printed to be copied."""

import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

PROGRAM: Final = "cds-service"


def typed(rest: str) -> str:
    """The command that runs this program with these words, from the folder that it was started in.

    Like ``cds-service rules``, or with its path, like ``.venv/bin/cds-service rules``, where the search path leads to
    another one or to none.
    """
    return f"{_program()} {rest}"


def _program() -> str:
    started = Path(sys.argv[0])
    program = started if started.name == PROGRAM else Path(sys.executable).with_name(PROGRAM)
    if not program.exists():
        return f"{shlex.quote(sys.executable)} -m cds_service.cli"
    found = shutil.which(PROGRAM)
    if found is not None and Path(found).samefile(program):
        return PROGRAM
    absolute, here = program.absolute(), Path.cwd()
    path = absolute.relative_to(here) if absolute.is_relative_to(here) else absolute
    return shlex.quote(str(path) if len(path.parts) > 1 else f"./{path}")
