"""Findings and gaps as rows: in the words of the cards, with the policy value that decided and its citation."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Final

from cards.detail import label_of
from cards.envelope import CardSettings
from cards.gaps import plain_sentences
from cards.groups import Worded, grouped
from cards.numbers import capital, readable
from cards.policy_values import how_sure, in_short
from cds_service.audit.rows import FindingRow, GapRow
from cds_service.domain.chart import Chart, Fact, Unknown
from cds_service.domain.coverage_and_claims import Authorization
from cds_service.domain.findings import Evaluation, Evidence, MissingFact
from cds_service.domain.values import PolicyValue
from cds_service.policies.parameters import PARAMETERS
from cds_service.policies.stack import PolicyStack
from cds_service.rules.catalog import TITLES

SHORTEST_NUMBER: Final = 4
"""Characters of a number of a payer: a shorter one may stand in any text."""
FACTS_IN_WORDS: Final = {
    Fact.PATIENT: "patient and state",
    Fact.COVERAGE: "coverage",
    Fact.PLAN_OF_CARE: "plan of care",
    Fact.ENCOUNTER: "visits",
    Fact.SESSIONS: "treatments",
    Fact.SESSION_TIME: "start and stop times",
    Fact.PERFORMERS: "who treated",
    Fact.DISCIPLINE: "discipline",
    Fact.PROGRAM: "kind of program",
    Fact.INJURY: "work injury",
    Fact.GOALS: "goals",
    Fact.EVALUATIONS: "evaluations",
    Fact.ASSESSMENTS: "measurements",
    Fact.AUTHORIZATIONS: "payer's approval",
    Fact.CHARGES: "charges",
    Fact.ORDERS: "orders",
    Fact.APPOINTMENTS: "bookings",
    Fact.POLICY: "payer's policy",
    Fact.DOCUMENTS: "documents",
    Fact.TIME_ZONE: "time zone",
    Fact.REQUEST: "export",
}
"""What a gap is about, as a report names it."""


class RowWords:
    """Puts findings and gaps in words for one run.

    Args:
        policies: For the titles of policies.
        chart: The patient's whole chart, for the payer's numbers in it.
        with_ids: Whether ids of resources and the payer's numbers are written.
    """

    def __init__(self, policies: PolicyStack, chart: Chart, *, with_ids: bool) -> None:
        self._titles = policies.titles
        self.with_ids = with_ids
        self._numbers = () if with_ids else tuple(sorted(numbers_in(chart), key=lambda number: (-len(number), number)))

    def findings(self, evaluation: Evaluation, visit: str, program: str) -> tuple[FindingRow, ...]:
        """A row for each finding, in the order of the cards."""
        settings = CardSettings(today=evaluation.date_of_service, parameters=PARAMETERS)
        return tuple(
            self._finding(member, visit, program, evaluation.date_of_service)
            for group in grouped(evaluation.findings, settings)
            for member in group.members
        )

    def gaps(self, gaps: Iterable[MissingFact], visit: str, program: str, patient: str) -> tuple[GapRow, ...]:
        """A row for each gap."""
        return tuple(
            GapRow(
                visit,
                program,
                patient,
                FACTS_IN_WORDS[gap.fact],
                self.masked(next(plain_sentences([Unknown(gap.fact, gap.why, gap.reference)]))),
                tuple(TITLES[rule] for rule in gap.rules),
            )
            for gap in gaps
        )

    def policies(self, layers: Iterable[str]) -> str:
        """The titles of the policies that decided, the most specific first."""
        return "; ".join(self._titles[policy] for policy in reversed(tuple(layers)))

    def _finding(self, member: Worded, visit: str, program: str, today: date) -> FindingRow:
        finding = member.finding
        value = finding.values[0] if finding.values else None
        return FindingRow(
            visit=visit,
            program=program,
            rule=finding.rule,
            title=TITLES[finding.rule],
            kind=finding.kind,
            topic=finding.topic.value,
            severity=finding.severity.value,
            text=self.masked(member.words.summary),
            facts=tuple(self._facts(finding.evidence, today)),
            **self._cited(value),
            caveats=tuple(map(self.masked, plain_sentences(finding.caveats))),
            proposes=bool(finding.proposals),
            recommended=any(proposal.recommended for proposal in finding.proposals),
            subject=finding.subject if self.with_ids or "/" not in finding.subject else "",
        )

    def _facts(self, evidence: Iterable[Evidence], today: date) -> Iterator[str]:
        written = (f"{capital(found.fact)}: {readable(self._named(found.value), today)}" for found in evidence)
        yield from dict.fromkeys(map(self.masked, written))

    def _named(self, value: object) -> object:
        """A fact without the payer's number, unless ids are asked for."""
        if isinstance(value, Authorization) and not self.with_ids:
            return replace(value, number=None)
        return value

    def masked(self, text: str) -> str:
        """The words without the payer's numbers, unless ids are asked for."""
        for number in self._numbers:
            text = text.replace(number, "(number)")
        return text

    def _cited(self, value: PolicyValue[object] | None) -> dict[str, str]:
        policy = self._titles.get(value.policy, value.policy) if value is not None else ""
        return {"policy": policy, **_told_of(value)}


@lru_cache(maxsize=1024)
def _told_of(value: PolicyValue[object] | None) -> Mapping[str, str]:
    """What a row tells of the policy value that decided, but for the title of its policy."""
    if value is None:
        return dict.fromkeys(("value", "since", "source", "href", "confidence"), "")
    known = PARAMETERS.get(value.parameter)
    label, unit = (known.label, known.unit) if known is not None else ("value", "")
    return {
        "value": f"{capital(label_of(value, label))}: {in_short(value.plain, unit)}",
        "since": value.since.isoformat() if value.dated else "",
        "source": " ".join(filter(None, (value.source.title, value.source.paragraph))),
        "href": value.source.href or "",
        "confidence": how_sure(value.confidence, value.policy),
    }


def numbers_in(chart: Chart) -> frozenset[str]:
    """The payer's numbers of a patient: of approvals, claims and subscribers."""
    numbers = (
        *(answer.number for answer in chart.authorizations),
        *(number for claim in chart.claims for number in claim.authorization_numbers),
        *(number.value for number in chart.claim_numbers),
        *(coverage.subscriber for coverage in chart.coverages),
    )
    return frozenset(number for number in numbers if number is not None and len(number) >= SHORTEST_NUMBER)
