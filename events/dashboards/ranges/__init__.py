"""Settings of healthy ranges: what holds by default, for the organization, for its teams, for kinds of work."""
