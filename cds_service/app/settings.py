"""Settings: environment variables that begin with ``CDS_``, checked once at start."""

import os
import re
from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import (
    DirectoryPath,
    Field,
    FilePath,
    SecretStr,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from cds_service.errors import ConfigurationError
from cds_service.policies.files.loader import files_of
from cds_service.security.clients import TimeZone
from cds_service.security.keys import ALGORITHMS, RECOMMENDED

PREFIX: Final = "CDS_"
LOOPBACK_WORD: Final = "loopback"
OIDC_SETTINGS: Final = ("oidc_issuer", "oidc_client_id", "oidc_client_secret", "oidc_allowed")
"""Settings of which all are needed where there is one."""


class Settings(BaseSettings):
    """Everything a site can set. Each field is the environment variable ``CDS_`` + its name in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="ignore")

    public_url: str = Field(
        default="http://127.0.0.1:8000",
        description="The address clients know this service by; links in cards start with it. No trailing slash needed.",
    )
    policy_dirs: Annotated[tuple[Path, ...], NoDecode] = Field(
        default=(),
        description="Folders with the site's own policy files, separated by commas or the system's path separator.",
    )
    max_body_bytes: int = Field(
        default=32 * 1024 * 1024, ge=1024, description="Largest request body in bytes; larger ones get status 413."
    )
    max_cards: int = Field(default=5, ge=1, le=50, description="Most cards in one answer; the rest are counted in it.")
    source_label: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)] = Field(
        default="Work Rehab CDS", description="The name that cards give as their source."
    )
    jurisdiction: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$")] | None = Field(
        default=None, description="State assumed when nothing in the chart tells, like US-TX."
    )
    time_zone: TimeZone | None = Field(
        default=None,
        description="Time zone of the clinics when nothing in the chart tells, like America/Chicago.",
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Origins of browser clients, separated by commas, like https://ehr.example.org; "
        "the word loopback stands for this machine on any port.",
    )
    clients: FilePath | None = Field(
        default=None, description="File with the registry of clients; serve needs one, demo ignores it."
    )
    discovery: Literal["listed", "shared"] = Field(
        default="listed",
        description="The service ids that discovery lists: one a hook (listed), or those that the hooks of a moment "
        "share (shared), for clients that replace stale cards by id. Both answer.",
    )
    discovery_open: bool = Field(default=True, description="Answer discovery without a token.")
    jwt_algorithms: Annotated[tuple[str, ...], NoDecode] = Field(
        default=RECOMMENDED,
        min_length=1,
        description="Signature algorithms that tokens of clients may have, separated by commas.",
    )
    allow_http: bool = Field(
        default=False, description="Let keys and FHIR servers of clients be plain http. For sandboxes and tests."
    )
    fhir_seconds: float = Field(
        default=2.0,
        gt=0,
        le=30,
        description="Most seconds that a call waits for the EHR's FHIR server, all queries together.",
    )
    fhir_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        default=(),
        description="Private networks in which FHIR servers of clients may be, separated by commas, like 10.20.0.0/16.",
    )
    fhir_authorities: FilePath | None = Field(
        default=None, description="File with the certificate authorities of FHIR servers, instead of the usual ones."
    )
    strict_fhir: bool = Field(default=False, description="Validate every received resource as FHIR R4. Slow.")
    cpt_descriptors: FilePath | None = Field(
        default=None, description="File with the CPT descriptors that the site has licensed."
    )
    fees: FilePath | None = Field(
        default=None,
        description="File with what the site charges: CSV with code, modifier, amount, from. Without it no dollar is "
        "shown.",
    )
    forms: DirectoryPath | None = Field(
        default=None,
        description="Folder with the site's own copies of payers' PDF forms, and forms.yaml that says what goes into "
        "which field.",
    )
    database_url: SecretStr = Field(
        default=SecretStr("sqlite:///work-rehab-cds.sqlite3"),
        description="Where records are kept: a SQLite file, or PostgreSQL like postgresql://cds@db.example.org/cds.",
    )
    patient_key: Annotated[SecretStr, Field(min_length=32)] | None = Field(
        default=None, description="Secret for the hashes that stand for patients; without it one is made and kept."
    )
    retention_days: int = Field(default=365, ge=1, le=3650, description="Days that records purge leaves.")
    suppress_days: int = Field(
        default=7, ge=0, le=365, description="Days that an overridden finding is not shown again; 0 is always shown."
    )
    metrics_token: Annotated[SecretStr, Field(min_length=16)] | None = Field(
        default=None, description="Bearer token that reads the metrics; without it they are open."
    )
    insights_token: Annotated[SecretStr, Field(min_length=16)] | None = Field(
        default=None,
        description="Token that opens the insights, at least 16 characters; without it and OIDC they are off.",
    )
    oidc_issuer: str | None = Field(
        default=None,
        description="OpenID Connect provider whose users may see the insights, like https://id.example.org.",
    )
    oidc_client_id: str | None = Field(default=None, description="Who this service is at the OpenID Connect provider.")
    oidc_client_secret: SecretStr | None = Field(default=None, description="Its secret there.")
    oidc_allowed: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        validate_default=True,
        description="Who may see the insights, separated by commas: verified email addresses, and groups by name.",
    )
    try_page: bool = Field(
        default=False, description="Serve the page /try, on which anybody plays invented patients; demo always has it."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least severe log record that is written."
    )

    @field_validator("public_url")
    @classmethod
    def _absolute(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
            raise ValueError(f"{url!r} is not an absolute http or https URL without query")
        return url.rstrip("/")

    @field_validator("policy_dirs", mode="before")
    @classmethod
    def _paths(cls, value: object) -> object:
        return _split(value, f",{os.pathsep}")

    @field_validator("policy_dirs")
    @classmethod
    def _folders(cls, folders: tuple[Path, ...]) -> tuple[Path, ...]:
        for folder in folders:
            files_of(folder)
        return folders

    @field_validator("cors_origins", "jwt_algorithms", "fhir_networks", "oidc_allowed", mode="before")
    @classmethod
    def _list(cls, value: object) -> object:
        return _split(value, ",")

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if origin != LOOPBACK_WORD and not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+", origin):
                raise ValueError(f"{origin!r} is no origin like https://ehr.example.org, nor the word {LOOPBACK_WORD}")
        return origins

    @field_validator("jwt_algorithms")
    @classmethod
    def _asymmetric(cls, algorithms: tuple[str, ...]) -> tuple[str, ...]:
        for algorithm in algorithms:
            if algorithm not in ALGORITHMS:
                raise ValueError(f"{algorithm!r} is none of {', '.join(ALGORITHMS)}")
        return algorithms

    @field_validator("oidc_issuer")
    @classmethod
    def _issuer(cls, url: str | None, besides: ValidationInfo) -> str | None:
        parts = urlsplit(url or "https://none")
        schemes = {"http", "https"} if besides.data.get("allow_http") else {"https"}
        if parts.scheme not in schemes or not parts.netloc or parts.query or parts.fragment:
            raise ValueError(f"{url!r} is not an https URL without query, like https://id.example.org")
        return url

    @field_validator("oidc_allowed")
    @classmethod
    def _whole(cls, allowed: tuple[str, ...], besides: ValidationInfo) -> tuple[str, ...]:
        is_set = {name: bool(besides.data.get(name)) for name in OIDC_SETTINGS} | {"oidc_allowed": bool(allowed)}
        missing = [f"{PREFIX}{name.upper()}" for name in is_set if not is_set[name]]
        if missing and any(is_set.values()):
            raise ValueError(f"sign-in by OpenID Connect also needs {' and '.join(missing)}; set all four, or none")
        return allowed

    @field_validator("log_level", mode="before")
    @classmethod
    def _capitals(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value


def _split(value: object, separators: str) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in re.split(f"[{re.escape(separators)}]", value) if part.strip())


def load_settings(**chosen: Any) -> Settings:  # noqa: ANN401 - checked by the model
    """Settings from the environment; ``given`` ones go before it.

    Raises:
        ConfigurationError: a value cannot be used; the text names each variable and what is wrong.
    """
    try:
        return Settings(**chosen)
    except ValidationError as wrong:
        problems = sorted({f"{_variable(error['loc'])}: {_reason(error)}" for error in wrong.errors()})
        raise ConfigurationError("; ".join(problems)) from None


def unknown_names(names: Collection[str]) -> Iterator[str]:
    """A sentence for each variable that begins like a setting and is none, with the nearest setting."""
    known = {name.upper() for name in Settings.model_fields}
    for name in sorted(name for name in names if name.upper().startswith(PREFIX)):
        rest = name.upper().removeprefix(PREFIX)
        if rest not in known:
            near = get_close_matches(rest, known, n=1)
            yield f"{name} is no setting, so it changes nothing{f'; did you mean {PREFIX}{near[0]}?' if near else ''}"


def _variable(location: Iterable[int | str]) -> str:
    return f"{PREFIX}{next(iter(location), '')}".upper()


_IN_WORDS: Final = {
    "path_not_directory": "there is no folder {value}; make it, or correct the path",
    "path_not_file": "there is no file {value}; put it there, or correct the path",
    "int_parsing": "{value!r} is not a whole number",
    "float_parsing": "{value!r} is not a number",
    "finite_number": "{value!r} is not a number",
    "bool_parsing": "{value!r} is neither true nor false",
    "greater_than": "{value} is too little: more than {gt:g}",
    "greater_than_equal": "{value} is too little: at least {ge:g}",
    "less_than_equal": "{value} is too much: at most {le:g}",
    "literal_error": "{value!r} is none of {expected}",
    "string_pattern_mismatch": "{value!r} is not written like US-TX",
    "string_too_short": "{value!r} is empty",
    "too_short": "at least {min_length} needed",
    "ip_v4_network": "{value!r} is not a network like 10.20.0.0/16",
    "ip_v6_network": "{value!r} is not a network like 10.20.0.0/16",
}
"""What is wrong with a value, by the kind of error; others are told as they come, with the value."""


def _reason(error: ErrorDetails) -> str:
    """What is wrong with a setting and, unless it is a secret, with which value."""
    message = error["msg"].removeprefix("Value error, ")
    field = Settings.model_fields.get(str(next(iter(error["loc"]), "")))
    if field is None or "SecretStr" in repr(field.annotation):
        return f"at least {error['ctx']['min_length']} characters are needed" if "short" in error["type"] else message
    value = error["input"]
    in_words = _IN_WORDS.get(error["type"])
    if in_words is not None:
        return in_words.format(value=value, **error.get("ctx", {}))
    return message if error["type"] == "value_error" else f"{message}; it is {value!r}"
