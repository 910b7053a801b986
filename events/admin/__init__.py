"""Tables to look things up in: the whole instance for operators, and each organization's own for its people."""

from events.admin import operators, organization

__all__ = ["operators", "organization"]
