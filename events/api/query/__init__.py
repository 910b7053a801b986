"""The query API: what pages show, for programs. Every address reads, none writes."""
