"""A hook call as received: the request checked (CH-R, CH-C), its large parts left undecoded for who reads them.

The body is scanned once here; ``prefetch`` and the Bundles of the context stay bytes, which the chart is decoded
from directly. How deep a body may nest is the decoder's own limit, about as many levels as the interpreter's
recursion limit: it holds in skipped and undecoded parts too, so no scan of our own is needed.
"""

import re
from typing import Annotated, Any, Final

import msgspec
from msgspec import Raw

from cds_service.domain.frozen import dataclass
from cds_service.errors import InvalidRequest, MissingField, NotAnObject, NotJson, TooDeep, UnknownService, WrongHook
from cds_service.hooks.context import Context, present, read_with, reader_of, starts_with
from cds_service.hooks.sent_members import NOT_BLANK, SentText, described
from cds_service.hooks.services import SERVICES, HookService, hooks_of

MAX_HOOK_INSTANCE: Final = 256
TOKEN_TYPE: Final = "Bearer"  # noqa: S105 - the name of a scheme
_ABSENT: Final = Raw()
_SENDABLE: Final = re.compile(r"[!-~]+")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True, repr=False)
class FhirAuthorization:
    """The bearer token for ``fhirServer``. Transient: never stored, never logged (CH-R-10), so without a repr."""

    access_token: str
    scope: str
    patient: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class HookCall:
    """One checked hook call. It carries patient data and perhaps a token, so without a repr.

    ``prefetch`` is an undecoded JSON object or None. ``fhir_authorization`` is None when it was absent or not usable
    (CH-R-08). ``tolerated`` names fields that were not quite as specified and were read all the same.
    """

    service: HookService
    hook_instance: str
    context: Context
    prefetch: Raw | None = None
    fhir_server: str | None = None
    fhir_authorization: FhirAuthorization | None = None
    tolerated: tuple[str, ...] = ()

    @property
    def hook(self) -> str:
        """The hook that was called."""
        return self.service.hook

    @property
    def patient_id(self) -> str:
        """Bare id of the patient in context."""
        return self.context.patient_id

    @property
    def encounter_id(self) -> str | None:
        """Bare id of the encounter in context."""
        return self.context.encounter_id

    @property
    def drafts(self) -> Raw | None:
        """The Bundle of draft orders, undecoded."""
        return self.context.drafts

    @property
    def appointments(self) -> Raw | None:
        """The booked appointments, a Bundle or an array, undecoded."""
        return self.context.appointments

    @property
    def selections(self) -> tuple[str, ...] | None:
        """The drafts that order-select is about, as ``Type/id`` (CH-C-05); None for other hooks."""
        return self.context.selections

    @property
    def dispatched(self) -> tuple[str, ...]:
        """The orders that order-dispatch sends out, as ``Type/id``."""
        return self.context.dispatched


class CallBody(msgspec.Struct, rename="camel"):
    """A CDS Hooks request."""

    hook: Annotated[SentText, described("The hook that fires.")] = None
    hook_instance: Annotated[
        SentText,
        described(
            "Id of this call, a UUID: the ids of the cards derive from it.",
            maxLength=MAX_HOOK_INSTANCE,
            pattern=NOT_BLANK,
        ),
    ] = None
    context: Annotated[Raw, described("What the call is about.")] = _ABSENT
    prefetch: Annotated[Raw, described("The data that discovery asks for, by its keys.")] = _ABSENT
    fhir_server: Annotated[SentText, described("Base URL of the EHR's FHIR server.")] = None
    fhir_authorization: Annotated[Raw, described("The token for the FHIR server.")] = _ABSENT


class SentAuthorization(msgspec.Struct):
    """The token for the EHR's FHIR server; one that is not like this is not used."""

    access_token: Annotated[str, described("The token itself.", pattern=f"^{_SENDABLE.pattern}$")]
    token_type: Annotated[str, described("The scheme of the token.", const=TOKEN_TYPE)]
    expires_in: Annotated[int, described("Seconds that it is good for.")]
    scope: Annotated[str, described("What may be read, as SMART scopes.")]
    subject: Annotated[str, described("Whom the token was given to.")]
    patient: Annotated[SentText, described("The only patient it is good for, if there is one.")] = None


