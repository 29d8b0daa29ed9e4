"""A worker in Texas with visits, bills and answers of a payer: what an export holds of a patient."""

from datetime import date, timedelta

CPT = "http://www.ama-assn.org/go/cpt"
PATIENT = "worker"
SUBJECT = {"reference": f"Patient/{PATIENT}"}
MONDAY = date(2026, 3, 2)


def worker():
    """The patient, payer, injury, plan and therapist; everything was entered before the first visit."""
    return [
        {"resourceType": "Patient", "id": PATIENT, "address": [{"state": "TX"}]},
        {"resourceType": "Organization", "id": "clinic", "name": "Bluebonnet Work Rehab", "address": [{"state": "TX"}]},
        {
            "resourceType": "Practitioner",
            "id": "therapist",
            "name": [{"given": ["Pat"], "family": "Example", "suffix": ["PT"]}],
        },
        {
            "resourceType": "Coverage",
            "id": "coverage",
            "status": "active",
            "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "WCBPOL"}]},
            "beneficiary": SUBJECT,
            "payor": [{"display": "Lone Star Mutual"}],
        },
        condition("fracture", "S52.501A", "Colles fracture"),
        condition("at-work", "Y99.0", "Civilian activity done for income or pay"),
        {
            "resourceType": "CarePlan",
            "id": "plan",
            "status": "active",
            "intent": "plan",
            "created": "2026-02-20",
            "subject": SUBJECT,
            "title": "Work hardening, PT",
            "period": {"start": "2026-02-20"},
        },
        approval(),
    ]


def condition(name, code, text, recorded="2026-02-10"):
    """A condition of the worker."""
    found = {
        "resourceType": "Condition",
        "id": name,
        "subject": SUBJECT,
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code}], "text": text},
    }
    return {**found, "recordedDate": recorded} if recorded else found


def approval(name="approval", disposition="Approved", created="2026-02-20", first="2026-02-20", last="2026-12-31"):
    """An answer of the payer to a request for approval."""
    return {
        "resourceType": "ClaimResponse",
        "id": name,
        "status": "active",
        "use": "preauthorization",
        "patient": SUBJECT,
        "created": created,
        "outcome": "complete",
        "disposition": disposition,
        "preAuthRef": "PA-100",
        "preAuthPeriod": {"start": first, "end": last},
        "addItem": [{"productOrService": {"coding": [{"system": CPT, "code": "97545"}]}, "adjudication": []}],
    }


def visit(day, hours=4, name=None, status="completed"):
    """An encounter and its treatment, from eight in the morning on."""
    name = name or day.isoformat()
    period = (
        {"start": f"{day}T08:00:00-06:00", "end": f"{day}T{8 + hours:02}:00:00-06:00"} if hours else {"start": f"{day}"}
    )
    return [
        {
            "resourceType": "Encounter",
            "id": f"visit-{name}",
            "status": "finished",
            "class": {"code": "AMB"},
            "subject": SUBJECT,
            "type": [{"text": "Work hardening"}],
            "period": period,
            "serviceProvider": {"reference": "Organization/clinic"},
        },
        {
            "resourceType": "Procedure",
            "id": f"treatment-{name}",
            "status": status,
            "subject": SUBJECT,
            "encounter": {"reference": f"Encounter/visit-{name}"},
            "code": {"coding": [{"system": CPT, "code": "97545"}], "text": "Work hardening"},
            "performedPeriod": period,
            "performer": [{"actor": {"reference": "Practitioner/therapist"}}],
        },
    ]


def claim(day, *lines, name=None, status="active", created=None, **more):
    """A claim; a line is code, units and modifiers: ``("97545", 1, "WH", "GP")``."""
    return {
        "resourceType": "Claim",
        "id": name or f"claim-{day}",
        "status": status,
        "use": "claim",
        "patient": SUBJECT,
        "created": (created or day + timedelta(days=3)).isoformat(),
        "item": [
            {
                "sequence": number,
                "productOrService": {"coding": [{"system": CPT, "code": code}]},
                "modifier": [{"coding": [{"code": modifier}]} for modifier in modifiers],
                "servicedDate": day.isoformat(),
                "quantity": {"value": units},
                "net": {"value": 100.5 * units, "currency": "USD"},
                "encounter": [{"reference": f"Encounter/visit-{day}"}],
            }
            for number, (code, units, *modifiers) in enumerate(lines, start=1)
        ],
        **more,
    }


FIRST = ("97545", 1, "WH", "GP")
FURTHER = ("97546", 2, "WH", "GP")
"""What four hours of work hardening in Texas come to."""
