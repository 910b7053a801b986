"""Forms, one module a section, as the views that show them."""
