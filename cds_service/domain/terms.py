"""What policies list by a short name, in words: elements of the record, criteria before a program begins."""

from collections.abc import Mapping
from typing import Final

ELEMENT_WORDS: Final[Mapping[str, str]] = {
    "D-1": "the work-related injury that makes skilled care necessary",
    "D-2": "deficits that interfere with the patient's work",
    "D-3": "the skilled services given in this visit",
    "D-4": "functional goals the patient can reach",
    "D-5": "direct time and total time of the visit",
    "D-6": "this week's assessment with an objective tool",
    "D-7": "an active plan for this patient",
    "D-8": "written approval and necessity beyond the usual weeks",
    "D-9": "start and stop times",
    "D-10": "a job description or job analysis",
    "D-11": "a baseline performance test",
    "D-12": "the plan signed by provider and patient",
    "D-13": "measurable goals with a date",
    "D-14": "progress, future goals and a discharge summary",
    "D-15": "progress notes that go with the bill",
    "D-16": "the referral or order",
    "D-17": "education given",
    "D-18": "frequency and duration in the plan",
    "D-19": "the disciplines that take part",
    "D-20": "the authorization number on the claim",
}
"""What the record of a visit has to hold (coding rules, section D)."""

SHORT_ELEMENTS: Final[Mapping[str, str]] = {
    "D-1": "work injury",
    "D-2": "deficits",
    "D-3": "skilled services",
    "D-4": "functional goals",
    "D-5": "direct and total time",
    "D-6": "this week's assessment",
    "D-7": "active plan of care",
    "D-8": "approval beyond the usual weeks",
    "D-9": "start and stop times",
    "D-10": "job analysis",
    "D-11": "baseline test",
    "D-12": "signed plan",
    "D-13": "dated goals",
    "D-14": "progress and discharge summary",
    "D-15": "notes with the bill",
    "D-16": "referral",
    "D-17": "education",
    "D-18": "frequency and duration",
    "D-19": "disciplines",
    "D-20": "authorization number",
}
"""The same in two or three words, for the summary of a card."""

CRITERION_WORDS: Final[Mapping[str, str]] = {
    "referral": "a referral or order",
    "accepted-condition": "a condition that the payer accepted",
    "able-to-take-part": "a patient able to take part in the hours and days of the program",
    "job-goal": "a return-to-work goal",
    "job-analysis": "a job description or job analysis",
    "approved-provider": "a provider that the payer approved",
    "accredited-program": "an accredited program",
}
"""What a payer requires before a program begins (R-5)."""

REQUEST_ELEMENT_WORDS: Final[Mapping[str, str]] = {
    "patient": "the patient's name",
    "birth-date": "the patient's date of birth",
    "employer": "the employer",
    "payer": "the insurance carrier or claims administrator",
    "claim-number": "the claim number",
    "injury-date": "the date of injury",
    "diagnosis": "the diagnosis with its code",
    "services": "the services asked for, with codes",
    "amount": "the number of treatments or hours, and the period",
    "proposed-date": "the proposed first date",
    "requester": "the requester, with license number or NPI",
    "requester-contact": "the requester's phone and fax",
    "rendering-provider": "the treating provider, with license number or NPI",
    "facility": "the facility, with its NPI",
    "medical-necessity": "the medical necessity",
    "history": "the history of the injury and its treatment",
    "evaluation": "the evaluation with objective measurements",
    "test-results": "results of tests and imaging",
    "progress": "progress since treatment began",
    "goals": "goals with target and date",
    "job-demands": "the demands of the job",
    "plan-of-care": "the plan of care with frequency and duration",
    "signature": "the signature",
}
"""What a payer wants in a request for approval (A-1), by the id that policy files and questionnaires use."""
