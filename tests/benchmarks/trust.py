"""Measures the check of a token with warm keys against a bare verification of its signature, paired in one run.

Run:  python -m tests.benchmarks.trust

The bare verification splits the token, decodes its signature and verifies it with the cryptography library, nothing
else. Both take turns token by token, so that a machine whose speed drifts changes both; what the check costs beyond it
is the result: a ratio would say little beside an RSA verification of 25 us. Every token is used once; the garbage
collector is set as in the server.
"""

import gc
import statistics
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384

from cds_service.security.key_store import KeyStore
from cds_service.security.replay import MemoryReplay
from cds_service.security.tokens import verify
from cds_service.web.warmed import COLLECTOR_THRESHOLDS
from tests.security.signing import AUDIENCE, PUBLIC_URL, Signer, client, registry

TOKENS: Final = 3000
LIMIT_MICROSECONDS: Final = 200


def bare(algorithm: str, key: Any) -> Callable[[str], None]:
    """Verification of a signature and nothing else."""

    def verified(token: str) -> None:
        signing_input, _, part = token.rpartition(".")
        signature = urlsafe_b64decode(f"{part}==")
        if algorithm == "RS384":
            key.verify(signature, signing_input.encode(), padding.PKCS1v15(), SHA384())
            return
        half = len(signature) // 2
        r, s = (int.from_bytes(number) for number in (signature[:half], signature[half:]))
        key.verify(encode_dss_signature(r, s), signing_input.encode(), ec.ECDSA(SHA384()))

    return verified


def nanoseconds(function: Callable[[str], object], token: str) -> int:
    began = time.perf_counter_ns()
    function(token)
    return time.perf_counter_ns() - began


def measured(algorithm: str) -> tuple[float, float]:
    """Median microseconds of a bare verification and of a check."""
    signer = Signer(algorithm)
    known, keys, replay = registry(client(signer)), KeyStore(), MemoryReplay()
    audiences = (AUDIENCE, f"{PUBLIC_URL}/cds-services")
    verified = bare(algorithm, signer.key.public_key())

    def checked(token: str) -> object:
        return verify(f"Bearer {token}", audiences, known, keys, replay, time.time())

    tokens = [signer.token(tenant="north", nbf=int(time.time()) - 300) for _ in range(TOKENS)]
    pairs = [(nanoseconds(verified, token), nanoseconds(checked, token)) for token in tokens]
    floors, checks = zip(*pairs, strict=True)
    return statistics.median(floors) / 1000, statistics.median(checks) / 1000


def main() -> None:
    """Print a line for each recommended algorithm."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)
    for algorithm in ("ES384", "RS384"):
        floor, check = measured(algorithm)
        beyond = check - floor
        print(f"{algorithm}: {beyond:.0f} us beyond {floor:.0f} us of bare verification (limit {LIMIT_MICROSECONDS})")  # noqa: T201


if __name__ == "__main__":
    main()
