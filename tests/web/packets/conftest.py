import pytest
from flask.testing import FlaskClient

from cds_service.app.settings import Settings
from cds_service.policies.stack import PolicyStack
from cds_service.web.application import create_app


@pytest.fixture(scope="session")
def all_policies() -> PolicyStack:
    return PolicyStack.load()


@pytest.fixture(scope="session")
def demo(all_policies) -> FlaskClient:
    """A browser at a demo."""
    client = create_app(Settings(public_url="http://127.0.0.1:8000"), policies=all_policies).test_client()
    client.environ_base["HTTP_ACCEPT"] = "text/html"
    return client
