"""Which programs a text really names: not those it rules out, puts off, looks back on, or only evaluates for.

"No work hardening at this time", "then progress to work hardening", "history of work conditioning" and "work hardening
discharge summary" speak of a program without being one. What a word rules out has to stand beside it: "work hardening,
no lifting over 20 lb" is work hardening. A program that waits for the payer's approval only is ordered all the same.
"""

import re
from itertools import islice
from typing import Final

_GAP: Final = r"[\s\-\u2010-\u2015/]*"
_PROGRAM: Final = (
    rf"\bwork{_GAP}(?:hardening|conditioning)\b|(?<!return[\s\-]to[\s\-])\bwork{_GAP}rehab(?:ilitation)?\b"
    r"|(?-i:\bWR[\s\-\u2010-\u2015]?[CH]\b)|(?<![\d.])9754[56](?!\d)"
)
_NAMED: Final = re.compile(_PROGRAM, re.IGNORECASE)
SIMULATION: Final = (
    r"\b(?:job|work)[\s\-]*(?:tasks?[\s\-]*)?simulat\w*"
    r"|\bsimulat\w*[\s\-]+(?:of[\s\-]+)?(?:\w+[\s\-]+){0,2}?(?:job|work)\b"
)
_TOLD: Final = re.compile(rf"{_PROGRAM}|\bhardening\b|\bconditioning\b|{SIMULATION}", re.IGNORECASE)
_PARTS: Final = ("work", "wr", "9754", "hardening", "conditioning", "simulat")

_SENTENCE_END: Final = re.compile(r"[;!?\n\u2022]|\.(?=\s|$)")
_LOOK_BACK: Final = 100
_LOOK_AHEAD: Final = 80
_MOST: Final = 50
"""Mentions looked at in one text; a name that is said fifty times is not hidden in the fifty-first."""

