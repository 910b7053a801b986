"""Indexes of tables that are written all the time: built beside the writing, so outside of a transaction."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("events", "0003_pull_requests")]

    operations = [
        AddIndexConcurrently(
            "clientcommit", models.Index(fields=["organization", "session_id"], name="client_commit_of_session")
        ),
        AddIndexConcurrently("clientcommit", models.Index(fields=["organization", "sha"], name="client_commit_by_sha")),
        AddIndexConcurrently(
            "clientcommit",
            models.Index(
                condition=~models.Q(patch_id=""), fields=["organization", "patch_id"], name="client_commit_by_patch"
            ),
        ),
        AddIndexConcurrently(
            "session",
            models.Index(
                condition=models.Q(branch_id__gt=0),
                fields=["organization", "repository_id", "branch_id"],
                name="session_by_branch",
            ),
        ),
    ]