_decode_body: Final = msgspec.json.Decoder(CallBody).decode
_READERS: Final = {service.hook: reader_of(service.context) for service in SERVICES}
_decode_authorization: Final = msgspec.json.Decoder(SentAuthorization).decode


_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def read_object(decode: Any, body: bytes) -> Any:  # noqa: ANN401 - as generic as a decoder
    """Decode a request body that must be one JSON object; a byte-order mark before it says nothing.

    Raises:
        NotJson: not JSON, or not UTF-8.
        NotAnObject: JSON of another kind.
        InvalidRequest: a field has the wrong JSON type.
        TooDeep: nested too deeply.
    """
    body = body.removeprefix(_BYTE_ORDER_MARK)
    if not body or body.isspace():
        raise NotJson("The body is empty.")
    try:
        if not body.isascii():
            str(body, "utf-8")
        return read_with(decode, body)
    except InvalidRequest as wrong:
        if wrong.field == "body":
            raise NotAnObject from None
        raise
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NotJson from None


def read_call(body: bytes, service_id: str) -> HookCall:
    """Check a request and read it, without decoding resources.

    Raises:
        UnknownService: no service has this id (CH-H-08).
        NotJson: the body is not JSON in UTF-8 (CH-H-02).
        NotAnObject: the body is not a JSON object (CH-H-03).
        InvalidRequest: a field is missing or of the wrong type or form; it is named (CH-H-04).
        WrongHook: the service is not listed with the hook (CH-R-03).
        TooDeep: nested too deeply (CH-R-17).
    """
    listed = hooks_of(service_id)
    if not listed:
        raise UnknownService(service_id)
    request: CallBody = read_object(_decode_body, body)
    hook = _required(request.hook, "hook")
    hook_instance = _required(request.hook_instance, "hookInstance")
    if len(hook_instance) > MAX_HOOK_INSTANCE:
        raise InvalidRequest("hookInstance", f"must have at most {MAX_HOOK_INSTANCE} characters")
    if hook not in listed:
        raise WrongHook(service_id, hook, listed)
    context = _READERS[hook](_object(request.context, "context", required=True) or _ABSENT)
    authorization = present(request.fhir_authorization)
    fhir_server = request.fhir_server or None
    if authorization is not None and fhir_server is None:
        raise MissingField("fhirServer")
    return HookCall(
        service=listed[hook],
        hook_instance=hook_instance,
        context=context,
        prefetch=_object(request.prefetch, "prefetch"),
        fhir_server=fhir_server,
        fhir_authorization=_authorization(authorization) if authorization is not None else None,
        tolerated=(*(() if _UUID.fullmatch(hook_instance) else ("hookInstance",)), *context.tolerated),
    )


def _required(text: str | None, field: str) -> str:
    if text is None or not text.strip():
        raise MissingField(field)
    return text


def _object(raw: Raw, field: str, *, required: bool = False) -> Raw | None:
    value = present(raw)
    if value is None:
        if required:
            raise MissingField(field)
        return None
    if not starts_with(value, b"{"):
        raise InvalidRequest(field, "must be an object")
    return value


def _authorization(raw: Raw) -> FhirAuthorization | None:
    """The token, or None when a field is missing or odd: the call then goes on with prefetch (CH-R-08).

    A token that an HTTP header cannot carry is odd.
    """
    try:
        sent = _decode_authorization(raw)
    except msgspec.ValidationError:
        return None
    except RecursionError:
        raise TooDeep from None
    if sent.token_type != TOKEN_TYPE or not _SENDABLE.fullmatch(sent.access_token):
        return None
    return FhirAuthorization(sent.access_token, sent.scope, sent.patient)
