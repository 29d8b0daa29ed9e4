import pytest

from tests.security.hosts import KeyHost, key_host
from tests.security.signing import Signer


@pytest.fixture
def host() -> KeyHost:
    """A host that publishes the key of the standard signer."""
    with key_host() as started:
        started.publish(Signer().jwk())
        yield started
