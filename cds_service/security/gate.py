"""The gate: lets registered clients in, by a registry that can be read again while the service runs."""

import logging
from collections.abc import Callable, Collection
from time import time
from typing import Final

from cds_service.errors import ConfigurationError, Forbidden
from cds_service.security.clients import Caller
from cds_service.security.key_store import KeyStore
from cds_service.security.keys import RECOMMENDED
from cds_service.security.registry import Registry
from cds_service.security.replay import Replay
from cds_service.security.tokens import verify

_log: Final = logging.getLogger(__name__)


class Gate:
    """Who may come in.

    Args:
        load: Reads the registry; raises ``ConfigurationError`` when it cannot be used.
        replay: Which tokens were used before, shared by all processes of the service.
        algorithms: Signature algorithms that are accepted.
        keys: The clients' keys.
        clock: Seconds since the epoch.

    Raises:
        ConfigurationError: the registry cannot be used.
    """

    def __init__(
        self,
        load: Callable[[], Registry],
        replay: Replay,
        algorithms: Collection[str] = RECOMMENDED,
        keys: KeyStore | None = None,
        clock: Callable[[], float] = time,
    ) -> None:
        self._load = load
        self._replay = replay
        self._algorithms = frozenset(algorithms)
        self._keys = keys if keys is not None else KeyStore()
        self._clock = clock
        self.registry = load()

    def admit(self, authorization: str | None, audiences: Collection[str], service: str | None = None) -> Caller:
        """Who makes a call.

        Args:
            authorization: Value of the Authorization header.
            audiences: URLs of the endpoint.
            service: Id of the service that is called; None for discovery.

        Raises:
            Unauthenticated: no registered client proves that it calls (401).
            Forbidden: a registered client calls a service or for a tenant that it may not (403).
        """
        caller = verify(
            authorization, audiences, self.registry, self._keys, self._replay, self._clock(), self._algorithms
        )
        if service is not None and not caller.client.may_call(service):
            raise Forbidden("service", caller.client.issuer)
        return caller

    def reload(self) -> None:
        """Read the registry again; one that cannot be used is logged and the present one stays."""
        try:
            self.registry = self._load()
        except ConfigurationError as problem:
            _log.error("clients-not-reloaded", extra={"fields": {"why": problem.text}})
        else:
            _log.info("clients-reloaded", extra={"fields": {"clients": len(self.registry.clients)}})
