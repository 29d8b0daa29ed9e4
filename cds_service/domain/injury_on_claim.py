"""What a claim or a request says of the injury: its diagnoses, its day and the payer's number for it."""

import re
from collections.abc import Collection, Iterable
from datetime import date
from typing import Final

from cds_service.domain.case import Case
from cds_service.domain.coverage_and_claims import ClaimNumber, InjuryDate
from cds_service.domain.findings import Diagnosis

_EXTERNAL_CAUSE: Final = re.compile(r"[V-Y]\d", re.ASCII)


def diagnoses_of(case: Case, conditions: Iterable[str]) -> tuple[Diagnosis, ...]:
    """The treated conditions. External causes (V00 to Y99) come after them, and are never all there is."""
    found = [Diagnosis(diagnosis, case.chart.diagnosis_codes.get(diagnosis)) for diagnosis in conditions]
    causes = [diagnosis for diagnosis in found if diagnosis.code is not None and _EXTERNAL_CAUSE.match(diagnosis.code)]
    treated = [diagnosis for diagnosis in found if diagnosis not in causes]
    return (*treated, *causes) if treated else ()


def injury_day_of(case: Case, day: date, conditions: Collection[str]) -> InjuryDate | None:
    """The day of the work injury up to a day: of the accident on a claim, else of the onset of what is treated.

    None where nothing shows that the injury is work-related, and where several days are told.
    """
    if not case.chart.injury:
        return None
    dated = [injury for injury in case.chart.injury_dates if injury.date <= day]
    found = [injury for injury in dated if _is_claim(injury.reference)] or [
        injury for injury in dated if injury.reference in conditions
    ]
    if len({injury.date for injury in found}) != 1:
        return None
    states = {injury.state for injury in found if injury.state is not None}
    return found[0]._replace(state=states.pop() if len(states) == 1 else None)


def claim_number_of(case: Case, conditions: Collection[str]) -> ClaimNumber | None:
    """The payer's number of the injury's claim; None where several are told."""
    payer = case.payer.reference if case.payer is not None else None
    numbers = [
        number
        for number in case.chart.claim_numbers
        if number.reference == payer or number.reference in conditions or _is_claim(number.reference)
    ]
    return numbers[0] if len({number.value for number in numbers}) == 1 else None


def _is_claim(reference: str) -> bool:
    return reference.startswith("Claim")
