"""The sample workspace: a company that doesn't exist, whose tools really sent everything its pages show."""

from events.sample.creating import create, sample_organization
from events.sample.erasing import erase, is_invented, retire
from events.sample.filling import Progress, fill_next_week, progress_of
from events.sample.looking import person_with

__all__ = [
    "Progress",
    "create",
    "erase",
    "fill_next_week",
    "is_invented",
    "person_with",
    "progress_of",
    "retire",
    "sample_organization",
]
