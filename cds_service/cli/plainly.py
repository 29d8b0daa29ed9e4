"""Our own errors as one clear line."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import click
import requests

from cds_service.errors import CdsError
from cds_service.policies.files.document import PolicyError
from cds_service.records.database import StoreError, reason
from cds_service.stories import StoryError

_P = ParamSpec("_P")
_R = TypeVar("_R")


def told_plainly(command: Callable[_P, _R]) -> Callable[_P, _R]:
    """Turn our own errors into one clear line and exit status 1; anything else stays a fault."""

    @wraps(command)
    def told(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return command(*args, **kwargs)
        except (CdsError, PolicyError, StoryError) as error:
            raise click.ClickException(str(error)) from None
        except StoreError as error:
            raise click.ClickException(
                f"the database of CDS_DATABASE_URL cannot be used: {reason(error)}; check that it runs, and try again"
            ) from None
        except requests.RequestException as error:
            address = error.request.url if error.request is not None else "the service"
            raise click.ClickException(
                f"{address} could not be reached ({type(error).__name__}); check that it runs, and the address"
            ) from None

    return told
