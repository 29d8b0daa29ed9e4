"""What FHIR servers answer: resources and pages of searches, of R4 and of the type that was asked for."""

from collections.abc import Callable, Iterable
from typing import Final, TypeVar

import msgspec
from msgspec import Raw

from cds_service.domain.frozen import dataclass
from cds_service.fhir.reading.resources import BundleLink
from cds_service.fhir.server.failures import NOT_FHIR, SERVER, FhirFailure

_T = TypeVar("_T")

_TELLTALES: Final = {
    "Procedure": ("occurrence_period", "occurrence_date_time", "context", "not_performed"),
    "Encounter": ("actual_period",),
}
"""Elements of other FHIR versions in place of R4's ``performed[x]``, ``encounter``, ``status`` and ``period``."""


@dataclass(frozen=True, slots=True, repr=False)
class Found:
    """The entries of a search.

    ``problem`` is why there are more that could not be had, ``failure`` what the query for them met with, ``rest`` the
    URL of their page where it is known, ``total`` how many the server counts where these are fewer.
    """

    entries: tuple[Raw, ...]
    rest: str | None = None
    problem: str | None = None
    total: int | None = None
    failure: FhirFailure | None = None


class Page(msgspec.Struct, rename="camel"):
    """A page of a search."""

    resource_type: str
    total: int | float | str | None = None
    entry: tuple[Raw, ...] = ()
    link: tuple[BundleLink, ...] = ()

    @property
    def next_link(self) -> str | None:
        """The link to the page after it, as written."""
        return next((link.url for link in self.link if link.relation == "next" and link.url), None)


class _Probe(msgspec.Struct, rename="camel"):
    resource_type: str
    occurrence_period: Raw = Raw()
    occurrence_date_time: Raw = Raw()
    context: Raw = Raw()
    not_performed: Raw = Raw()
    actual_period: Raw = Raw()


class _Entry(msgspec.Struct):
    resource: _Probe


_decode_page: Final = msgspec.json.Decoder(Page).decode
_decode_probe: Final = msgspec.json.Decoder(_Probe).decode
_decode_entry: Final = msgspec.json.Decoder(_Entry).decode
_UNREADABLE: Final = (msgspec.MsgspecError, RecursionError, UnicodeError)


def resource_in(body: bytes, resource_type: str | None = None) -> bytes:
    """The body, which is a resource of R4, and of this type where one is named.

    Raises:
        FhirFailure: it is none.
    """
    probe = _decoded(_decode_probe, body)
    if resource_type is not None:
        _check_type(probe.resource_type, resource_type)
        _check_version(probe)
    return body


def page_in(body: bytes) -> Page:
    """The page of a search in a body.

    Raises:
        FhirFailure: there is none, or one of another FHIR version.
    """
    page = _decoded(_decode_page, body)
    _check_type(page.resource_type, "Bundle")
    for entry in page.entry:
        try:
            probe = _decode_entry(entry).resource
        except _UNREADABLE:
            continue
        _check_version(probe)
    return page


def all_of(last: Page, entries: tuple[Raw, ...]) -> Found:
    """What a search found; some servers count more than they give and link no further page."""
    try:
        total = int(last.total or 0)
    except (ValueError, OverflowError):
        total = 0
    if total <= len(entries):
        return Found(entries)
    return Found(entries, problem=f"{SERVER} gave {len(entries)} of {total} and no further page", total=total)


def _decoded(decode: Callable[[bytes], _T], body: bytes) -> _T:
    try:
        return decode(body)
    except _UNREADABLE:
        raise FhirFailure(NOT_FHIR) from None


def check_announced_version(content_type: str) -> None:
    """Refuse an answer that says it is of another FHIR version than R4.

    Raises:
        FhirFailure: it does.
    """
    version = content_type.partition("fhirVersion=")[2].strip('" ')
    if version and not version.startswith("4."):
        raise FhirFailure(f"{SERVER} answered in another FHIR version than R4")


def _check_type(resource_type: str, wanted: str) -> None:
    if resource_type == "OperationOutcome":
        raise FhirFailure(f"{SERVER} reported an error")
    if resource_type != wanted:
        raise FhirFailure(f"{SERVER} answered with another type of resource")


def _check_version(probe: _Probe) -> None:
    names: Iterable[str] = _TELLTALES.get(probe.resource_type, ())
    if any(memoryview(getattr(probe, name)).nbytes for name in names):
        raise FhirFailure(f"{SERVER} answered in another FHIR version than R4")
