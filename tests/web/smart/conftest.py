"""An EHR that launches the app, and a browser in front of a service that the EHR is registered with."""

import pytest

from tests.authserver.smart_ehr import SmartEhr
from tests.web.smart.launching import Browser, client_of, ehr_with, service_for


@pytest.fixture
def ehr() -> SmartEhr:
    with ehr_with() as running:
        yield running
        running.released.set()


@pytest.fixture
def browser(ehr) -> Browser:
    return Browser(service_for(client_of(ehr)))
