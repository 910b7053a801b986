"""Tables to look things up in: the whole instance for operators, and each organization's own for its people."""

from events.admin import github_apps, operators, organization

__all__ = ["github_apps", "operators", "organization"]
