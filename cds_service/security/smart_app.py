"""The SMART app in the registry: who it is to the EHR, what it asks for, and who may show it in a frame."""

from pathlib import Path
from typing import Annotated, Final, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationInfo, field_validator

from cds_service.security.entry_terms import DistinctWords, Word, each_once, terms_of
from cds_service.security.servers import registered_url

LAUNCH: Final = "launch"
"""The scope without which no EHR tells whose chart is open."""
FrameOrigin: TypeAlias = Annotated[str, StringConstraints(pattern=r"^https?://[A-Za-z0-9.:\[\]-]+$")]


class SmartApp(BaseModel):
    """The SMART app for the users of one EHR.

    ``client_id`` is what the EHR has registered this service as; ``client_secret_file`` holds the secret of a
    confidential client, None is a public one. ``scopes`` are asked for instead of the usual ones. ``frame_ancestors``
    are the origins of pages that may show the app in a frame, by default the client's ``cors_origins``.
    ``authorization_servers`` are the hosts, beside that of the FHIR server, to which users are sent to sign in and from
    which tokens are fetched.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    client_id: Word
    client_secret_file: str | None = None
    scopes: DistinctWords | None = None
    frame_ancestors: Annotated[tuple[FrameOrigin, ...], AfterValidator(each_once)] = ()
    authorization_servers: tuple[str, ...] = ()

    @field_validator("client_secret_file")
    @classmethod
    def _found(cls, file: str | None, info: ValidationInfo) -> str | None:
        if file is None:
            return None
        path = terms_of(info).folder / file
        read_secret(path)
        return str(path)

    @field_validator("scopes")
    @classmethod
    def _with_launch(cls, scopes: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if scopes is not None and LAUNCH not in scopes:
            raise ValueError("must contain launch: without it the EHR does not say whose chart is open")
        return scopes

    @field_validator("authorization_servers")
    @classmethod
    def _callable_servers(cls, urls: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        allow_http = terms_of(info).allow_http
        return each_once(tuple(registered_url(url, allow_http=allow_http).rstrip("/") for url in urls))

    def hosts(self, fhir_server: str) -> tuple[str, ...]:
        """Where users of this FHIR server may be sent, and where their tokens come from: base URLs."""
        parts = urlsplit(fhir_server)
        return (f"{parts.scheme}://{parts.netloc}", *self.authorization_servers)


def read_secret(path: Path) -> str:
    """The secret in a file, without the spaces and line ends around it.

    Raises:
        ValueError: there is none that can be read.
    """
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except OSError as problem:
        raise ValueError(f"{path} cannot be read: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text") from None
    if not secret or not secret.isascii() or not secret.isprintable():
        raise ValueError(f"{path} must hold the secret in one line, and nothing else")
    return secret