_FILLER: Final = (
    r"(?:[\s/&\"'(\u2010-\u2015-]*,?\s*\b(?:"
    r"an?|any|the|his|her|their|this|that|formal|further|more|additional|continued|ongoing|initial|full|daily|outpatient"
    r"|to|for|of|in|into|with|from|as|start\w*|begin\w*|initiat\w*|continu\w*|attend\w*|participat\w*|ent(?:er|ry)\w*"
    r"|undergo\w*|receiv\w*|do(?:ing)?|perform\w*|provid\w*|order\w*|refer\w*|recommend\w*|need\w*|indicat\w*|involv\w*"
    r"|includ\w*|requir\w*|appropriate|candidate|ready|cleared|clearance|able|eligible|suitable|approved|authorized"
    r"|covered|yet|now|currently|still|being|been|be|is|was|are|were|good|medically|necessary|plans?|planned|use|using"
    r"|tolerat\w*|complet\w*|finish\w*|trial|programs?|services?|sessions?|therapy|treatment|phase|level|multidisciplinary"
    r"|work|job|hardening|conditioning|rehab(?:ilitation)?|simulat\w*|and|or|nor|physical|occupational|pt|ot)\b)"
)
_NEVER: Final = (
    r"(?:\b(?:no|not|non|never|neither|nor|without|den(?:y|ies|ied|ying)|declin\w*|refus\w*|reject\w*|exclud\w+|except"
    r"|unable|rule[sd]?\s+out|contraindicat\w*|withh[eo]ld\w*|hold|holding|defer\w*|postpon\w*|delay\w*|discontinu\w*"
    r"|stop\w*|ceas\w*|terminat\w*|cancel\w*|suspend\w*|withdr[ae]w\w*|other\s+than|instead\s+of|in\s+lieu\s+of"
    r"|rather\s+than|as\s+opposed\s+to|versus|vs\.?)|n['\u2019]t|\bd/?c(?:['\u2019]?d|ed)?)"
)
_BEFORE_NOW: Final = (
    r"(?:\b(?:history\s+of|hx(?:\s+of)?|h/o|s/p|status\s*[\-\s]post|post|formerly|former|previously|graduat\w+\s+from"
    r"|(?<!continue\s)(?<!resume\s)(?:previous|prior|past)(?!\s+to)"
    r"|(?:after|following|since|upon)\s+(?:complet\w+|finish\w+|discharge)|after|completion\s+of"
    r"|(?:has|have|had|already|recently|successfully)\s+complet\w+))"
)
_NOT_YET: Final = (
    r"(?:\b(?:prior\s+to|before|pre|prepar\w+\s+(?:for|to)|preparation|precursor\s+to|until|till|awaiting|waiting|consider\w*"
    r"|possibl[ey]|potential(?:ly)?|may(?:be)?|might|could|perhaps|discuss\w*|educat\w+\s+(?:on|about|regarding)"
    r"|interested|inquir\w+|ask(?:s|ed|ing)?\s+(?:about|if|whether|regarding)|fail(?:ed|s|ure\s+of)?|brochures?|handouts?))"
)
_UNCHECKED: Final = re.compile(r"\[\s*\]\s*(?:[\w/&-]+\s+){0,3}$|[\u2610\u25a1]\s*(?:[\w/&-]+\s+){0,3}$")
_ENROLLED: Final = re.compile(
    r"\b(?:patient|worker|he|she|currently|client)\s+(?:is\s+|was\s+)?(?:currently\s+)?(?:in|attending|enrolled\s+in|doing|undergoing)"
    r"\s+(?:an?\s+|the\s+)?$",
    re.IGNORECASE,
)
_WEIGHED: Final = (
    r"(?:\b(?:(?:re[\s\-]?)?(?:eval\w*\.?|assess\w*)|screen\w*|consult\w*|determin\w*|decid\w*|candida(?:cy|te)|eligib\w+"
    r"|suitab\w+|readiness|appropriateness|need|test\w*)(?:\s+(?:the|a|of|his|her))*"
    r"(?:\s+(?:need|readiness|candidacy|appropriateness|eligibility|tolerance|ability|potential|patient))?"
    r"\s+(?:for|of|re|regarding|about|to\s+(?:start|begin|enter|participate\s+in)))"
)
_PAPER: Final = (
    r"(?:\b(?:(?:discharged?|d/c)(?:\s+(?:summary|note|report|planning|instructions))?|summary|report|letter|conference"
    r"|meeting|phone|call|paperwork|records?)\s*(?:[,:\u2010-\u2015-]|\b(?:for|from|of|re|regarding|about|on)\b)?)"
)
_RULED_OUT: Final = re.compile(
    rf"(?:{_NEVER}|{_BEFORE_NOW}|{_NOT_YET}|{_WEIGHED}|{_PAPER}){_FILLER}{{0,7}}[\s/&\"'(:\u2010-\u2015-]*$",
    re.IGNORECASE,
)
_LATER: Final = re.compile(
    r"\b(?:then|progress\w*|advanc\w*|transition\w*|graduat\w*|mov(?:e|ing)|step\w*|upgrad\w*|escalat\w*|(?:work|build)\w*\s+up)"
    rf"(?:\s+(?:patient|pt|as\s+tolerated|\w+ly))?(?:\s+(?:on\s*)?(?:in)?to\w*)?{_FILLER}{{0,4}}[\s\"'(-]*$",
    re.IGNORECASE,
)
_EVALUATED_FIRST: Final = re.compile(r"\beval|\bassess|\bscreen|\bclear", re.IGNORECASE)
_APPROVAL: Final = r"(?:\w+\s+){0,3}?(?:auth|approv|insur|adjuster|carrier|payer|certif)"
_WHEN: Final = (
    rf"(?:if|unless|whether|when|once(?!\s+(?:a|an|per|daily|weekly|every|each|in)\b)|as\s+soon\s+as|pending|should)\b"
    rf"(?!\s+{_APPROVAL})"
)
_CONDITION: Final = re.compile(
    rf"(?:^|[,:(]|\b(?:and|then|but)\s)\s*\b{_WHEN}.*$|\b{_WHEN}[^,]{{0,50}}$", re.IGNORECASE | re.DOTALL
)

