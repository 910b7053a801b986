"""Tells the planner that a person is of one organization.

Without it the two conditions that every read by people has are taken for independent, a hundredth of the rows is
expected, and a plan can be chosen that goes through an organization's whole history for some weeks of it.
"""

from typing import Final

from django.db import migrations

TABLES: Final = ("events_session", "events_contributor_day", "events_detail_day", "events_edit_day")


class Migration(migrations.Migration):
    dependencies = [("events", "0009_sessions_are_corrected")]

    operations = [
        migrations.RunSQL(
            # A sample is read, at once, so that the change does not wait for the next vacuum.
            f"CREATE STATISTICS {table}_people (dependencies) ON organization_id, contributor_id FROM {table};"
            f"ANALYZE {table}",
            f"DROP STATISTICS {table}_people",
        )
        for table in TABLES
    ]
