"""Which service a payer's answer is about: by code, by the request it answers, in words, or by its number (A-1)."""

import re
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from cds_service.domain.authorizations import number_key
from cds_service.domain.codes import THERAPY, WORK_REHAB
from cds_service.fhir.reading.clinical_resources import CarePlanResource
from cds_service.fhir.reading.concept_words import may_match, texts
from cds_service.fhir.reading.elements import CodeableConcept, NamedRef
from cds_service.fhir.reading.financial_resources import ClaimItem, ClaimResource, ClaimResponseResource
from cds_service.fhir.reading.meanings import ServiceMeaning, meaning
from cds_service.fhir.reading.mentions import mentions_work_rehab
from cds_service.fhir.reading.references import References
from cds_service.fhir.reading.request_resources import ServiceRequestResource

REQUESTED_SERVICE: Final = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-requestedService"
SERVICE_TYPES: Final = "1365"
_SHORTEST_NUMBER: Final = 4

# X12 1365, types that may hold work rehabilitation: medical care, plan coverage, hospital outpatient, office visit,
# rehabilitation, occupational therapy, physical medicine, physical therapy.
_BROAD_TYPES: Final = frozenset({"1", "30", "50", "98", "A9", "AD", "AE", "PT"})
# Words with which a service may hold work rehabilitation although it does not name it.
_THERAPY: Final = re.compile(
    r"therap|rehab|physical medicine|industrial|\b(?:pt|ot|wc|wh|rtw|work|conditioning|hardening)\b", re.IGNORECASE
)
_BROAD_WORDS: Final = frozenset(
    {"a", "and", "or", "of", "for", "the", "per", "to", "with", "at", "x"}
    | {"medical", "care", "outpatient", "patient", "out", "service", "services", "treatment", "treatments", "visit"}
    | {"visits", "session", "sessions", "unit", "units", "hour", "hours", "day", "days", "week", "weeks", "month"}
    | {"months", "professional", "office", "health", "benefit", "plan", "coverage", "evaluate", "treat", "request"}
    | {"requested", "authorization", "prior", "program", "general", "other", "unlisted", "procedure", "procedures"}
    | {"approved", "certified", "authorized", "initial", "additional", "continued", "extension", "referral"}
)
_WORDS: Final = re.compile(r"[a-z]+")
_OTHER_SERVICES: Final = re.compile(
    r"\b(?:mri|mra|ct|cat|pet|bone)[ -]?scans?\b|\bmr[ia]s?\b|\bcts?\b|\bx-?rays?\b|\bimaging\b|\bradiolog"
    r"|\bultrasound\b|\bemg\b|\bnerve (?:block|conduction)|\blaborator|\bsurg|\b\w+(?:ectomy|plasty|otomy|oscopy)\b"
    r"|\bfusion\b|\binjections?\b|\bepidural|\banesthesia\b|\binpatient\b|\bconsult|\bsecond opinion\b"
    r"|\bchiropract|\bacupunct|\bpsych|\bcounsel+ing\b|\bpain management\b|\bdental\b|\bvision\b|\bspeech\b"
    r"|\bpharmac|\bmedications?\b|\bprescriptions?\b|\bdurable medical\b|\bdme\b|\bbraces?\b|\borthos[ei]s\b"
    r"|\bprosthe|\bwheelchair\b|\btransport|\bradiation\b|\binfusion\b|\brespiratory\b|\bcardiac\b|\bpulmonary\b"
    r"|\bvocational\b|\bhome health\b",
    re.IGNORECASE,
)


class AuthorizedService(StrEnum):
    """What an answer is about."""

    WORK_REHAB = "work rehabilitation"
    OTHER = "another service"
    NOT_NAMED = "not named"


class Scope(NamedTuple):
    """The service of an answer and, where it names them, its codes of work rehabilitation."""

    service: AuthorizedService
    codes: tuple[str, ...] = ()


OTHER: Final = Scope(AuthorizedService.OTHER)
NOT_NAMED: Final = Scope(AuthorizedService.NOT_NAMED)
WHOLE_PROGRAM: Final = Scope(AuthorizedService.WORK_REHAB)


def scope_of(concept: CodeableConcept | None) -> Scope:
    """What the code or text of an item names."""
    if concept is None:
        return NOT_NAMED
    named = meaning(concept)
    codes = tuple(sorted(WORK_REHAB.intersection(named.codes)))
    if codes or named.work_rehab:
        return Scope(AuthorizedService.WORK_REHAB, codes)
    if named.codes:
        return OTHER
    words = texts(concept)
    if any(mentions_work_rehab(text) for text in words):
        return WHOLE_PROGRAM
    if any(_names_another(text) for text in words):
        return OTHER
    types = [coding.code for coding in concept.coding if coding.code and (coding.system or "").endswith(SERVICE_TYPES)]
    return OTHER if types and not words and _BROAD_TYPES.isdisjoint(types) else NOT_NAMED


def scopes_together(scopes: Iterable[Scope]) -> Scope:
    """The scope of what names several services: ours where one of them is, another's where all are."""
    named = [scope for scope in scopes if scope.service is not AuthorizedService.NOT_NAMED]
    work_rehab = [scope for scope in named if scope.service is AuthorizedService.WORK_REHAB]
    if not work_rehab:
        return OTHER if named else NOT_NAMED
    if any(not scope.codes for scope in work_rehab):
        return WHOLE_PROGRAM
    return Scope(AuthorizedService.WORK_REHAB, tuple(sorted({code for scope in work_rehab for code in scope.codes})))


