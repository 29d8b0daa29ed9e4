"""The lines of a denied visit: by which rule, value and citation each is owed, and what the record shows."""

from collections.abc import Iterator

from cards.numbers import authorization, code_line
from cards.packet_words import sentence
from cds_service.domain.bill import Bill
from cds_service.domain.case import Case
from cds_service.domain.findings import ChargeLine, Evidence
from cds_service.domain.packet import AppealLine
from cds_service.domain.values import PolicyValue, values
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.rules.approvals import approval_evidence
from cds_service.rules.catalog import TITLES

CHARGES = "visit-charges"


def appeal_lines(case: Case, bill: Bill, policy: PolicyView) -> tuple[AppealLine, ...]:
    """One entry for each line that the visit came to, those of the program first; none without a visit."""
    visit = bill.visit
    if visit is None:
        return ()
    approvals = case.approvals_on(case.date_of_service)
    facts = (*visit.evidence, *map(approval_evidence, approvals), *_on_claims(bill))
    approval = values(policy.get(params.AUTHORIZATION_REQUIRED))
    approved = next((authorization(found, case.today) for found in approvals), None)
    return (
        *(
            AppealLine(
                line,
                _rules(line),
                (*visit.program.values, *approval),
                facts,
                _why(case, line, visit.program.minutes, visit.program.values, approved),
            )
            for line in visit.program_lines
        ),
        *(
            AppealLine(
                line,
                _rules(line),
                (*visit.other_services.values, *approval),
                (*visit.other_services.evidence, *facts),
                sentence("appeal", "other", case.today, {"line": code_line(line), "day": line.date}),
            )
            for line in visit.other_lines
        ),
    )


def _why(
    case: Case, line: ChargeLine, minutes: int, applied: tuple[PolicyValue[object], ...], approved: str | None
) -> str:
    source = applied[0].source if applied else None
    rule = " ".join(filter(None, (source.title, source.paragraph))) if source is not None else ""
    facts = {"line": code_line(line), "day": line.date, "minutes": minutes, "rule": rule}
    said = sentence("appeal", "line", case.today, facts)
    if approved is None:
        return said
    return f"{said} {sentence('appeal', 'approved', case.today, {'approval': approved})}"


def _rules(line: ChargeLine) -> tuple[tuple[str, str], ...]:
    by_modifier = {
        "assistant-modifier": {"CQ", "CO", "M3"},
        "program-modifier": {"WH", "WC", "CA"},
        "discipline-modifier": {"GP", "GO", "GN"},
    }
    applied = [rule for rule, modifiers in by_modifier.items() if rule in TITLES and modifiers & {*line.modifiers}]
    return tuple((rule, TITLES[rule]) for rule in (CHARGES, *applied))


def _on_claims(bill: Bill) -> Iterator[Evidence]:
    """What stands on claims of the date: what was denied is among it."""
    for line in bill.visit.on_claim if bill.visit is not None else ():
        modifiers = "".join(f"-{modifier}" for modifier in line.modifiers)
        yield Evidence(f"line on a {line.status} claim", f"{line.code}{modifiers} x{line.units:g}", line.claim)
