"""All pages of the documentation under one root, each made when it is first read and then kept."""

import re
from collections.abc import Iterator
from functools import cache, cached_property
from typing import Final

from cds_service.billing.bills import BILL_PARAMETERS
from cds_service.policies.owners.describe import applies_to
from cds_service.policies.stack import PolicyStack
from cds_service.rules.catalog import RULES
from cds_service.web.pages.docs_site.manual import image_at, page_names, paths_by_name, text_of
from cds_service.web.pages.docs_site.markup import ManualPage, SiteAddresses, made_page, title_of
from cds_service.web.pages.docs_site.word_search import Findable, WordIndex

_WORTH: Final = {"changelog": 0.4, "conformance": 0.7, "readme": 0.6}
"""Pages that mention much and explain little come after those that explain."""


class Shelf:
    """The pages, for addresses that begin with ``root``; safe for threads, which at worst make a page twice."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._addresses = SiteAddresses(page=self._page_at, image=self._image_at)
        self._made: dict[str, ManualPage] = {}
        self._index: tuple[PolicyStack, WordIndex] | None = None

    @cached_property
    def titles(self) -> dict[str, str]:
        """Title of each page by its name."""
        return {name: title_of(text_of(path)) for path, name in page_names().items()}

    def address(self, name: str) -> str:
        """The address of a page of the documentation."""
        return f"{self._root}/docs/{name}"

    def page(self, name: str) -> ManualPage:
        """A page by its name, one of ``titles``."""
        if name not in self._made:
            path = paths_by_name()[name]
            self._made[name] = made_page(path, text_of(path), self._addresses)
        return self._made[name]

    def index(self, policies: PolicyStack) -> WordIndex:
        """What is searched: the pages, the rules, and these policies; made again when the policies are others."""
        if self._index is None or self._index[0] is not policies:
            found = [*self._page_places(), *_rule_places(self._root), *_policy_places(self._root, policies)]
            self._index = policies, WordIndex(found)
        return self._index[1]

    def _page_at(self, path: str) -> tuple[str, str] | None:
        name = page_names().get(path)
        return name and (self.address(name), self.titles[name])  # type: ignore[return-value]

    def _image_at(self, path: str) -> str | None:
        return f"{self._root}/{path}" if image_at(path) else None

    def _page_places(self) -> Iterator[Findable]:
        for name, title in self.titles.items():
            for section in self.page(name).sections:
                heading, anchor = (section.title, f"#{section.anchor}") if section.anchor else ("", "")
                address = f"{self.address(name)}{anchor}"
                yield Findable("Page", title, heading, address, section.text, section.terms, _WORTH.get(name, 1.0))


@cache
def _rule_places(root: str) -> list[Findable]:
    """Each rule, and each value of a policy at the rule that names it first, else at that which reads fewest others."""
    of_rules = [
        Findable("Rule", rule.title, "", f"{root}/rules/{rule.id}", without_ids(" ".join(rule.law.split())))
        for rule in RULES
    ]
    broad_first = sorted(RULES, key=lambda rule: -len(rule.parameters))
    in_bill = {parameter: rule for rule in broad_first if rule.uses_bill for parameter in BILL_PARAMETERS}
    read = {parameter: rule for rule in broad_first for parameter in rule.parameters}
    foremost = {rule.parameters[0]: rule for rule in broad_first if rule.parameters}
    return of_rules + [
        Findable(
            "Policy value",
            rule.title,
            parameter.label,
            f"{root}/rules/{rule.id}#{parameter.name}",
            without_ids(parameter.meaning),
            terms=parameter.name,
        )
        for parameter, rule in (in_bill | read | foremost).items()
    ]


def _policy_places(root: str, policies: PolicyStack) -> Iterator[Findable]:
    for policy in policies.policies:
        text = " ".join((f"For {applies_to(policy)}.", *(f"Not modeled: {part}." for part in policy.not_modelled)))
        yield Findable("Policy", policy.title, "", f"{root}/policies/{policy.id}", text)


def without_ids(text: str) -> str:
    """A text without the ids of the coding rules that it cites, like ``(A-1, R-4)``."""
    return re.sub(r" \([A-Z]+-\d+(?:, [A-Z]+-\d+)*\)", "", text)