def scope_in_words(text: str | None) -> Scope:
    """What a sentence names: work rehabilitation, plainly another service, or neither."""
    if mentions_work_rehab(text):
        return WHOLE_PROGRAM
    return OTHER if text and _OTHER_SERVICES.search(text) else NOT_NAMED


def _names_another(text: str) -> bool:
    if _OTHER_SERVICES.search(text):
        return True
    return not _THERAPY.search(text) and not _BROAD_WORDS.issuperset(_WORDS.findall(text.lower()))


class Requests:
    """What was asked for: the requests beside the answers, and numbers that orders, claims and plans carry.

    ``ordered`` is what the orders mean, ``carried`` gives the codes or the meaning of what carries a payer's number.
    """

    def __init__(
        self,
        claims: Mapping[str, ClaimResource],
        answers: Iterable[ClaimResponseResource],
        references: References,
        ordered: Mapping[str, ServiceMeaning],
    ) -> None:
        self._claims = claims
        self._references = references
        self._ordered = ordered
        self._numbers: dict[str, list[Scope]] = {}
        self._answers_of_orders: dict[str, list[Scope]] = {}
        self._notes: list[str] = []
        self._alone = self._unlinked(answers)

    def carry_number(self, number: str, codes: Collection[str]) -> None:
        """Note that charges with these codes carry the number; other therapy leaves open what it is for."""
        work_rehab = tuple(sorted(WORK_REHAB.intersection(codes)))
        unrelated = not work_rehab and bool(THERAPY.isdisjoint(codes))
        scope = WHOLE_PROGRAM if work_rehab else OTHER if unrelated else NOT_NAMED
        self._numbers.setdefault(number_key(number), []).append(scope)

    def order(self, record: ServiceRequestResource, meaning: ServiceMeaning) -> None:
        """Note the answers and the words that an order carries."""
        if meaning.work_rehab:
            self._notes.extend(note.text for note in record.note if note.text)
        scope = WHOLE_PROGRAM if meaning.work_rehab else OTHER if meaning.codes else NOT_NAMED
        for insurance in record.insurance:
            if insurance.reference is not None and "ClaimResponse/" in insurance.reference:
                self._answers_of_orders.setdefault(self._references[insurance.reference], []).append(scope)

    def plan(self, record: CarePlanResource) -> None:
        """Note the words of a plan for work rehabilitation."""
        self._notes.extend(note.text for note in record.note if note.text)

    def request_of(self, response: ClaimResponseResource) -> ClaimResource | None:
        """The request that a response answers, where given: contained, by reference, by identifier or beside it."""
        request = response.request
        if request is not None and request.reference:
            if request.reference.startswith("#"):
                local = self._references.contained(response, request.reference)
                return local if isinstance(local, ClaimResource) else None
            return self._claims.get(self._references[request.reference])
        if request is not None and request.identifier is not None and request.identifier.value:
            value = request.identifier.value
            return next(
                (
                    claim
                    for claim in self._claims.values()
                    if any(identifier.value == value for identifier in claim.identifier)
                ),
                None,
            )
        return self._alone

    def item(self, request: ClaimResource, sequence: int | None) -> Scope:
        """What an item of the request is for, or all of it where the item is not found."""
        items = [item for item in request.item if sequence is not None and item.sequence == sequence] or request.item
        return scopes_together(map(self._requested, items))

    def otherwise(self, reference: str, number: str | None) -> Scope:
        """What orders, claims and plans that carry the answer or its number are for."""
        scope = scopes_together(
            (*self._answers_of_orders.get(reference, ()), *self._numbers.get(number_key(number or ""), ()))
        )
        if scope is NOT_NAMED and number is not None and len(number) >= _SHORTEST_NUMBER:
            notes = [text for text in self._notes if may_match(text, (number.lower(),))]
            written = rf"(?<![\w-]){re.escape(number)}(?![\w-])"
            if any(re.search(written, text, re.IGNORECASE) for text in notes):
                return WHOLE_PROGRAM
        return scope

    def _requested(self, item: ClaimItem) -> Scope:
        scope = scope_of(item.product_or_service)
        if scope.service is not AuthorizedService.NOT_NAMED:
            return scope
        for extension in item.extension:
            if extension.url == REQUESTED_SERVICE and extension.value_reference is not None:
                ordered = self._ordered.get(self._references[extension.value_reference.reference or ""])
                if ordered is not None:
                    return _meant(ordered)
        return scope_of(item.category)

    def _unlinked(self, answers: Iterable[ClaimResponseResource]) -> ClaimResource | None:
        """The one request that stands beside the one answer which names none."""
        requests = [claim for claim in self._claims.values() if claim.use == "preauthorization"]
        silent = [answer for answer in answers if answer.use == "preauthorization" and answer.request is None]
        return requests[0] if len(requests) == 1 == len(silent) else None


def _meant(meaning: ServiceMeaning) -> Scope:
    codes = tuple(sorted(WORK_REHAB.intersection(meaning.codes)))
    if codes or meaning.work_rehab:
        return Scope(AuthorizedService.WORK_REHAB, codes)
    return OTHER if meaning.codes else NOT_NAMED


def number_of(request: NamedRef | None) -> str | None:
    """What tells one request from another: its reference, else its identifier."""
    if request is None:
        return None
    return request.reference or (request.identifier.value if request.identifier is not None else None)
