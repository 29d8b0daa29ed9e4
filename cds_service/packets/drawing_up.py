"""Draws up the authorization packet of a consultation: for a first request, a renewal or an appeal."""

from collections.abc import Mapping
from operator import attrgetter
from typing import Final

from cds_service.consultation.consult import Consultation
from cds_service.consultation.timelines.program_timelines import timeline_of
from cds_service.domain.case import Case
from cds_service.domain.packet import Packet, PacketUse, Parties
from cds_service.fhir.reading.parties import GivesJson, parties_of
from cds_service.fhir.reading.prefetch_keys import not_asked_at
from cds_service.packets.appeal_lines import appeal_lines
from cds_service.packets.filled import Filled
from cds_service.packets.filled_elements import element_of, goals_asked, words_of_goal
from cds_service.packets.material import PacketMaterial
from cds_service.packets.measured_courses import measured
from cds_service.packets.necessity import necessity_of
from cds_service.packets.notices import notices_of
from cds_service.packets.wanted_elements import requesting_policy, wanted_elements
from cds_service.policies import parameters as params
from cds_service.policies.time_rule import time_thresholds
from cds_service.rules.request_drafts import (
    amount_asked,
    conditions_asked,
    head_asked,
    orders_asked,
    services_asked,
)

NOT_IN_AN_APPEAL: Final = frozenset({"amount", "proposed-date"})
"""What is asked of treatment to come; an appeal is about a visit that took place."""
NO_TITLES: Final[Mapping[str, str]] = {}


def without_resources(_reference: str) -> None:
    """For a packet without the JSON of resources: names and numbers are then missing."""
    return


def packet_of(
    consultation: Consultation,
    use: PacketUse,
    json_of: GivesJson = without_resources,
    titles: Mapping[str, str] = NO_TITLES,
) -> Packet:
    """The packet of a consultation.

    Args:
        consultation: The case with its bill and the policies of its payer.
        use: What it is sent for.
        json_of: The JSON of a resource as it was received, by reference, for names that no rule reads.
        titles: Names of policies by id.
    """
    case, bill, policy = consultation.case, consultation.bill, consultation.policy
    conditions = conditions_asked(case)
    names = case.chart.condition_names
    answers = {answer.element: answer for answer in case.chart.request_answers if answer.policy in policy.layers}
    head = head_asked(case)
    material = PacketMaterial(
        use=use,
        case=case,
        policy=policy,
        unsent=not_asked_at(case.moment).union(case.chart.unavailable),
        json_of=json_of,
        parties=_parties(case, json_of),
        services=services_asked(case, time_thresholds(policy)),
        amount=amount_asked(case),
        head=head,
        conditions=conditions,
        injury=", ".join(names[condition] for condition in conditions if condition in names),
        measured=measured(case, policy, json_of),
        request=policy.get(params.AUTHORIZATION_REQUEST),
        timeline=timeline_of(case, policy),
        answers=answers,
    )
    wanted = [
        element
        for element in wanted_elements(policy)
        if use is not PacketUse.APPEAL or element.id not in NOT_IN_AN_APPEAL
    ]
    amount = next((element_of(element, material, Filled()) for element in wanted if element.id == "amount"), None)
    unmeasured = tuple(words_of_goal(material, goal) for goal in goals_asked(material) if goal.target is None)
    necessity = necessity_of(material, amount.text if amount is not None else "", tuple(filter(None, unmeasured)))
    paragraph = Filled(necessity.text, necessity.missing, necessity.evidence)
    requesting = requesting_policy(policy)
    timeline = material.timeline
    return Packet(
        use=use,
        day=case.today,
        patient=case.chart.patient.rpartition("/")[2],
        program=case.program,
        injury=material.injury,
        policy=requesting,
        policy_title=titles.get(requesting, requesting),
        parties=material.parties,
        request=material.request,
        services=material.services,
        amount=material.amount,
        elements=tuple(element_of(element, material, paragraph) for element in wanted),
        necessity=necessity,
        lines=appeal_lines(case, bill, policy) if use is PacketUse.APPEAL else (),
        visit=case.date_of_service if case.visit is not None else None,
        approval=case.authorization_on(case.today),
        ask_by=timeline.ask_by if timeline is not None else None,
        head=head,
        notices=notices_of(material, bill),
        caveats=timeline.unknown if timeline is not None else case.chart.gaps,
    )


def _parties(case: Case, json_of: GivesJson) -> Parties:
    """Who asks by the orders, who treated in the program, where, and who pays."""
    days = set(case.episode.dates) if case.episode is not None else set()
    treated = [session for session in case.chart.sessions if session.date in days]
    facility = case.chart.facility.reference if case.chart.facility is not None else head_asked(case).provider
    return parties_of(
        json_of,
        case.chart.patient,
        orders=[order.reference for order in orders_asked(case)],
        treatments=[session.reference for session in sorted(treated, key=attrgetter("date"), reverse=True)],
        facility=facility,
        coverage=case.payer.reference if case.payer is not None else None,
    )
