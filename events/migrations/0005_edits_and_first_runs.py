"""How much of accepted code was changed, by distance, and the first test run of a session. `rebuild_rollups` makes both
of what was stored before."""

from django.db import migrations, models

from codecard.lib import walls


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0004_session_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="EditDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "day",
                        "contributor_id",
                        "tool_id",
                        "model_id",
                        "repository_id",
                        "language_id",
                        "path_class",
                        "horizon",
                        "bucket",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("organization_id", models.BigIntegerField()),
                ("day", models.DateField()),
                ("contributor_id", models.BigIntegerField()),
                ("tool_id", models.IntegerField()),
                ("model_id", models.IntegerField()),
                ("repository_id", models.IntegerField()),
                ("language_id", models.IntegerField()),
                ("path_class", models.SmallIntegerField()),
                ("horizon", models.SmallIntegerField()),
                ("bucket", models.SmallIntegerField()),
                ("count", models.BigIntegerField()),
                ("lines", models.BigIntegerField()),
            ],
            options={
                "db_table": "events_edit_day",
            },
        ),
        migrations.AddField(
            model_name="session",
            name="first_run_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="session",
            name="first_run_outcome",
            field=models.SmallIntegerField(db_default=0, default=0),
        ),
        migrations.RunSQL("ALTER TABLE events_edit_day SET (fillfactor = 80)", ""),
        walls.wall("events_edit_day"),
    ]
