"""Where the parts of a report are: all in one file, or, with many visits, in files beside it."""

from typing import Final, NamedTuple

MOST_VISITS_IN_ONE_FILE: Final = 2_000
"""Visits that fit into one file that still opens at once: about 6 MB."""
REPORT_FILE: Final = "report.html"
LISTS: Final = "lists"
PROGRAMS: Final = "programs"
STYLE_FILE: Final = "style.css"
"""What the files beside a report share."""


class ReportPlaces(NamedTuple):
    """Addresses of parts, seen from the report itself, or from a file in a folder beside it (``inside``)."""

    several: bool
    inside: bool = False

    @property
    def report(self) -> str:
        """The report."""
        return f"{self._up}{REPORT_FILE}" if self.several else ""

    @property
    def stylesheet(self) -> str:
        """The stylesheet of the files beside the report."""
        return f"{self._up}{STYLE_FILE}"

    def visits_of(self, group: str, number: int, verdict: str = "") -> str:
        """The list of visits behind a number."""
        anchor = list_anchor(group, number, verdict)
        return f"{self._up}{LISTS}/{group}-{number}.html#{anchor}" if self.several else f"#{anchor}"

    def program(self, program: str) -> str:
        """A program."""
        return self.visit(program, program)

    def visit(self, program: str, visit: str) -> str:
        """A visit in its program."""
        return f"{self._up}{PROGRAMS}/{program}.html#{visit}" if self.several else f"#{visit}"

    @property
    def _up(self) -> str:
        return "../" if self.inside else ""


def list_anchor(group: str, number: int, verdict: str = "") -> str:
    """``clinic-2-under-coded``."""
    return "-".join(filter(None, (group, str(number), verdict.replace(" ", "-"))))
