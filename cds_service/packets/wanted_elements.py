"""What a payer wants in a request: the elements of the policies that apply, each with the value that wants it."""

from typing import Final, NamedTuple

from cds_service.domain.terms import REQUEST_ELEMENT_WORDS
from cds_service.domain.values import PolicyValue
from cds_service.policies import parameters as params
from cds_service.policies.model import PolicyView
from cds_service.policies.shapes import RequestElement

ATTACHED: Final = frozenset({"history", "evaluation", "test-results", "progress", "job-demands", "plan-of-care"})
"""Elements that go along as documents of their own."""


class WantedElement(NamedTuple):
    """An element that a payer wants, or that somebody says it wants (``asked``): nobody verified that value."""

    id: str
    label: str
    value: PolicyValue[tuple[RequestElement, ...]]
    asked: bool = False

    @property
    def attached(self) -> bool:
        """Whether it goes along as a document of its own."""
        return self.id in ATTACHED


def wanted_elements(policy: PolicyView) -> tuple[WantedElement, ...]:
    """The elements in the order of ``REQUEST_ELEMENT_WORDS``: of the rule, of the form, and those only said to be.

    The value of the rule speaks before that of the form; an element that a verified value wants is not asked about.
    """
    found: dict[str, WantedElement] = {}
    lists = (params.REQUEST_ELEMENTS, params.REQUEST_FORM_FIELDS)
    for value in filter(None, map(policy.get, lists)):
        for element in value.value:
            found.setdefault(element, WantedElement(element, REQUEST_ELEMENT_WORDS[element], value))
    for parameter in lists:
        for question in policy.questions(parameter):
            for element in question.value:
                found.setdefault(
                    element, WantedElement(element, REQUEST_ELEMENT_WORDS[element], question.of, asked=True)
                )
    return tuple(found[element] for element in REQUEST_ELEMENT_WORDS if element in found)


def requesting_policy(policy: PolicyView) -> str:
    """The id of the most specific policy that says how approval is requested: the name of its questionnaire."""
    values = [policy.get(params.AUTHORIZATION_REQUEST), *(wanted.value for wanted in wanted_elements(policy))]
    says = {value.policy for value in values if value is not None}
    return next((layer for layer in reversed(policy.layers) if layer in says), policy.layers[-1])
