"""An EHR with SMART launches: a FHIR server that lets in the tokens of its own authorization server."""

from collections.abc import Iterable, Mapping
from typing import Any, Self
from urllib.parse import urlencode

from cds_service.fhir.server.scopes import covers
from tests.authserver.auth_server import AuthServer, RegisteredApp
from tests.fhir_host import FhirHost, outcome
from tests.hosts import NO_FAULTS, Answer, Handler, Json

WELL_KNOWN = ".well-known/smart-configuration"


class SmartEhr(FhirHost):
    """The EHR; ``auth`` is its authorization server, ``configuration`` what it says of signing in, None for nothing."""

    def __init__(
        self,
        *apps: RegisteredApp,
        resources: Iterable[Json] = (),
        faults: Mapping[str, Answer] = NO_FAULTS,
        asks: bool = False,
    ) -> None:
        super().__init__(resources, faults=faults)
        self.auth = AuthServer(*apps, asks=asks)
        self.configuration: Any = None

    def __enter__(self) -> Self:
        super().__enter__()
        self.auth.__enter__()
        self.auth.fhir = self.url
        self.configuration = self.auth.smart_configuration
        return self

    def __exit__(self, *error: object) -> None:
        self.auth.__exit__(*error)
        super().__exit__(*error)

    def opens_app(self, address: str, patient: str, launch: str = "launch-1", **context: Any) -> str:
        """The address that the EHR opens for the chart of a patient."""
        self.auth.launches[launch] = {"patient": patient, **context}
        return f"{address}?{urlencode({'iss': self.url, 'launch': launch})}"

    def answer_to(self, handler: Handler) -> None:
        query = handler.path.removeprefix(f"{self.base}/")
        if query == WELL_KNOWN:
            handler.reply(404 if self.configuration is None else 200, self.configuration or {}, "application/json")
            return
        scope = self.auth.tokens.get(handler.headers.get("Authorization", "").removeprefix("Bearer "))
        kind, _, rest = query.partition("?")[0].partition("/")
        if scope is None:
            handler.reply(401, outcome("the token is not known", "login"))
        elif not covers(scope, kind, "r" if rest else "s"):
            handler.reply(403, outcome("the token does not cover this", "forbidden"))
        else:
            super().answer_to(handler)
