"""What payers say of an order, appointment or encounter through coverage-information (CRD)."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from cds_service.domain.coverage_and_claims import CoverageAssertion
from cds_service.fhir.chart.decisions import number_in
from cds_service.fhir.reading.calendar import Calendar
from cds_service.fhir.reading.concept_words import texts
from cds_service.fhir.reading.elements import Extension
from cds_service.fhir.reading.references import References

COVERAGE_INFORMATION: Final = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"
_OF_A_RELEASE: Final = re.compile(
    r"https?://(?:www\.)?hl7\.org/fhir/us/davinci-crd/(?:[\w.-]+/)?StructureDefinition/(?:ext-)?coverage-information(?:\|.*)?"
)
BILLING_OPTIONS: Final = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-billing-options"


def assertions_of(
    extensions: Sequence[Extension], reference: str, references: References, calendar: Calendar
) -> Iterator[CoverageAssertion]:
    """Each thing that a payer asserts there, for its coverage, billing codes and time."""
    for extension in extensions:
        if extension.url is not None and _is_coverage_information(extension.url):
            yield _assertion(extension, reference, references, calendar)


def _is_coverage_information(url: str) -> bool:
    """Whether a URL is that of coverage-information, of any release of the guide."""
    return url == COVERAGE_INFORMATION or _OF_A_RELEASE.fullmatch(url) is not None


def _assertion(extension: Extension, reference: str, references: References, calendar: Calendar) -> CoverageAssertion:
    parts: dict[str, list[Extension]] = {}
    for part in extension.extension:
        parts.setdefault(part.url or "", []).append(part)

    def first(name: str) -> Extension:
        return parts.get(name, [_NOTHING])[0]

    coverage = first("coverage").value_reference
    reasons = [
        text
        for part in parts.get("reason", ())
        for text in (*texts(part.value_codeable_concept)[:1], part.value_string)
        if text
    ]
    return CoverageAssertion(
        reference=reference,
        coverage=references[coverage.reference] if coverage is not None and coverage.reference else None,
        covered=first("covered").value_code,
        approval=first("pa-needed").value_code,
        number=number_in(first("satisfied-pa-id").value_string),
        codes=tuple(dict.fromkeys(code for part in parts.get("billingCode", ()) for code in _billed(part))),
        reason="; ".join(dict.fromkeys(reasons)) or None,
        made=calendar.day(_date_of(first("date"))),
        expiry=calendar.last_day(_date_of(first("expiry-date"))),
    )


_NOTHING: Final = Extension()


def _billed(part: Extension) -> Iterator[str]:
    coding, concept = part.value_coding, part.value_codeable_concept
    for billed in (*((coding,) if coding is not None else ()), *(concept.coding if concept is not None else ())):
        if billed.code:
            yield billed.code


def _date_of(part: Extension) -> str | None:
    return part.value_date or part.value_date_time
