"""Claims: charges on record, and what they tell of authorizations, accidents and the injury."""

from collections.abc import Iterable, Iterator
from dataclasses import field, replace
from typing import Final

from cds_service.domain.codes import WORK_REHAB
from cds_service.domain.coverage_and_claims import ChargedLine, Claim, ClaimNumber, InjuryDate, InjuryEvidence
from cds_service.domain.frozen import dataclass
from cds_service.fhir.chart import encounters as clinical
from cds_service.fhir.chart import injury
from cds_service.fhir.chart.benefit_answers import is_answer
from cds_service.fhir.chart.claim_facts import numbers_of_claim, place_of_service
from cds_service.fhir.chart.decisions import number_in
from cds_service.fhir.chart.patients_own import Own
from cds_service.fhir.chart.places import Places
from cds_service.fhir.chart.recorded_charges import RECORDED_CHARGE, charge_items, settles_another
from cds_service.fhir.reading.calendar import Calendar
from cds_service.fhir.reading.code_modifiers import modifiers_of
from cds_service.fhir.reading.elements import Period
from cds_service.fhir.reading.financial_resources import ChargeItemResource, ClaimResource, ExplanationOfBenefitResource
from cds_service.fhir.reading.procedure_codes import coded
from cds_service.fhir.reading.references import References

_CHARGES: Final = frozenset({"draft", "active"})
_NO_CHARGES: Final = frozenset({"cancelled", "entered-in-error"})
_OTHER_USES: Final = frozenset({"preauthorization", "predetermination"})
_ELSEWHERE: Final = (ExplanationOfBenefitResource, ChargeItemResource)


@dataclass
class ChargesOnRecord:
    """What the claims tell: charges, authorization numbers, accidents, evidence and dates of an injury.

    ``answers`` are the explanations of benefits that answer requests for approval.
    """

    claims: list[Claim] = field(default_factory=list)
    numbers: list[tuple[str, str]] = field(default_factory=list)
    accidents: list[tuple[str, str | None]] = field(default_factory=list)
    evidence: list[InjuryEvidence] = field(default_factory=list)
    injury_dates: list[InjuryDate] = field(default_factory=list)
    claim_numbers: list[ClaimNumber] = field(default_factory=list)
    answers: list[tuple[str, ExplanationOfBenefitResource]] = field(default_factory=list)


def charges_on_record(own: Own, places: Places, calendar: Calendar) -> ChargesOnRecord:
    """All that the patient's drafted and submitted claims tell, and charges that are kept in other resources.

    What a payer settled, and a charge item, count where no claim on record has the same code on the same day.
    """
    charges = ChargesOnRecord()
    for reference, record in own.of(ClaimResource):
        if record.status in _CHARGES:
            _add(charges, record, _claim(record, reference, own.references, calendar), places, calendar)
            if record.use != "claim" and record.use not in _OTHER_USES:
                own.leave_out(ClaimResource, reference, "does not say that it is a claim")
        elif record.status not in _NO_CHARGES:
            own.leave_out(ClaimResource, reference, "has no FHIR status")
    if not own.prefetch.by_type.keys().isdisjoint(_ELSEWHERE):
        claimed = set(_claimed(charges.claims))
        for settled, claim in _settled(own, calendar, {claim.reference for claim in charges.claims}):
            if is_answer(settled):
                charges.answers.append((claim.reference, settled))
                _add(charges, settled, claim, places, calendar)
                continue
            if settled.use != "claim" and settled.use not in _OTHER_USES:
                own.leave_out(ExplanationOfBenefitResource, claim.reference, "does not say that it is a claim")
            lines = tuple(line for line in claim.lines if (line.code, line.date) not in claimed)
            if lines or not claim.lines:
                _add(charges, settled, replace(claim, lines=lines), places, calendar)
                claimed.update(_claimed((claim,)))
        charges.claims.extend(charge_items(own, calendar, claimed))
    return charges


def _settled(own: Own, calendar: Calendar, claims: set[str]) -> Iterator[tuple[ExplanationOfBenefitResource, Claim]]:
    """What payers settled of claims that are not on record themselves."""
    for reference, record in own.of(ExplanationOfBenefitResource):
        if record.status in _CHARGES and not settles_another(record, claims, own):
            claim = replace(_claim(record, reference, own.references, calendar), status=RECORDED_CHARGE)
            numbers = dict.fromkeys((*claim.authorization_numbers, *filter(None, record.pre_auth_ref)))
            yield record, replace(claim, authorization_numbers=() if is_answer(record) else tuple(numbers))


def _add(charges: ChargesOnRecord, record: ClaimResource, claim: Claim, places: Places, calendar: Calendar) -> None:
    reference = claim.reference
    charges.evidence.extend(injury.of_claim(record, reference))
    state = places.of_accident(record)
    charges.injury_dates.extend(injury.date_of_claim(record, reference, state, calendar))
    charges.accidents.append((reference, state))
    charges.claim_numbers.extend(numbers_of_claim(record, reference))
    if not claim.lines or any(line.code in WORK_REHAB for line in claim.lines):
        charges.numbers.extend((reference, number) for number in claim.authorization_numbers)
    if record.use == "claim":
        charges.claims.append(claim)


def _claimed(claims: Iterable[Claim]) -> Iterator[tuple[str, object]]:
    return ((line.code, line.date) for claim in claims for line in claim.lines if line.date is not None)


def _claim(record: ClaimResource, reference: str, references: References, calendar: Calendar) -> Claim:
    billed = record.billable_period or Period()
    whole = calendar.day(billed.start)
    whole = whole if whole == calendar.day(billed.end or billed.start) else None
    lines = []
    for position, item in enumerate(record.item, start=1):
        charged = coded(item.product_or_service)
        if not charged.codes:
            continue
        period, located = item.serviced_period or Period(), item.location_codeable_concept
        quantity = item.quantity.value if item.quantity is not None else None
        day, last = calendar.day(item.serviced_date or period.start or period.end), calendar.day(period.end)
        if day is None and not item.encounter:
            day = whole
        lines.append(
            ChargedLine(
                sequence=item.sequence if item.sequence is not None else position,
                place=position - 1,
                code=charged.codes[0],
                modifiers=tuple(dict.fromkeys((*charged.modifiers, *modifiers_of(item.modifier)))),
                units=quantity if quantity is not None else 1.0,
                date=day,
                last=last if day is not None and last is not None and last > day else None,
                encounters=clinical.names_of(item.encounter, references),
                place_of_service=place_of_service((located,)) if located is not None else None,
            )
        )
    return Claim(
        reference=reference,
        status=record.status or "unknown",
        lines=tuple(lines),
        encounters=clinical.names_of((encounter for item in record.item for encounter in item.encounter), references),
        authorization_numbers=tuple(
            dict.fromkeys(
                number
                for insurance in record.insurance
                for ref in insurance.pre_auth_ref
                if (number := number_in(ref)) is not None
            )
        ),
    )
