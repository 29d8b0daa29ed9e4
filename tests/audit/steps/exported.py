"""Exports on disk for tests, and look-backs at them."""

import json
from pathlib import Path

from cds_service.audit.audit_terms import Terms
from cds_service.audit.population import population
from cds_service.audit.population_files import write_population
from cds_service.audit.steps.part_files import DecidedBy, policies_digest
from cds_service.audit.steps.pools import InThisProcess, Pool
from cds_service.audit.steps.running import LookBackAsked, look_back
from cds_service.audit.steps.sizes import Sizes
from cds_service.domain.fees import NO_FEES

HERE = Pool(InThisProcess(), 1)
SMALL = Sizes(block=200_000, segment=100_000, bucket=20_000, room=100_000, shared=1_000_000)
"""Sizes by which a small export makes many blocks, segments and buckets."""


class Unwatched:
    """Nobody looks how far it is."""

    def begin(self, step, total, done):
        """A step begins."""

    def advance(self, amount):
        """Some of it is done."""


def exported(folder, patients=4):
    """An export of an invented population."""
    write_population(population(patients), folder)
    return folder


def write_lines(file, resources):
    """A file of NDJSON."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(resource) + "\n" for resource in resources))


def resources_in(folder):
    """All resources of an export, file by file."""
    return {
        file.name: [json.loads(line) for line in file.read_text().splitlines()]
        for file in sorted(Path(folder).glob("*.ndjson"))
    }


def decided_by_bundled():
    """The bundled policies, without fees."""
    return DecidedBy((), policies_digest(()), NO_FEES)


def asked(place, work, *, resume=False, sizes=SMALL, **terms):
    """The look-back at an export."""
    return LookBackAsked(
        input=str(place), work=str(work), terms=Terms(**terms), by=decided_by_bundled(), resume=resume, sizes=sizes
    )


def looked(place, work, pool=HERE, watching=None, **options):
    """What a look-back at an export comes to."""
    return look_back(asked(place, work, **options), pool, watching or Unwatched())


def row_bytes(found):
    """All rows of a look-back, as they were written."""
    return b"".join((Path(found.work) / part).read_bytes() for part in found.parts)


def resources_by_patient(found):
    """How many resources of each patient were looked at, by what results call the patient."""
    return {rows.patient: rows.resources for rows in found.patients()}
