"""What an operator sees when the service starts: a real server process."""

import pytest

from tests.security.signing import Ehr, write_registry
from tests.serving import refused, running, wait_until

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    return {
        "CDS_CLIENTS": str(write_registry(folder / "clients.yaml", Ehr().entry())),
        "CDS_DATABASE_URL": f"sqlite:///{folder}/records.sqlite3",
    }


def test_serve_says_what_it_serves_and_a_second_one_does_not_share_its_port(site):
    with running("serve", "--workers", "1", CDS_POLICY_DIR="our-policies", **site) as started:
        wait_until(lambda: "database" in started.said(), started)
        said = started.said()
        port = started.url.rpartition(":")[2]
        for words in (
            f"listens on {started.url}. Stop with Ctrl+C.",
            f"public URL  {started.url}",
            "processes   1",
            "policies    ",
            f"clients     1 of {site['CDS_CLIENTS']}: https://ehr.example.org",
            "database    SQLite file ",
            "Note: CDS_POLICY_DIR is no setting, so it changes nothing; did you mean CDS_POLICY_DIRS?",
        ):
            assert words in said
        for command in (["serve", "--workers", "1", "--host", "127.0.0.1"], ["demo"]):
            second = refused(*command, "--port", port, **site)
            assert 1 == second.returncode
            assert second.stderr.startswith(f"Error: Port {port} on 127.0.0.1 is in use by another program")
            assert 1 == second.stderr.count("\n")


def test_a_public_url_that_does_not_fit_the_port_is_pointed_out(site):
    with running("serve", "--workers", "1", **{**site, "CDS_PUBLIC_URL": "http://127.0.0.1:1"}) as started:
        wait_until(lambda: "Note: CDS_PUBLIC_URL is http://127.0.0.1:1, and the port is" in started.said(), started)
