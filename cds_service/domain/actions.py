"""What accepting a suggestion does in the client's record, in the shapes that CDS Hooks sends (CH-S-12 to CH-S-14).

Whoever writes a change states its kind by the class: one that writes has a whole resource, one that deletes has a
reference and nothing else. ``type`` is added when they are encoded.
"""

from typing import TypeAlias

from msgspec import Struct

from cds_service.domain.values import JsonObject


class Create(Struct, frozen=True, tag_field="type", tag="create"):
    """Add a resource to the record."""

    description: str
    resource: JsonObject


class Update(Struct, frozen=True, tag_field="type", tag="update"):
    """Put the whole resource, which has an id, in place of the one the client sent."""

    description: str
    resource: JsonObject


class Delete(Struct, frozen=True, tag_field="type", tag="delete", rename="camel"):
    """Take the resource of this reference (``Type/id``) out of the record."""

    description: str
    resource_id: str


class DeleteBefore2(Struct, frozen=True, tag_field="type", tag="delete"):
    """As CDS Hooks 1.0 has it: the reference stands in ``resource``."""

    description: str
    resource: str


Action: TypeAlias = Create | Update | Delete | DeleteBefore2
