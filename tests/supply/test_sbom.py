import json

import pytest

from tests.supply import sbom
from tests.supply.locks import ROOT, pins

LOCK = ROOT / "requirements.lock"


@pytest.fixture
def bill():
    """A bill of the lock, as the tool in .ci/supply makes it."""
    return {
        "bomFormat": "CycloneDX",
        "components": [
            {
                "name": pin.name.upper().replace("-", "_"),
                "version": pin.version,
                "externalReferences": [{"hashes": [{"alg": "SHA-256", "content": found} for found in pin.hashes]}],
            }
            for pin in pins(LOCK)
        ],
    }


def test_a_bill_of_all_components_is_right(bill, tmp_path, capsys):
    assert [] == sbom.differences(LOCK, bill)
    written = tmp_path / "sbom.json"
    written.write_text(json.dumps(bill))
    sbom.main(LOCK, written)
    assert f"{len(pins(LOCK))} components" in capsys.readouterr().out


def test_a_component_that_is_missing_foreign_or_another_file_fails(bill, tmp_path):
    first, second, *_ = pins(LOCK)
    bill["components"][0] = {"name": "left-pad", "version": "1.3.0"}
    bill["components"][1]["externalReferences"][0]["hashes"].pop()
    written = tmp_path / "sbom.json"
    written.write_text(json.dumps(bill))
    with pytest.raises(SystemExit) as ended:
        sbom.main(LOCK, written)
    assert str(ended.value).splitlines() == [
        f"{first.name} {first.version} is not in the bill",
        "left-pad 1.3.0 is not in the lock",
        f"{second.name} {second.version} has other hashes than in the lock",
    ]
