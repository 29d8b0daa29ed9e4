"""What the app asks an EHR beside FHIR: within the limits that hold for the queries of hook calls.

Only permitted hosts at checked addresses, no redirects, one time for each exchange, bounded bodies, the threads and the
patience that the client has for its servers.
"""

import time
from collections.abc import Mapping
from functools import partial
from typing import Any, Final, NamedTuple

import msgspec
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from cds_service.fhir.server.client import announced_bytes
from cds_service.fhir.server.failures import SERVER, TOO_MUCH, FhirFailure, broken_connection
from cds_service.hooks.fetching import Fetcher
from cds_service.security.clients import Client

MOST_ANSWER_BYTES: Final = 256 * 1024
_CHUNK: Final = 16 * 1024
_FORM: Final = "application/x-www-form-urlencoded"


class EhrAnswer(NamedTuple):
    """The answer to an exchange; ``content`` is its JSON object, None where it is none."""

    status: int
    content: Mapping[str, Any] | None


class NoAnswer(Exception):  # noqa: N818 - says what happened
    """An EHR gave no answer; ``why`` is a sentence that is safe to show."""

    def __init__(self, failure: FhirFailure) -> None:
        self.why = f"{failure.reason.replace(SERVER, 'The EHR')}."
        super().__init__(self.why)


class EhrExchange:
    """Exchanges with the EHRs of clients, in the way of ``fetcher``."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher

    def get(self, client: Client, url: str) -> EhrAnswer:
        """What stands at an address.

        Raises:
            NoAnswer: nothing that can be read came in time.
        """
        return self._exchanged(client, "GET", url, {}, None)

    def post(self, client: Client, url: str, form: str, headers: Mapping[str, str]) -> EhrAnswer:
        """The answer to a form.

        Raises:
            NoAnswer: nothing that can be read came in time.
        """
        return self._exchanged(client, "POST", url, {"Content-Type": _FORM, **headers}, form)

    def permits(self, hosts: tuple[str, ...], url: str) -> bool:
        """Whether the address is at one of these hosts."""
        return self._fetcher.servers(hosts)(url)

    def _exchanged(
        self, client: Client, method: str, url: str, headers: Mapping[str, str], form: str | None
    ) -> EhrAnswer:
        deadline = time.monotonic() + self._fetcher.seconds
        job = partial(self._sent, method, url, headers, form, deadline)
        with self._fetcher.shares.asking(client.issuer, url, self._fetcher.observe) as asking:
            result = asking.together({url: job}, deadline)[url]
        if isinstance(result, FhirFailure):
            raise NoAnswer(result) from None
        return result

    def _sent(self, method: str, url: str, headers: Mapping[str, str], form: str | None, deadline: float) -> EhrAnswer:
        try:
            with self._fetcher.session.request(
                method,
                url,
                data=form,
                headers={"Accept": "application/json", **headers},
                timeout=Timeout(total=max(deadline - time.monotonic(), 0.001)),  # type: ignore[arg-type]
                allow_redirects=False,
                stream=True,
            ) as response:
                if announced_bytes(response) > MOST_ANSWER_BYTES:
                    raise FhirFailure(TOO_MUCH)
                body = bytearray()
                while chunk := response.raw.read1(_CHUNK, decode_content=True):
                    body += chunk
                    if len(body) > MOST_ANSWER_BYTES:
                        raise FhirFailure(TOO_MUCH)
                return EhrAnswer(response.status_code, _object(bytes(body)))
        except (RequestException, HTTPError, OSError) as error:
            raise broken_connection(error) from None


def _object(body: bytes) -> Mapping[str, Any] | None:
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return content if isinstance(content, dict) else None
