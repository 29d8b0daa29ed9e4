"""Coverage: the class of payer and the names by which policies know the payer."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from cds_service.domain.chart import Coverage
from cds_service.domain.codes import PayerClass
from cds_service.fhir import records
from cds_service.fhir.calendar import Calendar
from cds_service.fhir.concepts import texts
from cds_service.fhir.people import contained
from cds_service.fhir.records import CodeableConcept, Coding, NamedRef
from cds_service.fhir.references import References

_BY_ACT_CODE: Final = {
    "WCBPOL": PayerClass.WORKERS_COMPENSATION,
    "AUTOPOL": PayerClass.AUTO,
    "UNINSMOT": PayerClass.AUTO,
    "PUBLICPOL": PayerClass.GOVERNMENT,
    "EHCPOL": PayerClass.COMMERCIAL,
    "HSAPOL": PayerClass.COMMERCIAL,
    "HIP": PayerClass.COMMERCIAL,
    "HMO": PayerClass.COMMERCIAL,
    "PPO": PayerClass.COMMERCIAL,
    "POS": PayerClass.COMMERCIAL,
    "MCPOL": PayerClass.COMMERCIAL,
    "pay": PayerClass.SELF_PAY,
}
_BY_CLAIM_FILING: Final = {
    "WC": PayerClass.WORKERS_COMPENSATION,
    "MA": PayerClass.MEDICARE,
    "MB": PayerClass.MEDICARE,
    "16": PayerClass.MEDICARE,
    "MC": PayerClass.MEDICAID,
    "AM": PayerClass.AUTO,
    "CH": PayerClass.GOVERNMENT,
    "VA": PayerClass.GOVERNMENT,
    "OF": PayerClass.GOVERNMENT,
    "TV": PayerClass.GOVERNMENT,
    "CI": PayerClass.COMMERCIAL,
    "BL": PayerClass.COMMERCIAL,
    "HM": PayerClass.COMMERCIAL,
    "12": PayerClass.COMMERCIAL,
    "13": PayerClass.COMMERCIAL,
    "15": PayerClass.COMMERCIAL,
    "09": PayerClass.SELF_PAY,
}
_BY_SOPT: Final = (
    ("95", PayerClass.WORKERS_COMPENSATION),
    ("96", PayerClass.AUTO),
    ("81", PayerClass.SELF_PAY),
    ("1", PayerClass.MEDICARE),
    ("2", PayerClass.MEDICAID),
    ("3", PayerClass.GOVERNMENT),
    ("4", PayerClass.GOVERNMENT),
    ("5", PayerClass.COMMERCIAL),
    ("6", PayerClass.COMMERCIAL),
    ("7", PayerClass.COMMERCIAL),
)
_SOPT_OID: Final = "2.16.840.1.113883.3.221.5"
_LETTERS: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_BY_NAME: Final = (
    (
        re.compile(
            r"\bwork(?:er|ers|er['\u2019]s|ers['\u2019]|m[ae]n['\u2019]?s?)?[\s\-]*comp(?:ensation)?\b", re.IGNORECASE
        ),
        PayerClass.WORKERS_COMPENSATION,
    ),
    (re.compile(r"\bmedicare\b", re.IGNORECASE), PayerClass.MEDICARE),
    (re.compile(r"\bmedicaid\b", re.IGNORECASE), PayerClass.MEDICAID),
    (re.compile(r"\bself[\s\-]*pay\b", re.IGNORECASE), PayerClass.SELF_PAY),
    (re.compile(r"\bauto(?:mobile)?\b|\bmotor vehicle\b|\bno[\s\-]fault\b", re.IGNORECASE), PayerClass.AUTO),
    (re.compile(r"\btricare\b|\bveterans\b", re.IGNORECASE), PayerClass.GOVERNMENT),
    (re.compile(r"\bcommercial\b", re.IGNORECASE), PayerClass.COMMERCIAL),
)
_PERSONS: Final = ("Patient/", "RelatedPerson/")


def coverage(
    record: records.Coverage,
    reference: str,
    organizations: Mapping[str, records.Organization],
    references: References,
    calendar: Calendar,
) -> Coverage:
    """One coverage; ``payers`` are references, identifiers and names of its payors and of their organizations."""
    names = tuple(dict.fromkeys(_payers(record, organizations, references)))
    kind = payer_class(record.type)
    if kind is PayerClass.UNKNOWN:
        kind = _class_in_words(names)
    if kind is PayerClass.UNKNOWN and record.payor and all(_is_person(one, references) for one in record.payor):
        kind = PayerClass.SELF_PAY
    period = record.period or records.Period()
    return Coverage(
        reference, kind, names, record.order, calendar.first_day(period.start), calendar.last_day(period.end)
    )


def payer_class(kind: CodeableConcept | None) -> PayerClass:
    """The class of payer that ``Coverage.type`` names, by code, else by text; workers' compensation wins."""
    if kind is None:
        return PayerClass.UNKNOWN
    coded = {found for coding in kind.coding if (found := _coded(coding)) is not None}
    if PayerClass.WORKERS_COMPENSATION in coded:
        return PayerClass.WORKERS_COMPENSATION
    if coded:
        return min(coded, key=list(PayerClass).index)
    return _class_in_words(texts(kind))


def _coded(coding: Coding) -> PayerClass | None:
    code, system = coding.code, (coding.system or "").lower()
    if not code:
        return None
    if "sopt" in system or _SOPT_OID in system:
        return next((kind for prefix, kind in _BY_SOPT if code.startswith(prefix)), None)
    if "x12" in system or "claim-filing" in system:
        return _BY_CLAIM_FILING.get(code)
    found = _BY_ACT_CODE.get(code)
    if found is None and not system and _LETTERS.fullmatch(code):
        return _BY_CLAIM_FILING.get(code)
    return found


def _class_in_words(words: Iterable[str]) -> PayerClass:
    everything = " \n ".join(words)
    return next((kind for pattern, kind in _BY_NAME if pattern.search(everything)), PayerClass.UNKNOWN)


def _is_person(payor: NamedRef, references: References) -> bool:
    return payor.reference is not None and references[payor.reference].startswith(_PERSONS)


def _payers(
    record: records.Coverage, organizations: Mapping[str, records.Organization], references: References
) -> Iterator[str]:
    for payor in record.payor:
        if _is_person(payor, references):
            continue
        organization: records.Resource | None = None
        if payor.reference is not None and payor.reference.startswith("#"):
            organization = contained(record, payor.reference)
        elif payor.reference is not None:
            name = references[payor.reference]
            yield name
            if name != payor.reference:
                yield payor.reference
            organization = organizations.get(name.removeprefix("Organization/"))
        if payor.identifier is not None and payor.identifier.value:
            yield payor.identifier.value
        if payor.display:
            yield payor.display
        if isinstance(organization, records.Organization):
            if organization.name:
                yield organization.name
            yield from (one.value for one in organization.identifier if one.value)
