"""The national code-pair edits as far as the payer uses them (E-4 to E-6)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from cds_service.domain.chart import Fact, Unknown
from cds_service.domain.frozen import dataclass
from cds_service.domain.values import PolicyValue, undisputed, values
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.policies.shapes import EditsApply, PairEdit

NO_TABLE = Unknown(Fact.POLICY, "the national edit table for this setting and date is not on file")


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

    def values_of(self, pair: PairEdit) -> tuple[PolicyValue[Any], ...]:
        """The values that decide about one pair: of the table its row alone, and nothing that differs elsewhere."""
        return tuple(
            _row_of(value, pair) if value.parameter == params.EDIT_PAIRS.name else undisputed(value)
            for value in self.values
        )


def never_beside(codes: Sequence[str], edits: PairEdits) -> dict[str, str]:
    """Codes of a date that are never paid beside another one that stands, each with that one (indicator 0).

    A code that is itself not paid keeps no other code off.
    """
    never = {pair for pair, edit in edits.by_codes.items() if not edit.indicator}
    beside_of: dict[str, str | None] = {}

    def beside(code: str) -> str | None:
        if code not in beside_of:
            beside_of[code] = None
            beside_of[code] = next(
                (partner for partner in codes if (partner, code) in never and beside(partner) is None), None
            )
        return beside_of[code]

    return {code: first for code in codes if (first := beside(code)) is not None}


def pair_edits(policy: PolicyView) -> PairEdits | None:
    """The pairs in force, none where no table of the date is on file; None where the payer switches them off."""
    pairs, apply = policy.get(params.EDIT_PAIRS), policy.get(params.EDITS_APPLY)
    if apply is None or apply.value == "off":
        return None
    setting = policy.get(params.EDIT_SETTING)
    of_setting = setting.value if setting is not None else "practitioner"
    by_codes = _by_codes(pairs, of_setting) if pairs is not None else {}
    return PairEdits(by_codes, apply.value, values(pairs, apply, setting))


@lru_cache(maxsize=1024)
def _row_of(pairs: PolicyValue[tuple[PairEdit, ...]], pair: PairEdit) -> PolicyValue[tuple[PairEdit, ...]]:
    row = {"column1": pair.column1, "column2": pair.column2, "indicator": pair.indicator}
    return replace(pairs, value=(pair,), plain=(row,), conflict=None)


@lru_cache(maxsize=64)
def _by_codes(pairs: PolicyValue[tuple[PairEdit, ...]], setting: str) -> Mapping[tuple[str, str], PairEdit]:
    return {(pair.column1, pair.column2): pair for pair in pairs.value if setting in pair.settings}
