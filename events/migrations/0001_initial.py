import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


from codecard.lib import walls

CREATE_EVENTS = """
    CREATE TABLE events_event (
        organization_id bigint NOT NULL, occurred_at timestamptz NOT NULL, id bigint NOT NULL,
        contributor_id bigint NOT NULL, session_id bigint NOT NULL, cost_micros bigint NOT NULL, day date NOT NULL,
        tool_id int NOT NULL, tool_version_id int NOT NULL, model_id int NOT NULL, repository_id int NOT NULL,
        branch_id int NOT NULL, language_id int NOT NULL, prices_id int NOT NULL, count int NOT NULL,
        input_tokens int NOT NULL, output_tokens int NOT NULL, cache_read_tokens int NOT NULL,
        cache_write_tokens int NOT NULL, reasoning_tokens int NOT NULL,
        lines_added int NOT NULL, lines_removed int NOT NULL,
        kind smallint NOT NULL, channel smallint NOT NULL, path_class smallint NOT NULL, outcome smallint NOT NULL,
        cost_basis smallint NOT NULL,
        is_superseded boolean NOT NULL, is_modified boolean NOT NULL, is_human boolean NOT NULL,
        path_hash bigint, duration_ms int, active_ms int, pushes int, pull_requests int, detail jsonb,
        PRIMARY KEY (organization_id, occurred_at, id)
    ) PARTITION BY RANGE (occurred_at)
"""
# The application role owns no table; it may only ask for the months ahead. No rights on partitions themselves.
PARTITIONS = f"""
    CREATE FUNCTION events_ensure_partitions(until date) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        month date := date_trunc('month', now() AT TIME ZONE 'UTC' - interval '6 years 1 month');
        last date := date_trunc('month', least(until, (now() AT TIME ZONE 'UTC')::date + 800));
        made int := 0;
        name text;
    BEGIN
        PERFORM pg_advisory_xact_lock(7003, 0);
        WHILE month <= last LOOP
            name := 'events_event_' || to_char(month, 'YYYY_MM');
            IF to_regclass(name) IS NULL THEN
                EXECUTE format('CREATE TABLE %I PARTITION OF events_event FOR VALUES FROM (%L) TO (%L)',
                    name, month::text || ' 00:00:00+00', (month + interval '1 month')::date::text || ' 00:00:00+00');
                made := made + 1;
            END IF;
            month := month + interval '1 month';
        END LOOP;
        RETURN made;
    END $$;
    REVOKE ALL ON FUNCTION events_ensure_partitions(date) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION events_ensure_partitions(date) TO {walls.APP};
    SELECT events_ensure_partitions((now() + interval '15 months')::date);
"""
UPDATED = (
    "events_session",
    "events_detail_day",
    "events_contributor_day",
    "events_organization_day",
    "events_intake_day",
)
TABLES = (
    *UPDATED, "events_event", "events_dimension", "events_clientcommit", "events_series", "events_series_point",
)  # fmt: skip


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("teams", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ContributorDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "day",
                        "contributor_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("organization_id", models.BigIntegerField()),
                ("day", models.DateField()),
                ("contributor_id", models.BigIntegerField()),
                ("prompts", models.BigIntegerField(db_default=0, default=0)),
                ("requests", models.BigIntegerField(db_default=0, default=0)),
                ("input_tokens", models.BigIntegerField(db_default=0, default=0)),
                ("output_tokens", models.BigIntegerField(db_default=0, default=0)),
                ("cache_read_tokens", models.BigIntegerField(db_default=0, default=0)),
                ("cache_write_tokens", models.BigIntegerField(db_default=0, default=0)),
                ("reasoning_tokens", models.BigIntegerField(db_default=0, default=0)),
                ("cost_given_micros", models.BigIntegerField(db_default=0, default=0)),
                ("cost_estimated_micros", models.BigIntegerField(db_default=0, default=0)),
                ("unpriced_tokens", models.BigIntegerField(db_default=0, default=0)),
                ("accepted", models.BigIntegerField(db_default=0, default=0)),
                ("rejected", models.BigIntegerField(db_default=0, default=0)),
                ("auto_accepted", models.BigIntegerField(db_default=0, default=0)),
                ("auto_rejected", models.BigIntegerField(db_default=0, default=0)),
                ("completions_accepted", models.BigIntegerField(db_default=0, default=0)),
                ("completions_rejected", models.BigIntegerField(db_default=0, default=0)),
                ("modified", models.BigIntegerField(db_default=0, default=0)),
                ("lines_added", models.BigIntegerField(db_default=0, default=0)),
                ("lines_removed", models.BigIntegerField(db_default=0, default=0)),
                ("human_lines_added", models.BigIntegerField(db_default=0, default=0)),
                ("human_lines_removed", models.BigIntegerField(db_default=0, default=0)),
                ("active_ms", models.BigIntegerField(db_default=0, default=0)),
                ("tests_passed", models.BigIntegerField(db_default=0, default=0)),
                ("tests_failed", models.BigIntegerField(db_default=0, default=0)),
                ("tests_none", models.BigIntegerField(db_default=0, default=0)),
                ("tests_unknown", models.BigIntegerField(db_default=0, default=0)),
                ("commits", models.BigIntegerField(db_default=0, default=0)),
                ("pushes", models.BigIntegerField(db_default=0, default=0)),
                ("pull_requests", models.BigIntegerField(db_default=0, default=0)),
            ],
            options={
                "db_table": "events_contributor_day",
            },
        ),
        migrations.CreateModel(
            name="DetailDay",
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
                ("prompts", models.BigIntegerField(db_default=0, default=0)),
                ("requests", models.BigIntegerField(db_default=0, default=0)),
                ("input_tokens", models.BigIntegerField(db_default=0, default=0)),
                ("output_tokens", models.BigIntegerField(db_default=0, default=0)),
                ("cache_read_tokens", models.BigIntegerField(db_default=0, default=0)),
                ("cache_write_tokens", models.BigIntegerField(db_default=0, default=0)),
                ("reasoning_tokens", models.BigIntegerField(db_default=0, default=0)),
                ("cost_given_micros", models.BigIntegerField(db_default=0, default=0)),
                ("cost_estimated_micros", models.BigIntegerField(db_default=0, default=0)),
                ("unpriced_tokens", models.BigIntegerField(db_default=0, default=0)),
                ("accepted", models.BigIntegerField(db_default=0, default=0)),
                ("rejected", models.BigIntegerField(db_default=0, default=0)),
                ("auto_accepted", models.BigIntegerField(db_default=0, default=0)),
                ("auto_rejected", models.BigIntegerField(db_default=0, default=0)),
                ("completions_accepted", models.BigIntegerField(db_default=0, default=0)),
                ("completions_rejected", models.BigIntegerField(db_default=0, default=0)),
                ("modified", models.BigIntegerField(db_default=0, default=0)),
                ("lines_added", models.BigIntegerField(db_default=0, default=0)),
                ("lines_removed", models.BigIntegerField(db_default=0, default=0)),
                ("human_lines_added", models.BigIntegerField(db_default=0, default=0)),
                ("human_lines_removed", models.BigIntegerField(db_default=0, default=0)),
                ("active_ms", models.BigIntegerField(db_default=0, default=0)),
                ("tests_passed", models.BigIntegerField(db_default=0, default=0)),
                ("tests_failed", models.BigIntegerField(db_default=0, default=0)),
                ("tests_none", models.BigIntegerField(db_default=0, default=0)),
                ("tests_unknown", models.BigIntegerField(db_default=0, default=0)),
                ("commits", models.BigIntegerField(db_default=0, default=0)),
                ("pushes", models.BigIntegerField(db_default=0, default=0)),
                ("pull_requests", models.BigIntegerField(db_default=0, default=0)),
            ],
            options={
                "db_table": "events_detail_day",
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(CREATE_EVENTS, "DROP TABLE events_event")],
            state_operations=[
                migrations.CreateModel(
                    name="Event",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "organization_id",
                                "occurred_at",
                                "id",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("organization_id", models.BigIntegerField()),
                        ("occurred_at", models.DateTimeField()),
                        ("id", models.BigIntegerField()),
                        ("contributor_id", models.BigIntegerField()),
                        ("session_id", models.BigIntegerField()),
                        ("cost_micros", models.BigIntegerField()),
                        ("day", models.DateField()),
                        ("tool_id", models.IntegerField()),
                        ("tool_version_id", models.IntegerField()),
                        ("model_id", models.IntegerField()),
                        ("repository_id", models.IntegerField()),
                        ("branch_id", models.IntegerField()),
                        ("language_id", models.IntegerField()),
                        ("prices_id", models.IntegerField()),
                        ("count", models.IntegerField()),
                        ("input_tokens", models.IntegerField()),
                        ("output_tokens", models.IntegerField()),
                        ("cache_read_tokens", models.IntegerField()),
                        ("cache_write_tokens", models.IntegerField()),
                        ("reasoning_tokens", models.IntegerField()),
                        ("lines_added", models.IntegerField()),
                        ("lines_removed", models.IntegerField()),
                        ("kind", models.SmallIntegerField()),
                        ("channel", models.SmallIntegerField()),
                        ("path_class", models.SmallIntegerField()),
                        ("outcome", models.SmallIntegerField()),
                        ("cost_basis", models.SmallIntegerField()),
                        ("is_superseded", models.BooleanField()),
                        ("is_modified", models.BooleanField()),
                        ("is_human", models.BooleanField()),
                        ("path_hash", models.BigIntegerField(null=True)),
                        ("duration_ms", models.IntegerField(null=True)),
                        ("active_ms", models.IntegerField(null=True)),
                        ("pushes", models.IntegerField(null=True)),
                        ("pull_requests", models.IntegerField(null=True)),
                        ("detail", models.JSONField(null=True)),
                    ],
                    options={
                        "db_table": "events_event",
                    },
                ),
            ],
        ),
        migrations.CreateModel(
            name="IntakeDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "day",
                        "source",
                        "fate",
                        "name",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("organization_id", models.BigIntegerField()),
                ("day", models.DateField()),
                ("source", models.CharField(max_length=60)),
                ("fate", models.SmallIntegerField()),
                ("name", models.CharField(max_length=200)),
                ("items", models.BigIntegerField(db_default=0, default=0)),
                ("with_session", models.BigIntegerField(db_default=0, default=0)),
                ("with_repository", models.BigIntegerField(db_default=0, default=0)),
                ("with_person", models.BigIntegerField(db_default=0, default=0)),
                ("skewed", models.BigIntegerField(db_default=0, default=0)),
                ("last_event_at", models.DateTimeField(null=True)),
                ("last_seen_at", models.DateTimeField()),
            ],
            options={
                "db_table": "events_intake_day",
            },
        ),
        migrations.CreateModel(
            name="OrganizationDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "day",
                        "tool_id",
                        "model_id",
                        "repository_id",
                        "language_id",
                        "path_class",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("organization_id", models.BigIntegerField()),
                ("day", models.DateField()),
                ("tool_id", models.IntegerField()),
                ("model_id", models.IntegerField()),
                ("repository_id", models.IntegerField()),
                ("language_id", models.IntegerField()),
                ("path_class", models.SmallIntegerField()),
                ("prompts", models.BigIntegerField(db_default=0, default=0)),
                ("requests", models.BigIntegerField(db_default=0, default=0)),
                ("input_tokens", models.BigIntegerField(db_default=0, default=0)),
                ("output_tokens", models.BigIntegerField(db_default=0, default=0)),
                ("cache_read_tokens", models.BigIntegerField(db_default=0, default=0)),
                ("cache_write_tokens", models.BigIntegerField(db_default=0, default=0)),
                ("reasoning_tokens", models.BigIntegerField(db_default=0, default=0)),
                ("cost_given_micros", models.BigIntegerField(db_default=0, default=0)),
                ("cost_estimated_micros", models.BigIntegerField(db_default=0, default=0)),
                ("unpriced_tokens", models.BigIntegerField(db_default=0, default=0)),
                ("accepted", models.BigIntegerField(db_default=0, default=0)),
                ("rejected", models.BigIntegerField(db_default=0, default=0)),
                ("auto_accepted", models.BigIntegerField(db_default=0, default=0)),
                ("auto_rejected", models.BigIntegerField(db_default=0, default=0)),
                ("completions_accepted", models.BigIntegerField(db_default=0, default=0)),
                ("completions_rejected", models.BigIntegerField(db_default=0, default=0)),
                ("modified", models.BigIntegerField(db_default=0, default=0)),
                ("lines_added", models.BigIntegerField(db_default=0, default=0)),
                ("lines_removed", models.BigIntegerField(db_default=0, default=0)),
                ("human_lines_added", models.BigIntegerField(db_default=0, default=0)),
                ("human_lines_removed", models.BigIntegerField(db_default=0, default=0)),
                ("active_ms", models.BigIntegerField(db_default=0, default=0)),
                ("tests_passed", models.BigIntegerField(db_default=0, default=0)),
                ("tests_failed", models.BigIntegerField(db_default=0, default=0)),
                ("tests_none", models.BigIntegerField(db_default=0, default=0)),
                ("tests_unknown", models.BigIntegerField(db_default=0, default=0)),
                ("commits", models.BigIntegerField(db_default=0, default=0)),
                ("pushes", models.BigIntegerField(db_default=0, default=0)),
                ("pull_requests", models.BigIntegerField(db_default=0, default=0)),
            ],
            options={
                "db_table": "events_organization_day",
            },
        ),
        migrations.CreateModel(
            name="Series",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("organization_id", models.BigIntegerField()),
                ("id", models.BigIntegerField()),
            ],
            options={
                "db_table": "events_series",
            },
        ),
        migrations.CreateModel(
            name="SeriesPoint",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "series_id",
                        "start_ns",
                        "at_us",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("organization_id", models.BigIntegerField()),
                ("series_id", models.BigIntegerField()),
                ("start_ns", models.BigIntegerField()),
                ("at_us", models.BigIntegerField()),
                ("value", models.BigIntegerField()),
            ],
            options={
                "db_table": "events_series_point",
            },
        ),
        migrations.CreateModel(
            name="ClientCommit",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("repository_id", models.IntegerField()),
                ("sha", models.CharField(max_length=64)),
                ("branch_id", models.IntegerField()),
                ("tool_id", models.IntegerField()),
                ("session_id", models.BigIntegerField()),
                ("contributor_id", models.BigIntegerField()),
                ("committed_at", models.DateTimeField()),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="teams.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "repository_id", "sha"), name="client_commit_sha"),
                    models.UniqueConstraint(fields=("organization", "id"), name="client_commit_in_organization"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Dimension",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("kind", models.SmallIntegerField()),
                ("value", models.CharField(max_length=200)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="teams.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "kind", "value"), name="dimension_value"),
                    models.UniqueConstraint(fields=("organization", "id"), name="dimension_in_organization"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("tool_id", models.IntegerField()),
                ("is_instance", models.BooleanField(db_default=False, default=False)),
                ("contributor_id", models.BigIntegerField()),
                ("repository_id", models.IntegerField(db_default=0, default=0)),
                ("repository_at", models.DateTimeField(null=True)),
                ("branch_id", models.IntegerField(db_default=0, default=0)),
                ("branch_at", models.DateTimeField(null=True)),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField()),
                ("started_on", models.DateField()),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="teams.organization",
                    ),
                ),
                ("prompts", models.BigIntegerField(db_default=0, default=0)),
                ("requests", models.BigIntegerField(db_default=0, default=0)),
                ("input_tokens", models.BigIntegerField(db_default=0, default=0)),
                ("output_tokens", models.BigIntegerField(db_default=0, default=0)),
                ("cache_read_tokens", models.BigIntegerField(db_default=0, default=0)),
                ("cache_write_tokens", models.BigIntegerField(db_default=0, default=0)),
                ("reasoning_tokens", models.BigIntegerField(db_default=0, default=0)),
                ("cost_given_micros", models.BigIntegerField(db_default=0, default=0)),
                ("cost_estimated_micros", models.BigIntegerField(db_default=0, default=0)),
                ("unpriced_tokens", models.BigIntegerField(db_default=0, default=0)),
                ("accepted", models.BigIntegerField(db_default=0, default=0)),
                ("rejected", models.BigIntegerField(db_default=0, default=0)),
                ("auto_accepted", models.BigIntegerField(db_default=0, default=0)),
                ("auto_rejected", models.BigIntegerField(db_default=0, default=0)),
                ("completions_accepted", models.BigIntegerField(db_default=0, default=0)),
                ("completions_rejected", models.BigIntegerField(db_default=0, default=0)),
                ("modified", models.BigIntegerField(db_default=0, default=0)),
                ("lines_added", models.BigIntegerField(db_default=0, default=0)),
                ("lines_removed", models.BigIntegerField(db_default=0, default=0)),
                ("human_lines_added", models.BigIntegerField(db_default=0, default=0)),
                ("human_lines_removed", models.BigIntegerField(db_default=0, default=0)),
                ("active_ms", models.BigIntegerField(db_default=0, default=0)),
                ("tests_passed", models.BigIntegerField(db_default=0, default=0)),
                ("tests_failed", models.BigIntegerField(db_default=0, default=0)),
                ("tests_none", models.BigIntegerField(db_default=0, default=0)),
                ("tests_unknown", models.BigIntegerField(db_default=0, default=0)),
                ("commits", models.BigIntegerField(db_default=0, default=0)),
                ("pushes", models.BigIntegerField(db_default=0, default=0)),
                ("pull_requests", models.BigIntegerField(db_default=0, default=0)),
                ("key", models.CharField(max_length=400)),
                (
                    "ranks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.SmallIntegerField(), default=list, size=None
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organization", "started_on", "contributor_id"], name="session_by_day")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "tool_id", "key"), name="session_key"),
                    models.UniqueConstraint(fields=("organization", "id"), name="session_in_organization"),
                ],
            },
        ),
        migrations.RunSQL(PARTITIONS, "DROP FUNCTION events_ensure_partitions(date)"),
        *(migrations.RunSQL(f"ALTER TABLE {table} SET (fillfactor = 80)", "") for table in UPDATED),
        *(walls.wall(table) for table in TABLES),
    ]
