"""What a payer decided on a request for authorization: by review action, else in words, which are read whole (A-1)."""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from cds_service.domain.coverage_and_claims import AuthorizationState
from cds_service.fhir.reading.concept_words import has_code, may_match, texts
from cds_service.fhir.reading.elements import CodeableConcept, Extension
from cds_service.fhir.reading.financial_resources import Adjudication

PAS: Final = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/"
PDEX: Final = "http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/"
DENIAL_REASON: Final = "denialreason"
ALLOWED_UNITS: Final = "allowedunits"
REVIEW_ACTION: Final = "extension-reviewAction"
REVIEW_ACTION_CODE: Final = "extension-reviewActionCode"

APPROVED, PENDING, DENIED, WITHDRAWN, UNCLEAR, NOT_REQUIRED = (
    AuthorizationState.APPROVED,
    AuthorizationState.PENDING,
    AuthorizationState.DENIED,
    AuthorizationState.WITHDRAWN,
    AuthorizationState.UNCLEAR,
    AuthorizationState.NOT_REQUIRED,
)

# X12 306: certified in total, in part, not certified, pended, modified; cancelled, contact payer, no action required.
_STATE_OF_ACTION: Final = {
    "A1": APPROVED,
    "A2": APPROVED,
    "A3": DENIED,
    "A4": PENDING,
    "A6": APPROVED,
    "C": WITHDRAWN,
    "CT": UNCLEAR,
    "NA": NOT_REQUIRED,
}
_ACTION: Final = re.compile(r"(A\d|CT|NA|C)(?=$|[\s\-:|,(])")
_CODE_PARTS: Final = frozenset({"code", "reviewActionCode", REVIEW_ACTION_CODE})

_GRANT: Final = r"(?:pre-?)?(?:approv|authori[sz]|certif)"
_GRANTED: Final = r"(?:pre-?)?(?:approved|certified|authori[sz]ed|granted|allowed|affirmed)"
_ANSWER: Final = r"(?:(?:pre-?)?(?:approval|authori[sz]ation|certification)|decision|determination)s?"
_REFUSAL: Final = (
    r"(?:denials?|adverse(?: \w+)? determinations?|non-?certifications?|disapprovals?|rejections?|refusals?)"
)
_REVERSED: Final = r"(?:overturned|reversed|overruled|vacated|set aside|lifted)"
_TAKEN_BACK: Final = (
    r"(?:cancel+ed|withdrawn|void(?:ed)?|revoked|rescinded|retracted|terminated|annulled|no longer valid)"
)
_NEGATION: Final = (
    r"(?:\b(?:not|cannot|unable|never|neither|nor|no|non|refus\w+|declin\w+|fail\w*|without)\b|n['\u2019]t\b)"
)
_REVIEWED: Final = r"(?:appeal|reconsideration|re-?review|peer[ -]to[ -]peer)"


def _few(most: int) -> str:
    return rf"\W+(?:[\w']+\W+){{0,{most}}}?"


def _compiled(
    *rows: tuple[AuthorizationState | None, str],
) -> tuple[tuple[AuthorizationState | None, re.Pattern[str]], ...]:
    return tuple((state, re.compile(pattern)) for state, pattern in rows)


