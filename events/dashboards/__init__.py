"""Pages rendered on the server: plain links and forms, with htmx for parts of them."""
