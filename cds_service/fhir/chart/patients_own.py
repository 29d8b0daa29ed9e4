"""The patient's own resources out of what was given; what is left out becomes a gap."""

from collections.abc import Collection, Iterator
from operator import attrgetter
from typing import Any, Final, TypeVar

from cds_service.domain.chart import Fact, Unknown
from cds_service.domain.lazy import lazy
from cds_service.fhir.reading import dates
from cds_service.fhir.reading.clinical_resources import CarePlanResource
from cds_service.fhir.reading.elements import CodeableConcept, Ref, Resource, type_name
from cds_service.fhir.reading.financial_resources import (
    ClaimResource,
    ClaimResponseResource,
    CoverageResource,
    ExplanationOfBenefitResource,
)
from cds_service.fhir.reading.meanings import ServiceMeaning, meaning
from cds_service.fhir.reading.prefetch import Prefetch
from cds_service.fhir.reading.prefetch_keys import FACT_OF_TYPE
from cds_service.fhir.reading.quarantine import Quarantine
from cds_service.fhir.reading.references import SAFE_ID, References, named, plain_server, server_of

_R = TypeVar("_R", bound=Resource)

OF_ANOTHER: Final = "belongs to another patient"
PATIENT_OF_ANOTHER_SERVER: Final = "a patient of another server"
UNKNOWN_SERVER: Final = (
    "the patient is named by the address of a server, and the call does not say which server it is from"
)

_SUBJECT: Final = attrgetter("subject")
_WHOSE: Final["dict[type[Resource], attrgetter[Any]]"] = {
    CoverageResource: attrgetter("beneficiary"),
    ClaimResponseResource: attrgetter("patient"),
    ClaimResource: attrgetter("patient"),
    ExplanationOfBenefitResource: attrgetter("patient"),
}


class Meanings(dict[CodeableConcept | None, ServiceMeaning]):
    """What the codes of one chart mean, each worked out once: sixty sessions carry two codes."""

    def __missing__(self, concept: CodeableConcept | None) -> ServiceMeaning:
        self[concept] = known = meaning(concept)
        return known


class Own:
    """One patient's resources. ``left_out`` gathers those that cannot be used.

    A patient on another server than ``server``, the one of the call, is another patient. Where the call does not name
    its server, the one that all search results are from is that of the call; a patient who is named by the address of
    another is taken for the same, and a gap says so.
    """

    def __init__(self, patient: str, prefetch: Prefetch, references: References, server: str | None = None) -> None:
        self.patient = patient
        self.prefetch = prefetch
        self.references = references
        self.left_out = Quarantine()
        self._reference = f"Patient/{patient}"
        self._server = plain_server(server) if server else None
        self._unsure: set[type[Resource]] = set()

    def of(self, kind: type[_R], *, may_be_silent: bool = False, but: Collection[str] = ()) -> Iterator[tuple[str, _R]]:
        """(reference, resource) of each resource of one type that is the patient's.

        ``may_be_silent`` counts a resource that names no patient as the patient's; references in ``but`` are passed
        over.
        """
        type_read = type_name(kind)
        prefix = f"{type_read}/"
        subject_of = _WHOSE.get(kind, _SUBJECT)
        references, patient, safe = self.references, self._reference, SAFE_ID.fullmatch
        for key, record in self.prefetch.of(kind).items():
            reference = prefix + key if safe(key) is not None else reference_of(type_read, key)
            if reference in but:
                continue
            subject: Ref | None = subject_of(record)
            if subject is not None and subject.reference:
                if references[subject.reference] != patient:
                    self.left_out.add_of_another(FACT_OF_TYPE[type_read])
                    continue
                if subject.reference[0] == "h" and self._is_elsewhere(kind, subject.reference):
                    self.left_out.add_of_another(FACT_OF_TYPE[type_read], PATIENT_OF_ANOTHER_SERVER)
                    continue
            elif not may_be_silent:
                self.leave_out(kind, reference, "does not say which patient it belongs to")
                continue
            yield reference, record

    def of_others(self, kind: type[_R]) -> Iterator[tuple[str, _R]]:
        """(reference, resource) of each resource of one type that names another patient."""
        subject_of = _WHOSE.get(kind, _SUBJECT)
        for key, record in self.prefetch.of(kind).items():
            subject: Ref | None = subject_of(record)
            if subject is None or not subject.reference:
                continue
            if self.references[subject.reference] != self._reference or self._is_elsewhere(kind, subject.reference):
                yield reference_of(type_name(kind), key), record

    @lazy
    def _given_by(self) -> str | None:
        """The one server that all search results are from."""
        servers = {server for address in self.prefetch.addresses if (server := server_of(address)) is not None}
        return servers.pop() if len(servers) == 1 else None

    def _is_elsewhere(self, kind: type[Resource], reference: str) -> bool:
        """Whether a patient is named on another server than that of the call; notes it where the call names none."""
        server = server_of(reference)
        if server is None or server == self._server:
            return False
        if self._server is not None:
            return True
        if server == self._given_by:
            return False
        if kind not in self._unsure:
            self._unsure.add(kind)
            self.left_out.add(Unknown(FACT_OF_TYPE[type_name(kind)], UNKNOWN_SERVER))
        return False

    def leave_out(self, kind: type[Resource], reference: str, why: str) -> None:
        """Note a resource that cannot be used."""
        fact: Fact = FACT_OF_TYPE[type_name(kind)]
        self.left_out.add(Unknown(fact, why) if self.left_out.full(fact) else Unknown(fact, why, reference))

    def has_readable_period(self, record: CoverageResource | CarePlanResource, reference: str) -> bool:
        """Whether the dates of its period can be read; if not the resource is left out."""
        problem = dates.problem_of(record.period)
        if problem is not None:
            self.leave_out(type(record), reference, f"period {problem}")
        return problem is None


def reference_of(kind: str, key: str) -> str:
    """Reference of a resource kept under its id, or under its place where it has none."""
    return named(kind, None, key) if key.startswith("no id ") else named(kind, key)
