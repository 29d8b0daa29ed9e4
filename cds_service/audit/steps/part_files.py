"""The second step: every visit of the patients of a bucket is looked back at; out comes one part file a bucket."""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from cds_service.audit.audit_terms import Terms
from cds_service.audit.bucket import audited_patient
from cds_service.audit.patients import too_much
from cds_service.audit.rows import PatientRows
from cds_service.audit.steps.bucket_reading import BlockRange, LineBounds, LinesOfPatient, patients_of, shared_by
from cds_service.audit.steps.partition import FORMAT
from cds_service.audit.steps.sizes import Sizes
from cds_service.audit.steps.stopped import LookBackStopped
from cds_service.audit.steps.work_folder import PART_FOLDER, WorkFolder
from cds_service.domain.fees import FeeTable
from cds_service.policies.files.loader import files_of
from cds_service.policies.stack import BUNDLED_DATA, PolicyStack

_ROWS: Final = msgspec.json.Encoder(order="sorted")


class DecidedBy(msgspec.Struct, frozen=True):
    """What decides: the policy folders of the site, a digest of all policies, and its fees."""

    policy_dirs: tuple[str, ...]
    policies: str
    fees: FeeTable


class Audited(msgspec.Struct, frozen=True):
    """What became of a bucket; kept beside its part file as the mark that it is done.

    Attributes:
        key: Digest of all that the part rests on: inputs, policies, fees, terms, version.
        size: Bytes of the part.
        resources: Resources of its patients.
        patients: Patients.
        visits: Visits of work rehabilitation.
        set_aside: Patients that were not looked at.
    """

    key: str
    size: int
    resources: int
    patients: int
    visits: int
    set_aside: int


class AuditBucket(msgspec.Struct, frozen=True):
    """The order to look back at a bucket; plain data, so that it goes to any process.

    Attributes:
        place: The work folder.
        key: Digest of all that the part rests on.
        number: The bucket, from 0.
        buckets: How many there are.
        lines: Where its lines are.
        shared: Where the lines are that all patients share.
        shared_whole: Whether these are few enough to keep them all in memory.
        terms: What was asked for.
        by: What decides.
        sizes: How much is in memory at once.
    """

    place: str
    key: str
    number: int
    buckets: int
    lines: tuple[BlockRange, ...]
    shared: tuple[BlockRange, ...]
    shared_whole: bool
    terms: Terms
    by: DecidedBy
    sizes: Sizes

    @property
    def file(self) -> str:
        """Name of its part in the work folder."""
        return f"{PART_FOLDER}{self.key}.rows"

    @property
    def mark(self) -> str:
        """Name of the mark that it is done."""
        return f"{PART_FOLDER}{self.key}.done"


def key_of_part(blocks: Sequence[str], bucket: tuple[int, int], terms: Terms, by: DecidedBy, version: str) -> str:
    """The digest of all that a part rests on."""
    facts = (FORMAT, version, blocks, bucket, terms, by.policies, by.fees.by_code)
    return sha256(msgspec.json.encode(facts, order="deterministic")).hexdigest()[:24]


def policies_digest(policy_dirs: Sequence[str]) -> str:
    """A digest of all policy files, bundled and the site's own.

    Raises:
        PolicyError: a folder cannot be read.
    """
    digest = sha256()
    for folder in (BUNDLED_DATA, *map(Path, policy_dirs)):
        for file in files_of(folder):
            content = file.read_bytes()
            digest.update(f"{file.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def audit(order: AuditBucket) -> Audited:
    """Look back at the patients of a bucket, and leave part and mark.

    Raises:
        LookBackStopped: the policies of this machine are others than those of the machine that asks.
        OSError: a file cannot be read or written.
    """
    policies = policies_of(order.by)
    folder, terms = WorkFolder(order.place), order.terms
    resources = patients = visits = set_aside = 0
    with folder.writing(order.file) as file:
        bounds = LineBounds(terms.most_resources, terms.most_bytes, order.sizes.room)
        found = patients_of(order.place, order.lines, (order.number, order.buckets), bounds)
        for patient in found:
            rows = _rows(order, patient, policies)
            file.write(_ROWS.encode(rows) + b"\n")
            resources += patient.resources
            patients += 1
            visits += len(rows.visits)
            set_aside += bool(rows.set_aside)
        size = file.tell()
    done = Audited(order.key, size, resources, patients, visits, set_aside)
    with folder.writing(order.mark) as file:
        file.write(msgspec.json.encode(done))
    return done


def _rows(order: AuditBucket, patient: LinesOfPatient, policies: PolicyStack) -> PatientRows:
    terms = order.terms
    if not patient.lines:
        why = too_much(patient.resources, patient.size, terms)
        return PatientRows(terms.patient_key(patient.patient), set_aside=why, resources=patient.resources)
    shared = shared_by(order.place, order.shared, patient.lines, whole=order.shared_whole)
    return audited_patient(patient.patient, patient.lines, shared, policies, terms, order.by.fees)


def policies_of(by: DecidedBy) -> PolicyStack:
    """The policies that decide, loaded once in a process; processes that are forked from it have them.

    Raises:
        LookBackStopped: the policies of this machine are others than those of the machine that asks.
        PolicyError: a folder or file cannot be used.
    """
    return _policies(by.policy_dirs, by.policies)


@lru_cache(maxsize=2)
def _policies(policy_dirs: tuple[str, ...], digest: str) -> PolicyStack:
    if policies_digest(policy_dirs) != digest:
        raise LookBackStopped(
            "The policies of a worker are others than those of the machine that asked.",
            "Install the same version on all workers, and put the policy folders where every worker finds them.",
        )
    return PolicyStack.load([Path(folder) for folder in policy_dirs])