_CONDITIONS: Final = re.compile(
    r"\b(?:if|unless|in the event|may be|could be|subject to|does not guarantee|not a guarantee)\b[^.;\n]*"
)
# The last of these in a text decides, whatever else it says.
_FINAL: Final = _compiled(
    (APPROVED, rf"\b{_GRANTED}\b{_few(3)}(?:on|after|upon|following|at){_few(2)}{_REVIEWED}\b"),
    (
        DENIED,
        rf"\b(?:denied|rejected|refused|not {_GRANTED})\b{_few(3)}(?:on|after|upon|following|at){_few(2)}{_REVIEWED}\b",
    ),
    (DENIED, rf"\b{_REVIEWED}\b{_few(2)}(?:denied|dismissed|rejected|unsuccessful)\b"),
    (APPROVED, rf"\b{_REVIEWED}\b{_few(2)}(?:granted|approved|successful)\b"),
    (DENIED, rf"\b{_REFUSAL}\b{_few(4)}(?:not {_REVERSED}|upheld|affirmed|sustained|maintained|stands)\b"),
    (DENIED, rf"\b(?:uph[eo]ld|affirm|sustain|maintain)(?:s|ed|ing)?\b{_few(3)}{_REFUSAL}\b"),
    (APPROVED, rf"\b{_REFUSAL}\b{_few(3)}(?:{_REVERSED}|{_TAKEN_BACK})\b"),
    (APPROVED, rf"\b(?:{_REVERSED}|{_TAKEN_BACK})\b{_few(3)}{_REFUSAL}\b"),
    (DENIED, rf"(?<!adverse )\b{_ANSWER}\b{_few(3)}(?:{_REVERSED}|denied|rejected|refused|declined|disapproved)\b"),
    (WITHDRAWN, rf"\b{_ANSWER}\b{_few(4)}{_TAKEN_BACK}\b"),
    (WITHDRAWN, rf"\b{_TAKEN_BACK}\b{_few(3)}{_ANSWER}\b"),
)
# Each takes out what it has read, so that a negation is not read again without its "not".
_ONE_BY_ONE: Final = _compiled(
    (NOT_REQUIRED, rf"\bno (?:\w+ )?(?:{_ANSWER}|action|review)(?: (?:is|was|are))? (?:required|needed|necessary)\b"),
    (NOT_REQUIRED, rf"\b{_ANSWER}(?: (?:is|was|are))? not (?:required|needed|necessary)\b"),
    (None, r"\b(?:not (?:been )?|no )(?:denied|denials?|rejected|refused|void|cancel+ed)\b"),
    (None, r"\bno (?:additional|further|more) (?:\w+ )?(?:information|documentation|records)\b"),
    (PENDING, rf"\b(?:not yet|yet to be|awaiting|pending){_few(2)}(?:{_GRANT}|decided|decision|determin|review)\w*"),
    (PENDING, rf"\bnot (?:been )?(?:{_GRANTED}|decided|determined|reviewed) yet\b"),
    (PENDING, rf"\b{_ANSWER}(?: (?:is|still))* (?:pend\w*|in (?:process|review)|under review|awaited)\b"),
    (
        DENIED,
        rf"{_NEGATION}[\s\-]+(?:\w+[\s\-]+){{0,3}}?(?:{_GRANT}|grant|affirm|allow|medical\w* necess|covered)\w*",
    ),
    (DENIED, rf"\b(?:dis-?|un-?|non-?)(?:{_GRANT}|affirm)\w*"),
    (DENIED, r"\bden(?:y|ied|ies|ials?|ying)\b|\breject\w*|\brefus\w*|\bdeclin\w*|\badverse\b"),
    (DENIED, r"\b(?:not|n['\u2019]t) meet\b|\bnecessity (?:was |is |has )?not\b|\bcriteria (?:were |are )?not met\b"),
    (WITHDRAWN, r"\b(?:void|cancel|withdr[ae]w|revok|rescind|retract|terminat|annul|nullif|invalid)\w*"),
    (WITHDRAWN, r"\bno longer valid\b"),
    (UNCLEAR, rf"\bconditional(?:ly)?\b|\b{_GRANTED} (?:provided|once|upon|when)\b"),
    (UNCLEAR, r"\boverturned\b|\breversed\b|\bcontact\b"),
    (PENDING, r"\bpend\w*|\bsuspend\w*|\bin (?:process|review)\b|\bunder review\b|\bawait\w*|\bon hold\b|\bdeferred\b"),
    (PENDING, r"\b(?:additional|more|further) (?:clinical )?(?:information|documentation|records)\b"),
    (PENDING, r"\bincomplete\b|\breceived\b"),
    (APPROVED, rf"\b{_GRANTED}\b|\bapprovals?\b|\baffirmation\b"),
)  # fmt: skip
_DENIED_IN_PART: Final = re.compile(r"\bdenied in part\b|\bpartial(?:ly)? (?:denied|denial)\b|\bdenial in part\b")
# The usual answers, for speed.
_PLAIN: Final = {"Approved": APPROVED, "Certified in total": APPROVED, "Denied": DENIED, "Pended": PENDING}
_IN_PART: Final = re.compile(r"\bpartial(?:ly)?\b|\bin part\b|\bmodified\b|\breduced\b")
_TELLING: Final = (
    "appro", "auth", "certif", "grant", "allow", "affirm", "den", "reject", "refus", "declin", "advers", "void",
    "cancel", "withdr", "revok", "rescind", "retract", "terminat", "annul", "nullif", "valid", "pend", "process",
    "review", "await", "hold", "defer", "information", "documentation", "records", "incomplete", "received", "required",
    "needed", "necess", "criteria", "meet", "overturn", "revers", "condition", "contact", "yet", "covered", "appeal",
)  # fmt: skip