_TRAILING: Final = (
    r"(?:[\s/&)(\u2010-\u2015-]*,?\s*\b(?:programs?|services?|therap(?:y|ies)|treatments?|sessions?|referral|order|request|at\s+this"
    r"\s+time|at\s+present|currently|is|was|are|were|has|have|been|will|be|still|also|deemed|considered|felt|found|thought"
    r"|and|or|work|hardening|conditioning|rehab(?:ilitation)?)\b)"
)
_REASONS: Final = (
    r"(?:\w+\s+){0,3}?(?:indicat\w*|appropriate|recommend\w*|need\w*|necessary|required|order\w*|authoriz\w*|approved"
    r"|covered|start\w*|begun|yet|at\s+this\s+time|now|candidate|tolerat\w*|perform\w*|done|given|provided|request\w*|possible"
    r"|advis\w*|warranted|today|ready|cleared|support\w*|justified|considered|planned|scheduled|pursued|attend\w*|able"
    r"|applicable|medically|eligible|suitable|available|desired|wanted|completed|initiat\w*)\b"
)
_REFUSED: Final = re.compile(
    rf"{_TRAILING}{{0,6}}[\s,:)(/\u2010-\u2015-]*(?:(?:\bnot|\b\w+n['\u2019]t)\s+{_REASONS}"
    r"|\b(?:contraindicat\w*|declin\w+|refus\w+|denied|reject\w+|defer\w+|postpon\w+|withheld|(?:placed\s+|put\s+)?on\s+hold"
    r"|held|discuss\w+|explain\w+|considered|discontinu\w+|stopped|cancel\w*|suspended|terminated|no\s+longer|ruled\s+out|never|no[\s\-]?show"
    r"|n/?a\b|unsuccessful\w*|brochures?|handouts?|pamphlets?"
    r"|in\s+the\s+future|at\s+a\s+later|later|eventually|to\s+follow|to\s+be\s+(?:considered|determined)|tbd|may|might|could"
    rf"|possibl[ey]|versus|vs|{_WHEN}))",
    re.IGNORECASE,
)
_EVALUATED: Final = re.compile(
    rf"{_TRAILING}{{0,3}}[\s:\u2010-\u2015-]*\b(?:(?:initial|baseline|entry|functional|intake|readiness|candidacy|final|program|team|case)\s+)*"
    r"(?:(?:(?:re[\s\-]?)?(?:eval(?:uation)?|assessment)|screen(?:ing)?|consult(?:ation)?|intake|interview|candidacy|readiness)"
    r"\b(?!\s*(?:and|&|/|\+|with)\s*(?:treat|work|program))"
    r"|(?:discharge|d/c)\b(?!\s+(?:visit|session|day))|summary|report|progress\s+(?:note|report)|conference|meeting"
    r"|follow[\s\-]?up\b.{0,20}\b(?:md|dr|doctor|physician|surgeon|pcp)\b"
    r"|(?:tele)?phone|call\b|letter|paperwork)",
    re.IGNORECASE,
)
# Parts of words without which the patterns of what stands before and after a name cannot match.
_CUES_AFTER: Final = (
    "not", "n't", "n\u2019t", "contra", "declin", "refus", "denied", "reject", "defer", "postpon", "held", "hold",
    "discuss", "explain", "consider", "discont", "stopped", "cancel", "suspend", "terminat", "no longer", "ruled",
    "never", "show", "future", "later", "eventual", "follow", "determin", "tbd", "may", "might", "could", "possib",
    "versus", "vs", "if", "unless", "whether", "when", "once", "soon", "pending", "should", "eval", "assess",
    "screen", "consult", "intake", "interview", "candida", "readiness", "discharge", "d/c", "summary", "report",
    "conference", "meeting", "phone", "call", "letter", "paper", "progress", "n/a", "na", "unsuccessful", "brochure",
    "handout", "pamphlet",
)  # fmt: skip
_CUES_BEFORE: Final = (
    "no", "ne", "n't", "n\u2019t", "with", "den", "declin", "refus", "reject", "exc", "unable", "rule", "contra",
    "hold", "defer", "postpon", "delay", "disc", "stop", "ceas", "terminat", "cancel", "suspend", "other",
    "instead", "lieu", "rather", "opposed", "vs", "versus", "d/c", "dc", "hist", "hx", "h/o", "s/p", "post",
    "former", "prev", "gradua", "prior", "past", "after", "follow", "since", "upon", "complet", "before", "pre",
    "until", "till", "wait", "consider", "possibl", "potential", "may", "might", "could", "perhaps", "educat",
    "interest", "inquir", "eval", "assess", "screen", "consult", "determin", "decid", "candida", "eligib", "suitab",
    "ready", "readi", "approp", "need", "test", "summary", "report", "letter", "conf", "meet", "phone", "call",
    "paper", "record", "then", "progress", "advanc", "transit", "mov", "step", "upgrad", "escalat", "up", "if",
    "unless", "whether", "when", "once", "soon", "pending", "should", "ask", "fail", "brochure", "handout", "[",
    "\u2610", "\u25a1", "in", "attending", "doing", "undergoing",
)  # fmt: skip
_AT_THE_HEAD: Final = re.compile(
    rf"[\W_]*(?:\b(?:an?|the|daily|initial|outpatient|continu\w*|start|begin|order|referral|refer|for|to|of|pt|ot|physical"
    rf"|occupational|therapy|program|multidisciplinary|intensive)\b[\W_]*){{0,5}}(?:{_PROGRAM})",
    re.IGNORECASE,
)


