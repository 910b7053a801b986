"""GitHub: what it sends, and how it is asked."""
