"""Whether the payer's approval supports a visit, as the rule about authorization found it at its discharge."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from cards.gaps import plain_sentences
from cds_service.audit.rows import Verdict
from cds_service.audit.verdicts import Judgment
from cds_service.consultation.consult import Consultation
from cds_service.domain.chart import Fact
from cds_service.domain.findings import Finding, Severity
from cds_service.rules.answers import is_required

REFUSED_SUPPORT: Final[Mapping[str, str]] = {
    "missing": "No approval was on record, and this payer requires one first.",
    "pending": "The payer had not decided about the approval that it requires.",
    "denied": "The payer had denied approval.",
    "withdrawn": "The payer had withdrawn its approval.",
    "expired": "The approval had ended.",
    "not-started": "The approval had not begun.",
    "exhausted": "The approved amount was used up.",
    "beyond-count": "The visit is beyond those that this payer allows without approval.",
    "second-visit": "It is one more visit on the date than this payer allows without approval.",
}
"""What does not support a visit, by the kind of the finding about authorization."""
NOT_CLEAR: Final = "This payer requires approval, and what it answered does not clearly give or refuse it."
NOT_EXPORTED: Final = "Whether the visit was approved is not known: answers of payers are not in the export."
LATER_APPROVED: Final = "An approval for the date came after the visit."
APPROVAL_NOT_VERIFIED: Final = "That this payer requires approval is not verified."
RESTS_ON_POLICY: Final = frozenset({"missing", "pending", "beyond-count", "second-visit"})


class Support(NamedTuple):
    """What the approval of a visit was: a word for it, why it does not support the visit, what is open about that.

    Where it is ``doubtful``, what is open keeps a bill from being called right or wrong.
    """

    word: str
    refused: str = ""
    open_points: tuple[str, ...] = ()
    doubtful: bool = False


def support_of(found: Consultation, *, approved_by_now: bool) -> Support:
    """What approval there was at the discharge; beside one that came later nothing is refused."""
    case = found.case
    against = next(filter(None, map(_against, found.evaluation.findings)), None)
    if against is None:
        if case.approvals_on(case.date_of_service):
            return Support("approved")
        required = is_required(case, found.policy)
        if case.chart.not_whole(Fact.AUTHORIZATIONS) or case.chart.not_whole(Fact.COVERAGE):
            return Support("not known", open_points=(NOT_EXPORTED,) if required else ())
        if required and not approved_by_now:
            return Support("not clear", open_points=(NOT_CLEAR,), doubtful=True)
        return Support("not clear", open_points=(LATER_APPROVED,)) if required else Support("not required")
    kind, finding = against
    word = kind.replace("-", " ")
    if approved_by_now:
        return Support(word, open_points=(LATER_APPROVED,))
    open_points = tuple(plain_sentences(caveat for caveat in finding.caveats if caveat.unsettles))
    value = finding.values[0] if finding.values else None
    if kind in RESTS_ON_POLICY and (value is None or value.confidence != "verified"):
        open_points = (*open_points, APPROVAL_NOT_VERIFIED)
    return Support(word, REFUSED_SUPPORT[kind], open_points)


def _against(finding: Finding) -> tuple[str, Finding] | None:
    rule, _, kind = finding.kind.partition(".")
    if rule == "authorization" and kind in REFUSED_SUPPORT and finding.severity is Severity.WARNING:
        return kind, finding
    return None


def judged_support(judgment: Judgment, support: Support) -> Judgment:
    """The verdict on a visit that was billed, with the payer's approval taken into account."""
    if support.doubtful:
        return Judgment(Verdict.NOT_JUDGED, (*support.open_points, *judgment.reasons))
    if not support.refused:
        return Judgment(judgment.verdict, (*judgment.reasons, *support.open_points))
    if support.open_points:
        return Judgment(Verdict.NOT_JUDGED, (support.refused, *support.open_points, *judgment.reasons))
    return Judgment(Verdict.UNSUPPORTED, (support.refused, *judgment.reasons))
