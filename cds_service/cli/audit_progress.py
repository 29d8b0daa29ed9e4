"""How far a look-back is: a bar for each step, with its rate and the time left."""

from typing import Final

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TaskProgressColumn, TextColumn
from rich.progress import TimeRemainingColumn as TimeLeft
from rich.text import Text

from cds_service.audit.steps.running import LookBackStep

_RATES: Final = {
    LookBackStep.SORTING: lambda speed: f"{decimal(int(speed))}/s",
    LookBackStep.LOOKING_BACK: lambda speed: f"{speed:,.0f} resources/s",
}


class _Rate(ProgressColumn):
    """Bytes or resources in a second, as the step counts."""

    def render(self, task: Task) -> Text:
        """The rate; nothing before there is one."""
        speed = task.finished_speed or task.speed
        return Text(_RATES[LookBackStep(task.description)](speed) if speed is not None else "")


class StepBars:
    """Bars on a terminal for the steps of a look-back."""

    def __init__(self, console: Console) -> None:
        self.progress = Progress(
            TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), _Rate(), TimeLeft(), console=console
        )
        self._current: TaskID | None = None

    def begin(self, step: LookBackStep, total: int, done: int) -> None:
        """A bar for a step, as far as it is done already."""
        self._current = self.progress.add_task(step.value, total=total, completed=done)

    def advance(self, amount: int) -> None:
        """Move the bar of the step at work."""
        if self._current is not None:
            self.progress.advance(self._current, amount)
