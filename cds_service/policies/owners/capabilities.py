"""What policies can say, in the groups that a billing lead thinks in: every parameter belongs to exactly one."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cds_service.policies.parameters import PARAMETERS


@dataclass(frozen=True, slots=True)
class Capability:
    """A group of parameters. ``short`` heads a narrow column; ``families`` are what names of its parameters begin with.

    Where the families of two groups fit a name, the longer one decides.
    """

    id: str
    title: str
    short: str
    families: tuple[str, ...]

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of its parameters, in the order of the registry."""
        return tuple(name for name, group in CAPABILITY_OF.items() if group is self)


CAPABILITIES: Final = (
    Capability("time", "Time and units", "time", ("time.", "units.")),
    Capability("modifiers", "Modifiers", "mod", ("modifiers.", "program.accredited")),
    Capability("edits", "National edits", "edit", ("edits.",)),
    Capability("coverage", "Coverage", "cov", ("coverage.",)),
    Capability("authorization", "Authorization", "auth", ("authorization.",)),
    Capability("duration", "Duration and intensity", "dur", ("program.",)),
    Capability("entry", "Evaluation and entry", "eval", ("evaluation.", "entry.", "fce.", "program.approved_provider")),
    Capability("reassessment", "Reassessment and reports", "re", ("reassessment.", "progress_report.")),
    Capability("plan", "Plan of care", "plan", ("plan_of_care.",)),
    Capability("documentation", "Documentation", "doc", ("documentation.",)),
)


def capability_for(parameter: str) -> Capability:
    """The group that a name of a parameter belongs to.

    Raises:
        LookupError: no group has its family.
    """
    fitting = [
        (family, capability)
        for capability in CAPABILITIES
        for family in capability.families
        if parameter.startswith(family)
    ]
    if not fitting:
        raise LookupError(f"{parameter} belongs to no capability: name its family in {__name__}.CAPABILITIES")
    return max(fitting, key=lambda fit: len(fit[0]))[1]


CAPABILITY_OF: Final[Mapping[str, Capability]] = MappingProxyType({name: capability_for(name) for name in PARAMETERS})
