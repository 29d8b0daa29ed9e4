"""The national code-pair edits as far as the payer uses them (E-4 to E-6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cds_service.domain.chart import Fact, Gap
from cds_service.domain.values import PolicyValue
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.policies.shapes import EditsApply, PairEdit
from cds_service.rules.rule import values

NO_TABLE = Gap(Fact.POLICY, "the edit table of this setting is not on file")


@dataclass(frozen=True, slots=True)
class PairEdits:
    """Pairs of the site's setting by their codes, column 1 first, and whether the payer enforces them."""

    by_codes: Mapping[tuple[str, str], PairEdit]
    apply: EditsApply
    values: tuple[PolicyValue[Any], ...]

    @property
    def enforced(self) -> bool:
        """Whether the payer is known to use the edits."""
        return self.apply == "enforce"


def pair_edits(policy: PolicyView) -> PairEdits | None:
    """The pairs in force; None where the payer's policy switches them off or no table is in force."""
    pairs, apply = policy.get(params.EDIT_PAIRS), policy.get(params.EDITS_APPLY)
    if pairs is None or apply is None or apply.value == "off":
        return None
    setting = policy.get(params.EDIT_SETTING)
    by_codes = _by_codes(pairs, setting.value if setting is not None else "practitioner")
    return PairEdits(by_codes, apply.value, values(pairs, apply, setting))


@lru_cache(maxsize=64)
def _by_codes(pairs: PolicyValue[tuple[PairEdit, ...]], setting: str) -> Mapping[tuple[str, str], PairEdit]:
    return {(pair.column1, pair.column2): pair for pair in pairs.value if setting in pair.settings}
