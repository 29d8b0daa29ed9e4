"""Charges that an EHR or a payer keeps in other resources than Claims: ChargeItem, ExplanationOfBenefit."""

import re
from collections.abc import Collection, Iterator
from typing import Final

from cds_service.domain.codes import KNOWN_MODIFIERS
from cds_service.domain.coverage_and_claims import ChargedLine, Claim
from cds_service.fhir.chart import encounters as clinical
from cds_service.fhir.chart.patients_own import Own
from cds_service.fhir.reading.calendar import Calendar
from cds_service.fhir.reading.elements import CodeableConcept, Period
from cds_service.fhir.reading.financial_resources import ChargeItemResource, ExplanationOfBenefitResource
from cds_service.fhir.reading.procedure_codes import coded

RECORDED_CHARGE: Final = "recorded"
"""Status of a charge that no claim proposed here may change."""
_CHARGED: Final = frozenset({"planned", "billable", "billed", "unknown"})
_NOT_CHARGED: Final = frozenset({"not-billable", "aborted", "entered-in-error"})
_WORDS: Final = re.compile(r"[0-9A-Za-z]+", re.ASCII)


def charge_items(own: Own, calendar: Calendar, claimed: Collection[object]) -> Iterator[Claim]:
    """Each charged item as a claim of one line; ``claimed`` are codes with their days that stand on claims already."""
    for reference, record in own.of(ChargeItemResource):
        if record.status in _NOT_CHARGED:
            continue
        if record.status not in _CHARGED:
            own.leave_out(ChargeItemResource, reference, "has no FHIR status")
            continue
        line = _line(record, own, calendar)
        if line is not None and (line.code, line.date) not in claimed:
            yield Claim(reference, RECORDED_CHARGE, (line,), line.encounters)


def settles_another(record: ExplanationOfBenefitResource, claims: Collection[str], own: Own) -> bool:
    """Whether it is about a claim that is on record itself."""
    claim = record.claim.reference if record.claim is not None else None
    return claim is not None and own.references[claim] in claims


def _line(record: ChargeItemResource, own: Own, calendar: Calendar) -> ChargedLine | None:
    charged = coded(record.code)
    if not charged.codes:
        return None
    period = record.occurrence_period or Period()
    day, last = calendar.day(record.occurrence_date_time or period.start or period.end), calendar.day(period.end)
    modifiers = tuple(dict.fromkeys((*charged.modifiers, *_modifiers(record.code))))
    quantity = record.quantity.value if record.quantity is not None else None
    return ChargedLine(
        sequence=1,
        place=0,
        code=charged.codes[0],
        modifiers=modifiers,
        units=quantity if quantity is not None else 1.0,
        date=day,
        last=last if day is not None and last is not None and last > day else None,
        encounters=clinical.names_of((record.context,), own.references, "Encounter/"),
        modifiers_told=bool(modifiers),
    )


def _modifiers(code: CodeableConcept | None) -> Iterator[str]:
    """FHIR R4 has no element for modifiers here: they stand behind the code, as codings of their own, or in the text.

    The text counts when it is the number and modifiers and nothing else.
    """
    if code is None:
        return
    for coding in code.coding:
        if coding.code and coding.code.upper() in KNOWN_MODIFIERS:
            yield coding.code.upper()
    first, *words = _WORDS.findall(code.text or "") or [""]
    in_text = [word.upper() for word in words]
    if first.isdigit() and KNOWN_MODIFIERS.issuperset(in_text):
        yield from in_text
