"""What a look-back was asked for: plain data, the same in every process that works on it."""

import hmac
from datetime import date
from hashlib import sha256
from typing import Final

import msgspec

MOST_RESOURCES_OF_PATIENT: Final = 20_000
"""Resources of a patient that are looked at: ten years of daily visits have fewer."""
MOST_BYTES_OF_PATIENT: Final = 48 * 1024 * 1024
"""Bytes of a patient's resources that are looked at; read, they take about four times the room."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """The terms of a look-back.

    Attributes:
        first: First date of service; None for no limit.
        last: Last date of service; None for no limit.
        payer: Part of the payer's name, or its kind; "" for all payers.
        clinic: Part of the clinic's name; "" for all clinics.
        types: Resource types that the whole export holds. A type that is in none of its files is not known, rather
            than known to be empty; None where the export is known to hold all there is.
        lost: Types of which lines of the export could not be used, so that what is not on record may be among them.
        with_ids: Whether results name patients, encounters and resources by their ids.
        secret: What pseudonyms are made with: the digest of the input, so that they are the same in every process and
            nobody without the input can tell whose they are.
        jurisdiction: State that stands in where nothing tells one, like ``US-TX``; "" for none.
        most_resources: Resources of a patient that are looked at.
        most_bytes: Bytes of a patient's resources that are looked at.
    """

    first: date | None = None
    last: date | None = None
    payer: str = ""
    clinic: str = ""
    types: frozenset[str] | None = None
    lost: frozenset[str] = frozenset()
    with_ids: bool = False
    secret: bytes = b""
    jurisdiction: str = ""
    most_resources: int = MOST_RESOURCES_OF_PATIENT
    most_bytes: int = MOST_BYTES_OF_PATIENT

    def patient_key(self, patient: str) -> str:
        """How results name a patient."""
        if self.with_ids:
            return patient
        return hmac.new(self.secret, patient.encode(), sha256).hexdigest()[:16]

    def asks_about(self, day: date) -> bool:
        """Whether a date of service is within those asked for."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)
