"""The web application is put together like the service, so that no setting holds at one of them only."""

import json
from datetime import date

from cds_service.app.settings import Settings
from cds_service.stories import load
from cds_service.web.application import create_app


def gaps(**settings):
    story = load("clean-program", date.today())  # noqa: DTZ011 - the application has the clock of this machine
    request = json.loads(json.dumps(story.request("encounter-discharge")))
    request["prefetch"]["goals"]["entry"][0]["resource"]["lifecycleStatus"] = 5
    client = create_app(Settings(**settings)).test_client()
    answer = client.post("/cds-services/work-rehab-encounter-discharge", json=request)
    return [gap["why"] for gap in answer.json["extension"]["work-rehab-cds.evaluation"]["gaps"]]


def test_an_application_that_is_handed_no_answerer_has_all_settings_of_the_site():
    assert [why for why in gaps(strict_fhir=True) if why.startswith("not valid FHIR R4")]
    assert [] == [why for why in gaps() if why.startswith("not valid FHIR R4")]
