"""Teams and their people from elsewhere: read into lines, compared with what is there, shown, and only then applied.

`lines` is what every source is read into; `csv_file` and `github` are the sources; `plan` says what would change. What
the plan says is done by `teams.actions.team_imports`.
"""
