"""The format of a policy file: every key with its type and what it means; the JSON Schema is made from it."""

import re
from datetime import date
from typing import Annotated, Any, Final, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from cds_service.domain.codes import PayerClass, Program
from cds_service.domain.values import Confidence
from cds_service.policies.model import Status, Superseded

FileText: TypeAlias = Annotated[
    str, StringConstraints(min_length=1, strip_whitespace=True), Field(json_schema_extra={"pattern": r"\S"})
]
POLICY_ID: Final = r"^[a-z0-9]+(-[a-z0-9]+)*$"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


class _Source(_Strict):
    """Where a value was read."""

    title: FileText
    """Name of the contract, rule, manual or table."""
    retrieved: date
    """The day somebody read it."""
    paragraph: FileText | None = None
    """Section, page or paragraph in it."""
    href: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] | None = None
    """Its address, where there is one."""


class DatedValue(_Strict):
    """One value with its first day, its source and how sure it is."""

    since: date = Field(alias="from")
    """First date of service it holds for; an earlier value ends the day before."""
    until: date | None = None
    """Last date of service it holds for, where no later value follows."""
    value: Any
    """What the payer wants; it replaces the whole value of less specific policies. Tools are added, one by one."""
    source: _Source
    """Where it was read."""
    confidence: Confidence
    """verified: read in the payer's or the law's own text. seed: from the general coding guide. default: a
    recommendation, no rule of the payer was found. unverified: somebody says so; it asks and never decides."""
    note: FileText | None = None
    """What a reader of the card should know beside it."""
    dated: bool = True
    """false where the source gives no effective date and the first day is only as far back as we answer."""
    conflict: FileText | None = None
    """How other sources differ; the card says it."""
    program: Literal[Program.CONDITIONING, Program.HARDENING] | None = None
    """The kind of program that the source speaks of, where it does not speak of both: conditioning or hardening. The
    value holds for that kind only, and goes before a value of the same policy for both."""


class _Match(_Strict):
    """To whom the policy applies: every key that is given has to agree; without any it applies to everyone."""

    payer: list[FileText] | FileText = Field(default=[])
    """Names, identifiers or references of the payer. A name matches as whole words in any case."""
    payer_exactly: list[FileText] = Field(default=[])
    """Names beside those in payer that match only where they are the payer's whole name."""
    payer_class: PayerClass | None = None
    """Kind of payer."""
    jurisdiction: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$")] | None = None
    """State whose law applies, like US-TX."""

    @field_validator("payer", "payer_exactly")
    @classmethod
    def _has_names(cls, payer: list[str] | str) -> list[str] | str:
        """Refuse names that match nothing."""
        if any(re.search(r"\w", name) is None for name in ([payer] if isinstance(payer, str) else payer)):
            raise ValueError("a name of the payer needs a letter or digit")
        return payer

    @model_validator(mode="after")
    def _beside_names(self) -> Self:
        """Refuse whole names alone: what else the payer is called is what tells it apart."""
        if self.payer_exactly and not self.payer:
            raise ValueError(
                "payer_exactly stands beside payer; put the names there, or add what else the payer is called"
            )
        return self


class PolicyFile(_Strict):
    """A policy for the Work Rehab CDS: to whom it applies, and dated, cited values."""

    policy: Annotated[str, StringConstraints(pattern=POLICY_ID)]
    """Its id: the name of the file without .yaml, like site-north."""
    title: FileText
    """Its name for people."""
    match: _Match = _Match()
    """To whom it applies; left out, to everyone."""
    status: Status
    """complete, partial, or historical (the source is no longer current)."""
    supersedes: Superseded | None = None
    """Kind of layers that do not apply where this policy does: jurisdiction for a federal program."""
    not_modelled: list[FileText] = Field(default=[])
    """What a reader might expect here and does not find."""
    values: dict[str, Annotated[list[DatedValue], Field(min_length=1)]]
    """Values by parameter; each has one or more, one after the other."""


POLICY_KEYS: Final = [
    field.alias or name
    for kind in (PolicyFile, _Match, DatedValue, _Source)
    for name, field in kind.model_fields.items()
]
"""Keys of the file format, for those that are nearly one of them."""
