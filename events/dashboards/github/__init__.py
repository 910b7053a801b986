"""Settings pages of the connections to GitHub."""
