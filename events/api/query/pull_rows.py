"""Pull requests and defects as JSON. Who opened a pull request is no field, except whether it was the reader."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.conf import settings

from events.models import DefectLink, Latency
from events.queries.pull_request_page import PullFacts
from events.queries.pull_requests import PullRow

PULL_COLUMNS: Final = (
    "id", "repository", "number", "title", "state", "is_draft", "is_mine", "opened_at", "merged_at", "closed_at",
    "integrated_at", "ai_class", "task", "size", "change_class", "lines_added", "lines_removed", "latency_seconds",
    "latency_state", "defect",
)  # fmt: skip
DEFECT_COLUMNS: Final = (
    "id", "repository", "kind", "detected_at", "issue", "fix_repository", "fix_number", "fix_sha",
    "origin_id", "origin_repository", "origin_number", "tier", "method", "share", "weight", "lag_seconds", "decision",
)  # fmt: skip


def pull_json(row: PullRow, *, is_mine: bool) -> dict[str, Any]:
    pull, latency = row.pull_request, row.latency
    return {
        "id": pull.id,
        "repository": pull.repository.full_name,
        "number": pull.number,
        "title": pull.title or None,
        "url": f"{settings.GITHUB_URL}/{pull.repository.full_name}/pull/{pull.number}",
        "state": pull.state,
        "is_draft": pull.is_draft,
        "is_mine": is_mine,
        "opened_at": moment(pull.opened_at),
        "merged_at": moment(pull.merged_at),
        "closed_at": moment(pull.closed_at),
        "integrated_at": moment(pull.integrated_at),
        "ai_class": pull.ai_class,
        "task": pull.task_type or None,
        "size": str(pull.size) if pull.size else None,
        "change_class": pull.change_class,
        "lines_added": pull.additions,
        "lines_removed": pull.deletions,
        "latency_seconds": latency.seconds if latency else None,
        "latency_state": latency.state if latency else None,
        "defect": row.defects[0].tier if row.defects else None,
    }


def pull_detail_json(row: PullRow, facts: PullFacts, *, is_mine: bool) -> dict[str, Any]:
    pull = facts.pull_request
    return {
        **pull_json(row, is_mine=is_mine),
        "ready_at": moment(pull.ready_at),
        "first_review_at": moment(pull.first_review_at),
        "approved_at": moment(pull.approved_at),
        "integration": pull.integration or None,
        "changed_files": pull.changed_files,
        "commits": len(facts.own_commits),
        "source_lines_added": pull.source_lines_added,
        "ai_lines": pull.ai_lines,
        "ai_tools": list(pull.ai_tools),
        "ai_models": list(pull.ai_models),
        "stages": stages_json(facts.latency),
        "evidence": [
            {"kind": one.kind, "tool": one.tool, "model": one.model or None, "role": one.role} for one in facts.evidence
        ],
        "escapes": [
            {"horizon_days": one.horizon_days, "state": one.state, "due_at": moment(one.due_at), "defects": one.defects}
            for one in facts.escapes
        ],
        "defects": [defect_json(link) for link in facts.defects],
    }


def stages_json(latency: Latency | None) -> list[dict[str, Any]]:
    """They add up to `latency_seconds`; null where the clocks disagree."""
    stages = latency.stages if latency and latency.seconds is not None else []
    return [{"stage": name, "seconds": seconds} for name, seconds in stages]


def defect_json(link: DefectLink) -> dict[str, Any]:
    defect, fix, origin = link.defect, link.defect.fix, link.origin
    return {
        "id": link.id,
        "repository": origin.repository.full_name,
        "kind": defect.kind,
        "detected_at": moment(defect.detected_at),
        "issue": defect.issue.number if defect.issue else None,
        "fix_repository": fix.repository.full_name if fix else None,
        "fix_number": fix.number if fix else None,
        "fix_sha": defect.fix_sha or None,
        "origin_id": origin.id,
        "origin_repository": origin.repository.full_name,
        "origin_number": origin.number,
        "tier": link.tier,
        "method": link.method,
        "share": link.share,
        "weight": link.weight,
        "lag_seconds": link.lag_seconds,
        "decision": link.decision or None,
    }


def cells(row: dict[str, Any], columns: Sequence[str]) -> list[object]:
    return [row[name] for name in columns]


def moment(at: datetime | None) -> str | None:
    """In UTC."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")
