"""The way in for each reader: a few pages in reading order; and the shelves that hold all pages."""

from typing import Final, NamedTuple


class Step(NamedTuple):
    """A page to read and what it gives: ``path`` is below the root of the site; without a title it has its page's."""

    path: str
    says: str
    title: str = ""


class Reader(NamedTuple):
    """Who comes to read, what for, and the pages in reading order."""

    name: str
    wants: str
    steps: tuple[Step, ...]


READERS: Final = (
    Reader(
        "Therapist",
        "You treat the patient and see the cards in your EHR.",
        (
            Step("/docs/therapist", "How to read a card at the end of a visit, and what happens when you accept it."),
            Step("/try", "Change the minutes, the payer or the approval, and watch the card change.", "Try it"),
            Step("/docs/packet", "From the card to a request for approval that you edit and print."),
            Step("/docs/style#terms", "What unit, plan of care, gap and the other words mean.", "Terms"),
            Step("/rules", "Everything that is checked, with the law in plain words.", "Rules"),
        ),
    ),
    Reader(
        "Billing lead",
        "You know what each payer pays, and answer for the claims.",
        (
            Step("/coverage", "Which payers and states are modeled, and what is left out.", "Coverage"),
            Step("/docs/policies", "Write your payer's requirements into a file, check it and put it in use."),
            Step("/docs/policy-layers", "Which policy wins, and where sources differ."),
            Step("/docs/ncci", "Once a quarter: bring in the new edit tables of CMS."),
            Step("/docs/stories", "Prove a policy with invented patients."),
            Step("/docs/lookback", "What past visits should have been billed, against what was billed."),
        ),
    ),
    Reader(
        "Integrator",
        "You connect an EHR or another program.",
        (
            Step("/docs/connect", "The calls, the prefetch, the status codes, and a request to copy."),
            Step("/docs/answers", "Whole answers to look at: discovery, a card, an error, feedback."),
            Step("/openapi.json", "Every path, parameter and answer, from the same types as the code.", "API"),
            Step("/docs/sandbox", "Play the whole flow with invented patients and a FHIR server."),
            Step("/docs/security", "Register a client, sign its calls, rotate its keys."),
            Step("/docs/conformance", "Each requirement of CDS Hooks, and the test that shows it is met."),
        ),
    ),
    Reader(
        "Operator",
        "You run the service and are called when it does not.",
        (
            Step("/docs/operating", "Deploy, scale, watch, back up, upgrade, and find what is wrong."),
            Step("/docs/configuration", "Every setting with its default."),
            Step("/docs/security", "Who is trusted, what is checked, and how keys change."),
            Step("/docs/records", "What the database holds, for how long, and what happens when it fails."),
            Step("/docs/performance", "How fast it is, measured, and what slows it down."),
        ),
    ),
    Reader(
        "Engineer",
        "You read or change the code.",
        (
            Step("/docs/design", "From chart to card in fifteen minutes, and the decisions that may surprise."),
            Step("/docs/adding-a-rule", "A rule from the first story to the words on its card."),
            Step("/docs/testing", "Where tests lie and which to run when."),
            Step("/docs/library", "Ask the rules from Python, without a service."),
            Step("/docs/contributing", "Set up, send a change, and what it has to pass."),
        ),
    ),
)

SHORT_TITLES: Final = {
    "readme": "Overview",
    "sandbox": "Sandbox",
    "conformance": "CDS Hooks requirements",
    "ncci": "Edit tables of CMS",
}
"""Where the list of all pages has no room for the title."""
SHELVES: Final = {
    "Start": ("readme", "therapist", "style", "packet"),
    "Policies": ("policies", "policy-layers", "ncci", "stories"),
    "Connect": ("connect", "answers", "smart", "smart", "sandbox", "conformance", "library"),
    "Operate": ("operating", "configuration", "security", "records", "lookback", "performance"),
    "Develop": ("design", "adding-a-rule", "testing", "contributing"),
    "Project": ("changelog", "report-a-vulnerability"),
}
"""All pages by subject; a page that no shelf names stands on the last."""
