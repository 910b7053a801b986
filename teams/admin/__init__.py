"""Two sites of Django's admin: `operators` for the whole instance, `organization` and `people` for one organization."""

from teams.admin import operators, organization, people

__all__ = ["operators", "organization", "people"]
