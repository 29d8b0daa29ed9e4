"""Work Rehab CDS: codes, units, modifiers and what is missing for work conditioning and work hardening visits."""

from importlib.metadata import version

__version__ = version("work-rehab-cds")
