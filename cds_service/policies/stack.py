"""All policies of a running service, and the choice of the layers that apply."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache, partial
from pathlib import Path
from typing import Final, Protocol

from cds_service.domain.codes import PayerClass, Program
from cds_service.domain.jurisdictions import name_of
from cds_service.domain.values import BASE
from cds_service.policies.files.clashes import clashes
from cds_service.policies.files.document import PolicyError
from cds_service.policies.files.loader import check_first_unit_times, load_folder
from cds_service.policies.model import Policy, PolicyView, view_of
from cds_service.policies.parameters import HOW_TO_REQUEST

BUNDLED_DATA: Final = Path(__file__).parent / "data"
VIEWS_KEPT: Final = 4096
GOVERNED_BY_CLASS: Final = frozenset({PayerClass.WORKERS_COMPENSATION, PayerClass.MEDICARE})
"""Payers whose rules are those of a state or of a federal program, whoever the insurer is."""


class PoliciesInUse(Protocol):
    """Where the policies in use are found, which may be exchanged at any time: ask once in each call."""

    @property
    def current(self) -> "PolicyStack":
        """The policies in use."""
        ...

    @property
    def outdated(self) -> bool:
        """Whether the files have others by now, which were refused."""
        ...


class PolicyStack:
    """Immutable set of policies, least specific first; safe to share between threads.

    Order: ``generic``, policies that match everyone (national edits), payer class, jurisdiction, payer, and last
    the site's own folders in the order of the settings. Within a site folder the same order holds again. Between two
    policies of one step the one with more match keys decides. Two that are equal in all of this never both give a
    value to one parameter: they are refused where both could apply to one case on one date.
    """

    __slots__ = ("_by_id", "_chosen", "_federal", "_policies", "_view", "titles")

    def __init__(self, policies: Iterable[Policy]) -> None:
        """Order the policies and check them against each other.

        Raises:
            PolicyError: one id in two files, a first-unit minimum above the full time it is combined with, or two
                policies of equal rank that give a value to one parameter.
        """
        self._policies = tuple(sorted(policies, key=lambda policy: policy.rank))
        self.titles: Mapping[str, str] = {policy.id: policy.title for policy in self._policies}
        self._by_id: dict[str, Policy] = {}
        for policy in self._policies:
            namesake = self._by_id.setdefault(policy.id, policy)
            if namesake is not policy:
                raise PolicyError(
                    f"{policy.file}: policy: the id {policy.id} is already that of {namesake.file}; choose another"
                )
        for policy in self._policies:
            check_first_unit_times(policy, self._by_id.get(BASE))
        clashing = "\n".join(clashes(self._policies))
        if clashing:
            raise PolicyError(clashing)
        self._federal = frozenset(
            place for place, policy in enumerate(self._policies) if policy.supersedes == "jurisdiction"
        )
        self._chosen = lru_cache(maxsize=VIEWS_KEPT)(partial(_choose, self._policies))
        self._view = lru_cache(maxsize=VIEWS_KEPT)(partial(_lay, self._policies))

    @classmethod
    def load(cls, extra_dirs: Sequence[Path] = ()) -> "PolicyStack":
        """Read the bundled policies and those of the site's folders.

        Raises:
            PolicyError: a file or folder is refused; the text names file and key.
        """
        folders = (BUNDLED_DATA, *extra_dirs)
        return cls(policy for place, folder in enumerate(folders) for policy in load_folder(folder, place))

    @property
    def policies(self) -> tuple[Policy, ...]:
        """All policies, least specific first."""
        return self._policies

    @property
    def current(self) -> "PolicyStack":
        """Itself: a stack may stand for policies in use that are never exchanged."""
        return self

    @property
    def outdated(self) -> bool:
        """Never: see ``current``."""
        return False

    def policy(self, policy_id: str) -> Policy | None:
        """Return the policy with this id."""
        return self._by_id.get(policy_id)

    def select(
        self,
        payer_class: PayerClass | None,
        payers: Sequence[str],
        jurisdiction: str | None,
        on: date,
        program: Program = Program.UNKNOWN,
    ) -> PolicyView:
        """Return the values in force for one coverage on a date of service.

        Args:
            payer_class: Kind of payer, None when not known.
            payers: Identifiers, references and names of the payor, as written.
            jurisdiction: Like ``US-TX``, None when not known.
            on: Date of service.
            program: Kind of program; values for the other kind do not apply.
        """
        chosen = self._chosen(payer_class, tuple(payers), jurisdiction)
        if self._federal.intersection(chosen):
            chosen = tuple(place for place in chosen if not self._policies[place].match.of_a_state)
            jurisdiction = None
        state = jurisdiction if payer_class is PayerClass.WORKERS_COMPENSATION else None
        return self._view(chosen, on, program, state, bool(payers) and payer_class not in GOVERNED_BY_CLASS)


def _choose(
    policies: Sequence[Policy], payer_class: PayerClass | None, payers: Sequence[str], jurisdiction: str | None
) -> tuple[int, ...]:
    """The places of the policies that apply to one coverage."""
    return tuple(
        place for place, policy in enumerate(policies) if policy.match.applies(payer_class, payers, jurisdiction)
    )


def _lay(
    policies: Sequence[Policy],
    chosen: Sequence[int],
    on: date,
    program: Program,
    state: str | None,
    of_payer: bool,  # noqa: FBT001
) -> PolicyView:
    """Build one view; kept per layers, date, program and what is looked for: a state's policy, a payer's own."""
    layers = [policies[place] for place in chosen]
    return view_of(layers, on, _lacking(layers, on, state, of_payer=of_payer), program)


def _says_more(policy: Policy) -> bool:
    """Whether it says anything beside how approval is requested, which settles nothing else."""
    return not policy.values.keys() <= HOW_TO_REQUEST


def _lacking(layers: Sequence[Policy], on: date, state: str | None, *, of_payer: bool) -> str | None:
    """For whom no policy is on file, so that general defaults are used; None where there is one."""
    if state is not None:
        of_states = [policy for policy in layers if policy.match.jurisdiction is not None and _says_more(policy)]
        if not of_states:
            return f"no policy for {name_of(state)}"
        in_force = [value for policy in of_states for value in policy.values_on(on)]
        if not in_force:
            return f"no policy for {name_of(state)} that was in force on {on:%b} {on.day}, {on.year}"
        if all(value.confidence == "unverified" for value in in_force):
            return f"no verified rule for {name_of(state)}"
    elif of_payer and not any(policy.match.payers for policy in layers):
        return "no policy of this payer"
    return None