def mentions_work_rehab(text: str | None) -> bool:
    """Whether a text speaks of work hardening, work conditioning or work rehabilitation, however that is meant."""
    return text is not None and _may_tell(text) and _NAMED.search(text) is not None


def names_work_rehab(text: str | None) -> bool:
    """Whether a text names work hardening, work conditioning or work rehabilitation as what is done or ordered."""
    if text is None or not _may_tell(text):
        return False
    named = islice(_NAMED.finditer(text), _MOST)
    return any(not _is_ruled_out(text, mention.start(), mention.end()) for mention in named)


def is_called_work_rehab(text: str | None) -> bool:
    """Whether a text is the name of a program: it begins with it, and says more at most after it."""
    return names_work_rehab(text) and text is not None and _AT_THE_HEAD.match(as_asserted(text)) is not None


def as_asserted(text: str) -> str:
    """The text without the programs that it rules out, puts off, looks back on, or only evaluates for."""
    if not _may_tell(text):
        return text
    kept: list[str] = []
    position = 0
    for mention in islice(_TOLD.finditer(text), _MOST):
        if _is_ruled_out(text, mention.start(), mention.end()):
            kept.append(text[position : mention.start()])
            position = mention.end()
    kept.append(text[position:])
    return " ... ".join(kept)


def _is_ruled_out(text: str, start: int, end: int) -> bool:
    after = _SENTENCE_END.split(text[end : end + _LOOK_AHEAD], maxsplit=1)[0]
    if _has_any(after, _CUES_AFTER) and (_REFUSED.match(after) or _EVALUATED.match(after)):
        return True
    before = _SENTENCE_END.split(text[max(0, start - _LOOK_BACK) : start])[-1]
    if not _has_any(before, _CUES_BEFORE):
        return False
    if _RULED_OUT.search(before) or _CONDITION.search(before) or _UNCHECKED.search(before):
        return True
    enrolled = _ENROLLED.search(before)
    if enrolled is not None and text[: start - len(before) + enrolled.start()].strip(" \t\r\n-:,.*\u2022;"):
        return True
    later = _LATER.search(before)
    if later is None:
        return False
    earlier = text[: start - len(before) + later.start()].strip(" \t\r\n-:,.*\u2022")
    return bool(earlier) and not (later.group().lower().startswith("then") and _EVALUATED_FIRST.search(earlier))


def _may_tell(text: str) -> bool:
    return _has_any(text, _PARTS)


def _has_any(text: str, parts: tuple[str, ...]) -> bool:
    """Whether a pattern that needs one of the parts can match at all; a tenth of the cost of searching in vain."""
    lowered = text.lower()
    for part in parts:  # noqa: SIM110 - a loop takes half the time of a generator
        if part in lowered:
            return True
    return False
