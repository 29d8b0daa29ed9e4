import pytest

from tests.hosts import KeyHost
from tests.security.signing import Signer


@pytest.fixture
def host() -> KeyHost:
    """A host that publishes the key of the standard signer."""
    with KeyHost() as started:
        started.publish(Signer().jwk())
        yield started
