"""Pages, one module a section; each lists its own addresses."""