def decision_in_words(text: str | None) -> AuthorizationState | None:
    """What a payer's words decide; None when they tell no decision, unclear when they contradict themselves."""
    if text is None:
        return None
    plain = _PLAIN.get(text)
    if plain is not None or not may_match(text, _TELLING):
        return plain
    words = _CONDITIONS.sub(" ", " ".join(text.lower().split()))
    words, in_part = _DENIED_IN_PART.subn(" ", words)
    final = max(
        (
            ((match.start(), match.end()), state)
            for state, pattern in _FINAL
            for match in pattern.finditer(words)
            if state is not None
        ),
        key=lambda decision: decision[0],
        default=None,
    )
    if final is not None:
        return final[1]
    states: set[AuthorizationState] = set()
    for state, pattern in _ONE_BY_ONE:
        left, count = pattern.subn(" ", words)
        if count and state is not None:
            states.add(state)
        words = left
    if APPROVED in states and DENIED in states and _IN_PART.search(text.lower()):
        return APPROVED
    return decisions_together(states) or (UNCLEAR if in_part else None)


_NO_NUMBER: Final = re.compile(
    r"\W*(?:n\W?a|none|null|nil|no|yes|unknown|tbd|pending|pended|denied|approved|void|cancel+ed|verbal"
    r"|see notes?|not (?:required|needed|applicable|approved|authorized)"
    r"|(?:auth\w* |approval )?(?:pending|on file|not required))?\W*",
    re.IGNORECASE,
)


def number_in(text: str | None) -> str | None:
    """The payer's number in a field for it; None for "N/A", "pending", "not required" and the like."""
    return text.strip() if text is not None and _NO_NUMBER.fullmatch(text) is None else None


def decisions_together(states: Collection[AuthorizationState]) -> AuthorizationState | None:
    """What several decisions on one matter come to: approved only where nothing speaks against it."""
    distinct = set(states)
    if len(distinct) <= 1:
        return next(iter(distinct), None)
    if APPROVED not in distinct and NOT_REQUIRED not in distinct:
        return next((state for state in (DENIED, WITHDRAWN) if state in distinct), UNCLEAR)
    return APPROVED if distinct == {APPROVED, NOT_REQUIRED} else UNCLEAR


def reviews(extensions: Iterable[Extension], adjudications: Collection[Adjudication]) -> list[AuthorizationState]:
    """Review actions among the extensions of one item or of a whole response, and what its adjudications say."""
    states: list[AuthorizationState] = []
    for extension in extensions:
        name = _name_of(extension)
        if name == REVIEW_ACTION:
            parts = [part for part in extension.extension if _name_of(part) in _CODE_PARTS]
            states.extend(_action(part) for part in parts or [extension])
        elif name == REVIEW_ACTION_CODE:
            states.append(_action(extension))
    for adjudication in adjudications:
        if adjudication.value is None:
            words = (*_written(adjudication.category), *_written(adjudication.reason))
            states.extend(state for text in words if (state := _state_of(text, otherwise=None)) is not None)
    if not states and any(has_code(adjudication.category, DENIAL_REASON) for adjudication in adjudications):
        states.append(
            UNCLEAR if any(has_code(allowed.category, ALLOWED_UNITS) for allowed in adjudications) else DENIED
        )
    return states


def _name_of(extension: Extension) -> str:
    """The name of an extension of the Da Vinci guides; both have the review action, each under its own address."""
    return (extension.url or "").removeprefix(PAS).removeprefix(PDEX)


def review_number(extensions: Iterable[Extension]) -> str | None:
    """The payer's number in a review action."""
    for extension in extensions:
        if _name_of(extension) == REVIEW_ACTION:
            for part in extension.extension:
                if part.url == "number" and (number := number_in(part.value_string)) is not None:
                    return number
    return None


def _action(part: Extension) -> AuthorizationState:
    """The state of a review action, which should be a CodeableConcept and is sent as Coding, code or string as well."""
    coding = part.value_coding
    words = [
        *_written(part.value_codeable_concept),
        *((coding.code, coding.display) if coding is not None else ()),
        part.value_code,
        part.value_string,
    ]
    states = [_state_of(text, otherwise=None) for text in words if text]
    return decisions_together([state for state in states if state is not None]) or UNCLEAR


def _state_of(text: str, otherwise: AuthorizationState | None) -> AuthorizationState | None:
    action = _ACTION.match(text.strip())
    if action is not None:
        return _STATE_OF_ACTION.get(action.group(1), UNCLEAR)
    return decision_in_words(text) or otherwise


def _written(concept: CodeableConcept | None) -> Iterator[str]:
    """Codes and words of a concept."""
    if concept is not None:
        yield from (coding.code.strip() for coding in concept.coding if coding.code)
        yield from texts(concept)
