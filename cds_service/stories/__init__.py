"""Patient stories: a small YAML language that becomes complete FHIR R4 resources and CDS Hooks requests."""

from cds_service.stories.story import Story, StoryError, build
from cds_service.stories.story_files import bundled, load, read

__all__ = ["Story", "StoryError", "build", "bundled", "load", "read"]
