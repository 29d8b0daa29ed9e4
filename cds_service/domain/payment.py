"""Who pays for a visit or an order, and what keeps that from being certain."""

from collections.abc import Iterator
from typing import Final

from cds_service.domain.case import Case
from cds_service.domain.chart import Caveat, Doubt, Fact, Unknown
from cds_service.domain.codes import PayerClass
from cds_service.domain.coverage_and_claims import Coverage
from cds_service.domain.findings import Evidence
from cds_service.domain.jurisdictions import name_of

REFUSES: Final = {
    "excluded": "the payer in line excludes work rehabilitation",
    "not-medically-necessary": "the payer in line holds work rehabilitation not medically necessary",
    "restricted": "the payer in line restricts coverage of work rehabilitation",
}
CLASS_NOT_KNOWN: Final = "the kind of payer is not known: neither the coverage type nor the payer's name says"
CLAIM_FIRST: Final = "a work injury is on record: check for a workers' comp claim first"


def compensation_after(case: Case) -> Coverage | None:
    """Workers' compensation that another payer stands before, or None (COV-2)."""
    compensation = next((payer for payer in case.payers if payer.payer_class is PayerClass.WORKERS_COMPENSATION), None)
    return compensation if compensation is not case.payer else None


def claim_to_look_for(case: Case) -> bool:
    """Whether a work injury is on record and the payer in line is known and another than workers' compensation."""
    return (
        bool(case.chart.injury)
        and case.payer is not None
        and case.payer.payer_class not in {PayerClass.WORKERS_COMPENSATION, PayerClass.UNKNOWN}
        and compensation_after(case) is None
    )


def law_evidence(case: Case) -> tuple[Evidence, ...]:
    """For workers' compensation the state, and what tells it."""
    place = case.chart.place
    if place is None or case.payer is None or case.payer.payer_class is not PayerClass.WORKERS_COMPENSATION:
        return ()
    return (Evidence("state", f"{name_of(place.jurisdiction)}, from {place.read_from}", place.reference),)


def payer_caveats(case: Case) -> tuple[Caveat, ...]:
    """What keeps the payer's rules from being certain. That the payer is kept elsewhere makes the lines no surer."""
    unread = case.chart.unavailable.get(Fact.COVERAGE)
    if unread is not None:
        return (Unknown(Fact.COVERAGE, f"the payer is not known, so our defaults apply: {unread}"),)
    cut = case.chart.cut_short(Fact.COVERAGE)
    return (*cut, *_doubts(case, case.payer)) if case.payer is not None else cut


def _doubts(case: Case, payer: Coverage) -> Iterator[Caveat]:
    for doubt in payer.doubts:
        yield Doubt(Fact.COVERAGE, f"check who pays: {doubt}", payer.reference)
    if payer.payer_class is PayerClass.UNKNOWN:
        yield Unknown(Fact.COVERAGE, CLASS_NOT_KNOWN, payer.reference)
    if payer.payer_class is not PayerClass.WORKERS_COMPENSATION:
        return
    place = case.chart.place
    if place is None:
        yield Unknown(Fact.PATIENT, "the state is not known, so no state's workers' compensation rules are applied")
    elif place.other_states:
        states = " and ".join(name_of(state) for state in (place.jurisdiction, *place.other_states))
        why = f"claims on record name accidents in {states}: check which state's law applies"
        yield Doubt(Fact.PATIENT, why, place.reference)
    elif payer.state is not None and payer.state != place.jurisdiction:
        why = (
            f"check which state's law applies: the payer's name says {name_of(payer.state)}, {place.read_from} says "
            f"{name_of(place.jurisdiction)}"
        )
        yield Doubt(Fact.PATIENT, why, payer.reference)
    rivals = [rival for rival in case.payers if rival.payer_class is payer.payer_class and rival.order == payer.order]
    if len({(rival.payers, rival.subscriber) for rival in rivals}) > 1:
        why = "several workers' compensation coverages are in force, and nothing says which is for this injury"
        yield Unknown(Fact.COVERAGE, why, payer.reference)
