"""Two sites of Django's admin: `operators` for the whole instance, `organization` for one organization."""

from teams.admin import operators, organization

__all__ = ["operators", "organization"]
