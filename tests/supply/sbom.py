"""Whether a software bill of materials (CycloneDX) lists what a lock has: ``python -m tests.supply.sbom LOCK SBOM``."""

import json
import sys
from pathlib import Path
from typing import Any

from tests.supply.locks import normal, pins


def differences(lock: Path, bill: dict[str, Any]) -> list[str]:
    """What the lock and the bill do not have in common, and components without the hashes of the lock."""
    locked = {(pin.name, pin.version): set(pin.hashes) for pin in pins(lock)}
    listed = {
        (normal(component["name"]), component["version"]): {
            file_hash["content"]
            for reference in component.get("externalReferences", ())
            for file_hash in reference.get("hashes", ())
        }
        for component in bill.get("components", ())
    }
    missing = [f"{name} {version} is not in the bill" for name, version in sorted(locked.keys() - listed.keys())]
    foreign = [f"{name} {version} is not in the lock" for name, version in sorted(listed.keys() - locked.keys())]
    unlike = [
        f"{name} {version} has other hashes than in the lock"
        for name, version in sorted(locked.keys() & listed.keys())
        if locked[name, version] != listed[name, version]
    ]
    return missing + foreign + unlike


def main(lock: Path, sbom: Path) -> None:
    bill = json.loads(sbom.read_text(encoding="utf-8"))
    found = differences(lock, bill)
    if found:
        sys.exit("\n".join(found))
    sys.stdout.write(f"{sbom}: {len(bill['components'])} components, those of {lock.name}\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
