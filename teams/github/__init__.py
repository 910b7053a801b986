"""GitHub as a way to sign in: allauth's provider with our rules about what is believed."""
