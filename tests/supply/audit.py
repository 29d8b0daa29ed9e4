"""Whether a hole is known in what a lock names: ``python -m tests.supply.audit LOCK``, where pip-audit is installed.

pip-audit counts a package that its source of advisories does not know as a success. So a single package is asked about
first: when the source does not answer for it, nothing can be told, and that is said. When it does, a hole fails, and so
does a package that was left out.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.supply.locks import Pin, normal, pins

SECONDS = 120
Report = dict[str, Any]


class NotReachableError(Exception):
    """The source of advisories does not answer; the text tells how."""


def pip_audit(asked: list[Pin]) -> Report:
    """What pip-audit tells of these packages, without installing any."""
    with tempfile.TemporaryDirectory() as folder:
        requirements = Path(folder, "requirements.txt")
        requirements.write_text("".join(pin.text for pin in asked), encoding="utf-8")
        tool = Path(sys.executable).with_name("pip-audit")
        options = ["--disable-pip", "--require-hashes", "--format=json", "--progress-spinner=off", "--timeout=10"]
        try:
            done = subprocess.run(
                [tool, "-r", requirements, *options], capture_output=True, text=True, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise NotReachableError(f"no answer within {SECONDS} s") from None
    try:
        report: Report = json.loads(done.stdout)
    except ValueError:
        raise NotReachableError((done.stderr.strip().splitlines() or ["no answer"])[-1]) from None
    return report


def findings(lock: Path, ask: Callable[[list[Pin]], Report] = pip_audit) -> list[str]:
    """Each known hole, and each package that was left out.

    Raises:
        NotReachableError: nothing can be told.
    """
    locked = pins(lock)
    (probe,) = ask(locked[:1])["dependencies"]
    if "skip_reason" in probe:
        raise NotReachableError(probe["skip_reason"])
    audited = {normal(package["name"]): package for package in ask(locked)["dependencies"]}
    holes = [
        f"{name} {package['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'no version'}"
        for name, package in audited.items()
        for hole in package.get("vulns", ())
    ]
    needed = [pin.name for pin in locked if pin.marker is None]
    left_out = [f"{name}: not audited" for name in needed if "vulns" not in audited.get(name, {})]
    return holes + left_out


def main(lock: Path) -> None:
    try:
        found = findings(lock)
    except NotReachableError as error:
        sys.stdout.write(
            f"{lock.name} was NOT audited: the source of advisories is not reachable from here ({error})\n"
        )
        return
    if found:
        sys.exit("\n".join(found))
    sys.stdout.write(f"{lock.name}: no hole is known\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
