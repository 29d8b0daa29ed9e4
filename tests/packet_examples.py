"""Packets made by hand, for what is made of a packet."""

from dataclasses import replace
from datetime import date

from cds_service.domain.codes import Program
from cds_service.domain.coverage_and_claims import ClaimNumber, InjuryDate
from cds_service.domain.findings import ChargeLine, ClaimHead, Diagnosis, Evidence
from cds_service.domain.packet import (
    AmountAsked,
    AppealLine,
    Necessity,
    Packet,
    PacketElement,
    PacketUse,
    Parties,
    Party,
    ServiceAsked,
)
from cds_service.domain.program_timeline import AskBy, Until
from cds_service.domain.terms import REQUEST_ELEMENT_WORDS
from cds_service.domain.values import PolicyValue, Source

TODAY = date(2026, 3, 16)
SENTENCE = "Function is better: the Oswestry score fell from 42 to 28, and the goal is 20."
PAYER = Party(name="Prairie Mutual Compensation (invented)")
PARTIES = Parties(
    patient=Party("Patient/p1", "Dana Example"),
    birth_date=date(1980, 5, 4),
    requester=Party("Practitioner/pt1", "Robin Sample, PT", npi="1234567893", phone="555-0100", fax="555-0101"),
    facility=Party("Organization/o1", "Example Rehab", npi="1679576722", address="1 Main St, Austin, TX 78701"),
    payer=PAYER,
)


def policy_value(value, parameter="authorization.request_elements", confidence="verified"):
    """A value of the Texas policy."""
    source = Source("28 TAC 134.600", TODAY, "(l)", "https://example.org/134.600")
    return PolicyValue(parameter, value, value, "us-tx-dwc", date(2020, 1, 1), source, confidence)


ASKED = policy_value(("patient",))
PATIENT = PacketElement(
    "patient",
    REQUEST_ELEMENT_WORDS["patient"],
    ASKED,
    "Dana Example",
    evidence=(Evidence("patient", "Dana Example", "Patient/p1"),),
)
NECESSITY_ELEMENT = PacketElement("medical-necessity", REQUEST_ELEMENT_WORDS["medical-necessity"], ASKED)
SIGNATURE = PacketElement(
    "signature", REQUEST_ELEMENT_WORDS["signature"], ASKED, missing="The request is not signed: sign it by hand."
)


def packet_of(**changed):
    """A first request in Texas, in which the signature is missing."""
    first = Packet(
        use=PacketUse.FIRST,
        day=TODAY,
        patient="p1",
        program=Program.HARDENING,
        injury="back strain",
        policy="us-tx-dwc",
        policy_title="Texas Division of Workers' Compensation",
        parties=PARTIES,
        request=policy_value({"form": "DWC-EX", "days": 3}, "authorization.request"),
        services=(ServiceAsked("97545", ("WH",), 12), ServiceAsked("97546", ("WH",))),
        amount=AmountAsked(12, 240, 3, date(2026, 3, 20), date(2026, 4, 20)),
        elements=(PATIENT, NECESSITY_ELEMENT, SIGNATURE),
        necessity=Necessity((SENTENCE,), edit_first="Read it and change it before it is sent."),
        ask_by=AskBy(date(2026, 3, 18), Until.WEEKS, date(2026, 3, 25), 5),
        head=ClaimHead(
            coverage="Coverage/c1",
            claim_number=ClaimNumber("Coverage/c1", "WC-EXAMPLE-1"),
            accident=InjuryDate("Condition/i1", date(2026, 1, 5), "US-TX"),
            diagnoses=(Diagnosis("Condition/i1", "S39.012D"),),
        ),
    )
    return replace(first, **changed)


def appeal_of(**changed):
    """The appeal of one denied line."""
    line = ChargeLine("97545", ("WH",), 1, date(2026, 3, 9))
    facts = (Evidence("time counted", "120 min", "Procedure/t1"),)
    owed = AppealLine(line, (("visit-charges", "Charges of the visit"),), (ASKED,), facts, "Two hours were given.")
    return packet_of(use=PacketUse.APPEAL, lines=(owed,), visit=date(2026, 3, 9), **changed)
