"""Keyed hashes in place of names: equal for equal things of one client and tenant, useless without the key."""

import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from cds_service.errors import ConfigurationError
from cds_service.records.database import Database, StoreError
from cds_service.records.record_tables import SecretRow

PATIENT_KEY: Final = "patient-key"
_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True, repr=False)
class Pseudonyms:
    """HMAC-SHA256 with one key; it is a secret, so without a repr."""

    key: bytes

    def of(self, *names: str) -> str:
        """The hash of these names, in their order, as 64 hexadecimal digits."""
        return hmac.digest(self.key, "\0".join(names).encode("utf-8", "replace"), "sha256").hex()

    def secret(self, purpose: str) -> bytes:
        """A secret of 32 bytes for one purpose, which tells nothing of the key (HKDF, RFC 5869)."""
        from cryptography.hazmat.primitives.hashes import SHA256  # only pages need it
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        return HKDF(SHA256(), _KEY_BYTES, salt=None, info=purpose.encode()).derive(self.key)


def pseudonyms_with(key: str | None, database: Database) -> Pseudonyms:
    """Pseudonyms with the site's key, else with one that the database keeps; the first process to ask makes it.

    Raises:
        ConfigurationError: the database cannot be used.
    """
    if key is not None:
        return Pseudonyms(key.encode())
    try:
        return Pseudonyms(bytes.fromhex(kept_secret(database, PATIENT_KEY)))
    except StoreError as error:
        raise ConfigurationError(database.refusal(error)) from None


def kept_secret(database: Database, name: str) -> str:
    """A secret of this installation as hexadecimal digits; the first process to ask makes it.

    Raises:
        StoreError: the database cannot be used.
    """
    wanted = select(SecretRow.value).where(SecretRow.name == name)
    with database.single() as connection:
        found = connection.execute(wanted).scalar()
    if found is not None:
        return found
    try:
        with database.writing() as connection:
            connection.execute(insert(SecretRow), {"name": name, "value": secrets.token_hex(_KEY_BYTES)})
    except IntegrityError:
        pass  # another process was first; its secret counts
    with database.single() as connection:
        return connection.execute(wanted).scalar_one()
