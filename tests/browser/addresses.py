"""All pages of the service, in one place: every route that answers people, with addresses to read it at."""

PAGES = {
    "/": ["/"],
    "/try": [
        "/try",
        "/try?story=reassessment-overdue&moment=patient-view",
        "/try?story=texas-hardening-pt-pta&moment=encounter-discharge&did=accept:visit-charges.draft:1",
        "/try?story=no-such-story&minutes=often",
    ],
    "/try/pasted": ["/try/pasted"],
    "/packet": ["/packet", "/packet?story=past-six-weeks-with-approval&for=first", "/packet?for=appeal"],
    "/fhir/Questionnaire/<policy_id>": ["/fhir/Questionnaire/us-tx-dwc"],
    "/rules": ["/rules"],
    "/rules/<rule_id>": [
        "/rules/visit-charges",
        "/rules/reassessment",
        "/rules/authorization",
    ],
    "/coding-rules": ["/coding-rules"],
    "/policies": ["/policies"],
    "/policies/<policy_id>": [
        "/policies/generic",
        "/policies/us-tx-dwc",
        "/policies/us-medicare?on=2024-01-31",
    ],
    "/coverage": ["/coverage"],
    "/CodeSystem/<name>": ["/CodeSystem/topic", "/CodeSystem/override-reason"],
    "/docs": ["/docs", "/docs?q=reassessment"],
    "/docs/<name>": ["/docs/therapist", "/docs/connect", "/docs/design", "/docs/answers"],
    "/openapi.json": ["/openapi.json"],
    "/insights": ["/insights"],
    "/insights/cards": ["/insights/cards"],
    "/insights/calls": ["/insights/calls"],
}
NOT_PAGES = {
    "/assets/<name>": "style, script and mark of all pages",
    "/try/request.json": "a download",
    "/try/response.json": "a download",
    "/try/story.yaml": "a download",
    "/packet.pdf": "a download",
    "/packet/answers.json": "a download",
    "/packet/preauthorization.json": "a download",
    "/app/launch": "begins the sign-in of the SMART app, at the EHR",
    "/app/callback": "the SMART app after the sign-in: test_readers.py opens it",
    "/insights/tables/<name>.csv": "a download",
    "/insights/cards.csv": "a download",
    "/insights/calls.csv": "a download",
    "/docs/images/<name>": "pictures of the documentation",
}
"""What is fetched along with a page or instead of one."""
BEHIND_LOGIN = {"/insights", "/insights/cards", "/insights/calls"}
STOPS = {"/insights": 401, "/app/launch": 400, "/app/callback": 400}
"""Where somebody has to sign in first, or came without what an EHR hands over."""
FAILURES = {"/nowhere": 404, "/policies/no-such-policy": 404, "/coverage?on=yesterday": 400}
