"""Agent Trace records (0.1.0): which lines of a revision came out of which conversation.

What a record says of people, addresses and content hashes is dropped. Lines of mixed origin count as the assistant's;
what is unknown counts as nobody's.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from events.schema import AttributedLines
from events.sources import _ranges
from events.sources._base import Invalid

NAME: Final = "agent_trace"
_AI: Final = frozenset({"ai", "mixed"})


def parse(record: Mapping[str, Any], repository: str, sha: str) -> list[AttributedLines]:
    """One for each file and conversation. `sha` where the record names no git revision.

    :raises Invalid: it isn't such a record, or nothing says of which commit.
    """
    revision = _revision(record) or sha
    if not revision:
        raise Invalid("vcs: no git revision, and no commit beside the record")
    tool = record.get("tool")
    name = str((tool.get("name") if isinstance(tool, dict) else None) or "agent-trace").strip().lower()
    files = record.get("files")
    if not isinstance(files, list):
        raise Invalid("files: not an array")
    found: list[AttributedLines] = []
    for file in files:
        found += _of_file(file, name, repository, revision)
    return found


def _revision(record: Mapping[str, Any]) -> str:
    vcs = record.get("vcs")
    if not isinstance(vcs, dict) or vcs.get("type", "git") != "git":
        return ""
    return str(vcs.get("revision") or "").lower()


def _of_file(file: Any, tool: str, repository: str, sha: str) -> list[AttributedLines]:
    if not isinstance(file, dict) or not isinstance(file.get("conversations"), list):
        raise Invalid("files: without conversations")
    by_agent: dict[tuple[str, str], list[_ranges.Range]] = defaultdict(list)
    human: list[_ranges.Range] = []
    for told in file["conversations"]:
        if not isinstance(told, dict) or not isinstance(told.get("ranges"), list):
            raise Invalid("conversations: without ranges")
        for one in told["ranges"]:
            _sort(one, told, by_agent, human)
    people = _ranges.count(_ranges.merged(human))
    return [
        AttributedLines(
            source=NAME, repository=repository, sha=sha, path=str(file.get("path") or ""), tool=tool, model=model,
            session=session, ai_lines=_ranges.count(_ranges.merged(ranges)), human_lines=people,
            ranges=_ranges.merged(ranges),
        )
        for (model, session), ranges in sorted(by_agent.items())
    ]  # fmt: skip


def _sort(
    one: Any, told: Mapping[str, Any], by_agent: dict[tuple[str, str], list[_ranges.Range]], human: list[_ranges.Range]
) -> None:
    """A range's own contributor comes before its conversation's."""
    if not isinstance(one, dict):
        raise Invalid("ranges: not an object")
    contributor = one.get("contributor") or told.get("contributor") or {}
    kind = contributor.get("type") if isinstance(contributor, dict) else None
    lines = _ranges.read([[one.get("start_line"), one.get("end_line")]])
    if kind == "human":
        human += lines
    elif kind in _AI:
        model = str(contributor.get("model_id") or "").rpartition("/")[2].lower()
        by_agent[model, _session(told.get("url"))] += lines


def _session(url: Any) -> str:
    """The last part of a conversation's address, which names it; what else stands in it is dropped."""
    try:
        return urlsplit(url).path.rstrip("/").rpartition("/")[2] if isinstance(url, str) else ""
    except ValueError:
        return ""
