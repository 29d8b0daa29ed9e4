"""Our own errors as one clear line, and files written or refused in one."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

_P = ParamSpec("_P")
_R = TypeVar("_R")


def told_plainly(command: Callable[_P, _R]) -> Callable[_P, _R]:
    """Turn our own errors into one clear line and exit status 1; anything else stays a fault."""

    @wraps(command)
    def told(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return command(*args, **kwargs)
        except Exception as error:
            line = _in_a_line(error)
            if line is None:
                raise
            raise click.ClickException(line) from None

    return told


def write_plainly(file: Path, content: bytes, what: str) -> None:
    """Write a file that the user named, and say so on the error stream.

    Raises:
        click.ClickException: it cannot be written; names it and says why.
    """
    try:
        file.write_bytes(content)
    except OSError as error:
        raise click.ClickException(f"{file}: not written: {error.strerror}; name another file") from None
    click.echo(f"{what} written to {file}.", err=True)


def _in_a_line(error: Exception) -> str | None:
    """What one of our own errors says; None for any other. What can fail is loaded only where something has failed."""
    import requests

    from cds_service.errors import CdsError
    from cds_service.policies.files.document import PolicyError
    from cds_service.records.database import StoreError, reason
    from cds_service.stories import StoryError

    if isinstance(error, CdsError | PolicyError | StoryError):
        return str(error)
    if isinstance(error, StoreError):
        return f"the database of CDS_DATABASE_URL cannot be used: {reason(error)}; check that it runs, and try again"
    if isinstance(error, requests.RequestException):
        address = error.request.url if error.request is not None else "the service"
        return f"{address} could not be reached ({type(error).__name__}); check that it runs, and the address"
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}; check the place and who may write there"
    return None
