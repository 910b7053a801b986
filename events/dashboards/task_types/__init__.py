"""The settings page of task types: the table in words, and an organization's own rules."""
