"""What a look-back costs: its two steps, several processes, and the memory of a process.

Run:  python -m tests.benchmarks.lookback [--patients N]

Patients are copies of the typical chart, 30 visits and 126 resources each. Every figure comes from a process of its own
by the CPU clock of the system, but for the two wall times that are set against each other.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time

from cds_service.audit.audit_terms import Terms
from cds_service.audit.line_heads import OF_EVERYBODY
from cds_service.audit.steps.inputs import export_files
from cds_service.audit.steps.part_files import DecidedBy, policies_digest
from cds_service.audit.steps.partition import partition
from cds_service.audit.steps.planning import orders_to_sort
from cds_service.audit.steps.pools import opened_pool
from cds_service.audit.steps.running import LookBackAsked, LookBackStep, look_back
from cds_service.audit.steps.sizes import Sizes
from cds_service.domain.fees import NO_FEES
from tests.benchmarks import generator

SORTED_ONLY = 16
"""So many times the patients of a whole look-back are sorted where sorting alone is measured."""


class _Clock:
    """CPU and wall time at which each step begins."""

    def __init__(self) -> None:
        self.began: dict[LookBackStep, tuple[float, float]] = {}

    def begin(self, step: LookBackStep, total: int, done: int) -> None:  # noqa: ARG002 - only when counts
        self.began[step] = process_time(), perf_counter()

    def advance(self, amount: int) -> None:
        """Only beginnings count."""


def write_export(folder: Path, patients: int) -> int:
    """Bulk Data of so many patients with the typical chart; the number of resources."""
    request = json.loads(generator.typical())
    resources = {id(holder[name]): holder[name] for holder, name in generator.holders(request["prefetch"])}
    by_reference = {f"{found['resourceType']}/{found['id']}": found for found in resources.values()}
    own = request["context"]["patientId"]
    folder.mkdir(parents=True)
    written = 0
    files: dict[str, list[str]] = {}
    for found in by_reference.values():
        files.setdefault(found["resourceType"], []).append(json.dumps(found, separators=(",", ":")) + "\n")
    for kind, lines in files.items():
        copies = 1 if kind in OF_EVERYBODY else patients
        with (folder / f"{kind}.ndjson").open("w") as file:
            for number in range(copies):
                for line in lines:
                    named = line.replace(f'"Patient/{own}"', f'"Patient/p{number}"')
                    file.write(named.replace(f'"id":"{own}"', f'"id":"p{number}"') if kind == "Patient" else named)
        written += copies * len(lines)
    return written


def measured(task: str, export: Path, processes: int = 1) -> dict[str, float]:
    """A task in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.lookback", "--task", task, "--export", str(export)]
    output = subprocess.run([*command, "--processes", str(processes)], check=True, capture_output=True).stdout
    figures: dict[str, float] = json.loads(output)
    return figures


def do(task: str, export: str, processes: int) -> dict[str, float]:
    """A task, and what it took."""
    began = perf_counter()
    clock = _Clock()
    with tempfile.TemporaryDirectory() as work:
        if task == "sort":
            cpu = process_time()
            for order in orders_to_sort(work, export_files(export), "1", Sizes()):
                partition(order)
            figures = {"sorting": process_time() - cpu}
        else:
            by = DecidedBy((), policies_digest(()), NO_FEES)
            with opened_pool(processes) as pool:
                look_back(LookBackAsked(input=export, work=work, terms=Terms(), by=by), pool, clock)
            sorting, auditing = (clock.began[step] for step in LookBackStep)
            figures = {
                "ready": sorting[1] - began,
                "sorting": auditing[0] - sorting[0],
                "auditing": process_time() - auditing[0],
                "wall": perf_counter() - sorting[1],
            }
    used = [resource.getrusage(processes_of) for processes_of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    figures["cpu"] = sum(usage.ru_utime + usage.ru_stime for usage in used)
    return figures | {"peak": max(usage.ru_maxrss for usage in used) / 1024}


def main(patients: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        small, large, many = (Path(folder) / name for name in ("small", "large", "many"))
        counts = {small: write_export(small, patients), large: write_export(large, 10 * patients)}
        sorted_counts = {large: counts[large], many: write_export(many, 10 * patients * SORTED_ONLY)}
        few, whole = measured("look-back", small), measured("look-back", large)
        two = measured("look-back", large, processes=2)
        few_sorted, many_sorted = measured("sort", large), measured("sort", many)
        began = perf_counter()
        subprocess.run([sys.executable, "-m", "cds_service.cli", "audit", "--help"], check=True, capture_output=True)
        shown = perf_counter() - began
    cpu = whole["sorting"] + whole["auditing"]
    speed, sorts = counts[large] / cpu, sorted_counts[many] / many_sorted["sorting"]
    rows = {
        "cores, load": f"{os.cpu_count()}, {os.getloadavg()[0]:.1f}",
        "whole look-back": f"{speed:,.0f} resources/s of a core, {counts[large]:,} resources",
        "sorting alone": f"{sorts:,.0f} resources/s of a core, {sorted_counts[many]:,} resources",
        "share of sorting": f"{100 * whole['sorting'] / cpu:.1f} %",
        "CPU of two processes x one": f"{two['cpu'] / whole['cpu']:.2f}",
        "wall of one process x two": f"{whole['wall'] / two['wall']:.2f}",
        "peak of a whole look-back": f"{few['peak']:.0f} MB; {whole['peak']:.0f} MB with 10 times the resources",
        "peak of sorting": f"{few_sorted['peak']:.0f} MB; {many_sorted['peak']:.0f} MB with {SORTED_ONLY} times",
        "command line, its help": f"{shown:.2f} s",
    }
    for name, value in rows.items():
        print(f"{name:28}{value}")  # noqa: T201


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=16)
    parser.add_argument("--task")
    parser.add_argument("--export")
    parser.add_argument("--processes", type=int, default=1)
    chosen = parser.parse_args()
    if chosen.task is None:
        main(chosen.patients)
    else:
        sys.stdout.write(json.dumps(do(chosen.task, chosen.export, chosen.processes)))
