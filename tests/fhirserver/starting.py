"""Starts the FHIR server of this folder: Medplum's behavior, not ours."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = Path(__file__).parent
TOKEN = "token-of-the-sandbox-3c1e"  # noqa: S105 - invented


def missing() -> str | None:
    """Why the server cannot be started here; None when it can."""
    if shutil.which("node") is None:
        return "node is not installed"
    if not (FOLDER / "node_modules").is_dir():
        return "its packages are not installed: npm ci --prefix tests/fhirserver"
    return None


@contextmanager
def fhir_server() -> Iterator[str]:
    """A running server; gives its base URL. It lets in ``TOKEN`` only."""
    process = subprocess.Popen(
        ["node", "server.mjs"],  # noqa: S607 - the one on the path
        cwd=FOLDER,
        env={"PATH": os.environ["PATH"], "FHIR_TOKEN": TOKEN},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            assert url.startswith("http://127.0.0.1:"), "the FHIR server did not start"
            yield url
        finally:
            process.terminate()
