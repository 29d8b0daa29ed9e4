"""Patient stories: a small YAML language that becomes complete FHIR R4 resources and CDS Hooks requests."""

from cds_service.sandbox.files import bundled, load, read
from cds_service.sandbox.story import Story, StoryError, build

__all__ = ["Story", "StoryError", "build", "bundled", "load", "read"]
