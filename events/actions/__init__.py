"""Audited writes of people: each is keyword-only and atomic, says by whom and when, and
leaves what follows as chores."""
