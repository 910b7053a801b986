"""What continuous integration tells of commits, as numbers, and what follows from it for pull requests.

Uploads are facts: one row each, by their content. What a pull request makes of them can be made again.
"""

from typing import Any, Final

from django.db import models

from events.models._rows import reference
from teams.models import OrganizationRow

LONGEST_JOB: Final = 200


class TestsState(models.TextChoices):
    """What the first test run of a pull request told."""

    PASSED = "passed", "Passed"
    FAILED = "failed", "Failed"
    EMPTY = "empty", "No tests ran"


class ToolKind(models.TextChoices):
    STYLE = "style", "Style"
    COMPLEXITY = "complexity", "Complexity"


class BaseState(models.TextChoices):
    """Where the base of a comparison was found."""

    EXACT = "exact", "At the merge base"
    NEAR = "near", "At its nearest ancestor"
    NONE = "none", "No base"


class CheckResult(OrganizationRow):
    """One attempt of one check on one commit, by the vendor's id."""

    repository = reference("events.Repository", related_name="+")
    external_id = models.BigIntegerField()
    head_sha = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    run_attempt = models.IntegerField(default=1)
    conclusion = models.CharField(max_length=20, blank=True)
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    is_test = models.BooleanField(default=False)
    # Found by asking for the last head: earlier heads may have been checked, and nobody knows.
    is_asked = models.BooleanField(default=False, db_default=False)

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["organization", "repository", "external_id", "run_attempt"], name="check_result_attempt"
            ),
        ]
        indexes = [models.Index(fields=["organization", "repository", "head_sha"], name="check_result_of_commit")]


class Upload(OrganizationRow):
    """`content`: hash of the report, by which the same one told twice is one row. `branch` and `pull_number` are what
    the sender said. `attempt` 0: not told."""

    repository = reference("events.Repository", related_name="+")
    sha = models.CharField(max_length=64)
    branch = models.CharField(max_length=255, blank=True)
    pull_number = models.IntegerField(null=True)
    attempt = models.IntegerField(default=0)
    job = models.CharField(max_length=LONGEST_JOB, blank=True)
    content = models.CharField(max_length=32)
    received_at = models.DateTimeField()

    class Meta(OrganizationRow.Meta):
        abstract = True


class JUnitUpload(Upload):
    """Tests of one report by what became of them; several of one job and attempt are parts of one run."""

    passed = models.IntegerField(default=0)
    failed = models.IntegerField(default=0, help_text="Those that broke before they could fail included.")
    skipped = models.IntegerField(default=0)
    seconds = models.FloatField(default=0.0)

    class Meta(Upload.Meta):
        abstract = False
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["organization", "repository", "sha", "job", "attempt", "content"], name="junit_upload_once"
            ),
        ]


class QualityUpload(Upload):
    """Violations and complexities of one analyser by file.

    `files`: {path: {"v": [lines with a violation, 0 where it isn't told], "f": [[first line, last line, complexity]]}};
    lines count from 1, both ends included, 0 and 0 where the tool doesn't tell them. `ruleset`: hash of what the sender
    told of its configuration.
    """

    tool = models.CharField(max_length=60)
    kind = models.CharField(max_length=12, choices=ToolKind)
    version = models.CharField(max_length=60, blank=True)
    ruleset = models.CharField(max_length=32, blank=True)
    files: "models.JSONField[Any, Any]" = models.JSONField(default=dict)

    class Meta(Upload.Meta):
        abstract = False
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["organization", "repository", "sha", "tool", "ruleset", "job", "attempt", "content"],
                name="quality_upload_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "repository", "tool", "ruleset", "received_at"], name="quality_upload_by_tool"
            )
        ]


class PullTests(OrganizationRow):
    """The first test run of one pull request. Counts are None where only checks told, which have none.
    `test_lines_changed`: lines that it changes in tests, for what weakens tests passes easily."""

    pull_request = reference("events.PullRequest", related_name="tests")
    state = models.CharField(max_length=8, choices=TestsState)
    sha = models.CharField(max_length=64)
    passed = models.IntegerField(null=True)
    failed = models.IntegerField(null=True)
    skipped = models.IntegerField(null=True)
    test_lines_changed = models.IntegerField(default=0)

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "pull_request"], name="pull_tests_once"),
        ]


class PullQuality(OrganizationRow):
    """What one analyser told of the lines that one integrated pull request touched.

    `functions`: how many were touched; `complexity`: the 90th percentile of theirs; `complexity_before`: of those of
    the base in the same files. `violations` on `lines_added` lines that it added. `is_by_line` False: the lines are not
    known, so whole touched files were counted. `version` of the tool.
    """

    pull_request = reference("events.PullRequest", related_name="quality")
    tool = models.CharField(max_length=60)
    kind = models.CharField(max_length=12, choices=ToolKind)
    ruleset = models.CharField(max_length=32, blank=True)
    version = models.CharField(max_length=60, blank=True)
    sha = models.CharField(max_length=64)
    is_by_line = models.BooleanField(default=False)
    functions = models.IntegerField(default=0)
    complexity = models.FloatField(null=True)
    complexity_before = models.FloatField(null=True)
    base_state = models.CharField(max_length=8, choices=BaseState, default=BaseState.NONE)
    base_sha = models.CharField(max_length=64, blank=True)
    violations = models.IntegerField(default=0)
    lines_added = models.IntegerField(default=0)

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["organization", "pull_request", "tool", "ruleset"], name="pull_quality_of_tool"
            ),
        ]
