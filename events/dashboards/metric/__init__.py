"""The page of one metric, of a team or of everybody, and the glossary of all."""
