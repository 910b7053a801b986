"""Assistants and bots, and how each signs its work. One table: to know another assistant, add an entry here.

An account is known by its numeric id, its exact address or a login that no person can have, never by the domain of a
vendor or a first name: Devin, Claude and Jules are people, and vendors' employees write code. `names` say the product
whatever the address beside them; `bare_names` only where there is no address. All of it in lower case.
Strings and ids: PULLS.md 1.3, seen in 50,210 trailers of 19 repositories; vendors' documentation.
"""

import re
from enum import StrEnum
from typing import NamedTuple


class Role(StrEnum):
    AUTHOR = "author"
    # An accepted suggestion of a reviewer: it doesn't make a pull request AI-assisted.
    REVIEW_SUGGESTION = "review_suggestion"


class Assistant(NamedTuple):
    """`names`, `models` and `branches` are patterns of a whole name or of a branch's beginning; `bodies` of any part.

    In `names` and `models` the group `model` is the model. `sessions` are patterns with the session's id as `id`.
    """

    tool: str
    role: Role = Role.AUTHOR
    ids: tuple[int, ...] = ()
    logins: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    bare_names: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    bodies: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()


_REVIEW = Role.REVIEW_SUGGESTION
_CLAUDE_MODEL = r"claude[ -](?:(?:opus|sonnet|haiku|fable)[ -]?[\d.-]*|\d[\d.]*[ -](?:opus|sonnet|haiku))"

# More particular entries come first: Copilot's autofix before Copilot.
ASSISTANTS = (
    Assistant(
        "copilot-autofix",
        _REVIEW,
        ids=(62310815, 223894421),
        logins=("github-advanced-security[bot]", "github-code-quality[bot]"),
        names=(r"copilot autofix.*",),
    ),
    Assistant(
        "gemini-code-assist",
        _REVIEW,
        ids=(176961590,),
        logins=("gemini-code-assist[bot]",),
        names=(r"gemini[- ]code[- ]assist(?:\[bot\])?",),
    ),
    Assistant(
        "coderabbit",
        _REVIEW,
        ids=(136622811,),
        logins=("coderabbitai[bot]",),
        names=(r"coderabbit(?:ai)?(?:\[bot\])?",),
    ),
    Assistant(
        "greptile",
        _REVIEW,
        ids=(165735046,),
        logins=("greptile-apps[bot]",),
        names=(r"greptile(?:-apps)?(?:\[bot\])?",),
    ),
    Assistant("ellipsis", _REVIEW, logins=("ellipsis-dev[bot]",), names=(r"ellipsis-dev(?:\[bot\])?",)),
    Assistant(
        "sourcery", _REVIEW, ids=(58596630,), logins=("sourcery-ai[bot]",), names=(r"sourcery(?:-|\s)ai(?:\[bot\])?",)
    ),
    Assistant("sentry-warden", _REVIEW, ids=(258096371,), logins=("sentry-warden[bot]",)),
    Assistant("sentry-seer", _REVIEW, logins=("seer-by-sentry[bot]",)),
    Assistant("qodo", _REVIEW, logins=("qodo-merge-pro[bot]", "qodo-code-review[bot]", "codiumai-pr-agent-pro[bot]")),
    Assistant("graphite", _REVIEW, logins=("graphite-app[bot]",)),
    Assistant("korbit", _REVIEW, logins=("korbit-ai[bot]",)),
    Assistant(
        "copilot",
        ids=(198982749, 175728472, 223556219),
        logins=("copilot", "copilot-swe-agent[bot]"),
        addresses=("copilot@github.com", "copilot@users.noreply.github.com"),
        names=(
            r"(?:github )?copilot(?: (?:app|cli|chat|agent|coding agent))",
            r"github copilot",
            r"copilot-swe-agent(?:\[bot\])?",
        ),
        bare_names=("copilot",),
        branches=(r"copilot/",),
        bodies=(
            r"gh\.io/copilot-coding-agent|\[?copilot coding agent\]? ?\[?(?:tips|set things up|docs)"
            r"|<!-- start copilot coding agent|copilot coding agent \(github",
        ),
    ),
    Assistant(
        "codex",
        ids=(199175422,),
        logins=("chatgpt-codex-connector[bot]", "openai-code-agent[bot]"),
        addresses=("codex@openai.com", "noreply@openai.com", "assistant@openai.com"),
        names=(
            r"(?:openai |chatgpt )?codex(?: (?:cli|agent))",
            r"openai codex",
            r"(?P<model>gpt-[\w.]*-?codex[\w.-]*)",
            r"codex (?P<model>gpt-.*)",
        ),
        bare_names=("codex", "openai codex"),
        models=(r"gpt-[\w.-]+(?: \w+)*", r"o\d(?:-[\w-]+)?"),
        branches=(r"codex/",),
        sessions=(r"https://chatgpt\.com/(?:s/)?codex/tasks/(?P<id>task_[\w-]{1,80})",),
    ),
    Assistant(
        "cursor",
        ids=(206951365,),
        logins=("cursoragent", "cursor[bot]"),
        addresses=("cursoragent@cursor.com",),
        names=(r"cursor (?:agent|ai|cli)",),
        bare_names=("cursor",),
        branches=(r"cursor/",),
        sessions=(r"https://(?:www\.)?cursor\.com/agents\?(?:[\w=&;-]{0,80}&(?:amp;)?)?id=(?P<id>bc-[\w-]{1,80})",),
    ),
    Assistant(
        "devin",
        ids=(158243242,),
        logins=("devin-ai-integration[bot]",),
        addresses=(
            "devin@cognition.ai",
            "devin-ai-integration@cognition.ai",
            "apk@cognition.ai",
            "api@cognition.ai",
            "api-user@cognition.ai",
        ),
        names=(r"devin ai", r"devin-ai-integration(?:\[bot\])?"),
        branches=(r"devin/\d{9,}-",),
        sessions=(r"https://app\.devin\.ai/sessions/(?P<id>[\w-]{1,80})",),
    ),
    Assistant(
        "aider",
        addresses=("aider@aider.chat", "noreply@aider.chat", "noreply@aider.dev"),
        names=(r"aider \((?P<model>[^()]{1,120})\)",),
        bare_names=("aider",),
    ),
    Assistant(
        "openhands",
        logins=("openhands-agent", "openhands-ai[bot]"),
        addresses=(
            "openhands@all-hands.dev",
            "openhands-claude@all-hands.dev",
            "opendevin@all-hands.dev",
            "opendevin@opendevin.ai",
        ),
        names=(r"openhands-(?P<model>[\w.-]{2,60})", r"openhands(?: (?:bot|agent|ai|cli))", r"opendevin"),
        bare_names=("openhands",),
        branches=(r"openhands[/-](?:fix-issue-)?",),
    ),
    Assistant(
        "jules",
        ids=(161369871,),
        logins=("google-labs-jules[bot]",),
        names=(r"google-labs-jules(?:\[bot\])?",),
        branches=(r"jules[-/](?:[\w/-]{0,200}-)?\d{8,}",),
        sessions=(r"https://jules\.google\.com/(?:task|session)/(?P<id>[\w-]{1,80})",),
    ),
    Assistant(
        "gemini-cli",
        ids=(218312386,),
        logins=("gemini-cli[bot]",),
        addresses=("gemini@google.com", "gemini-cli@google.com", "noreply@gemini.google.com"),
        names=(r"gemini[- ]cli(?:\[bot\])?",),
        bare_names=("gemini", "google gemini"),
        models=(r"gemini[- ]\d[\w. -]*",),
    ),
    Assistant(
        "qwen-code",
        addresses=("qwen-coder@alibabacloud.com", "noreply@qwen.ai"),
        names=(r"qwen[- ]coder?",),
        models=(r"qwen[ -]?\d[\w. -]*",),
    ),
    Assistant(
        "opencode", addresses=("noreply@opencode.ai",), logins=("opencode-agent[bot]",), names=(r"opencode(?: agent)?",)
    ),
    Assistant(
        "amp",
        addresses=("amp@ampcode.com",),
        names=(r"sourcegraph amp",),
        bare_names=("amp",),
        sessions=(r"https://ampcode\.com/threads/(?P<id>T-[\w-]{1,80})",),
    ),
    Assistant(
        "factory-droid", ids=(138933559,), logins=("factory-droid[bot]",), names=(r"factory[- ]droid(?:\[bot\])?",)
    ),
    Assistant(
        "warp", addresses=("oz-agent@warp.dev", "agent@warp.dev"), names=(r"warp agent",), bare_names=("oz", "warp")
    ),
    Assistant("windsurf", names=(r"windsurf (?:cascade|agent|ai)",), bare_names=("windsurf",)),
    Assistant("cline", addresses=("noreply@cline.bot",), bare_names=("cline",)),
    Assistant("kiro", addresses=("noreply@kiro.dev",), names=(r"kiro agent",), bare_names=("kiro",)),
    Assistant("goose", addresses=("goose@block.xyz",), bare_names=("goose",)),
    Assistant("crush", addresses=("crush@charm.land",), bare_names=("crush",)),
    Assistant("junie", addresses=("junie@jetbrains.com",), logins=("jetbrains-junie[bot]",), names=(r"junie agent",)),
    Assistant("amazon-q", logins=("amazon-q-developer[bot]",), names=(r"amazon q(?: developer)?",)),
    Assistant("lovable", logins=("lovable-dev[bot]", "gpt-engineer-app[bot]"), names=(r"lovable-dev(?:\[bot\])?",)),
    Assistant("chatgpt", names=(r"(?:openai )?chatgpt(?: .*)?",)),
    Assistant("roo-code", names=(r"roo code",)),
    Assistant("kilo-code", names=(r"kilo code",)),
    Assistant(
        "claude-code",
        ids=(209825114,),
        logins=("claude[bot]", "anthropic-code-agent[bot]"),
        addresses=(
            "noreply@anthropic.com",
            "no-reply@anthropic.com",
            "claude@anthropic.com",
            "claude-code@anthropic.com",
            "claude-3-5-sonnet@anthropic.com",
            "claude@users.noreply.github.com",
        ),
        names=(
            rf"claude (?:code|agent)\b(?:.*?\b(?P<model>{_CLAUDE_MODEL}))?.*",
            rf"(?P<model>{_CLAUDE_MODEL})(?: \(.*\))?",
            r"claude\[bot\]",
        ),
        bare_names=("claude",),
        models=(_CLAUDE_MODEL + r"(?:-[\w.]+)*", r"claude-[\w.-]+", r"(?:opus|sonnet|haiku|fable) \d[\d.]*"),
        branches=(r"claude/",),
        bodies=(
            r"generated with \[?claude code\]?|🤖 generated with \[?claude|\(https://claude\.(?:ai|com)/(?:claude-)?code\)",
        ),
        sessions=(r"https://claude\.ai/code/(?P<id>session_[\w-]{1,80})",),
    ),
)

# Accounts that do a chore: releases, dependencies, formatting. An assistant's own account is not among them.
BOTS = frozenset(
    """
    dependabot dependabot-preview renovate renovate-bot renovate-approve self-hosted-renovate greenkeeper pyup-bot
    greenkeeperio-bot snyk-bot deepsource-autofix depfu github-actions gemini-cli-robot semantic-release-bot
    release-please googleapis-publisher copybara-service mergify pre-commit-ci allcontributors allcontributors-bot
    codecov netlify vercel imgbot restyled-io web-flow weblate transifex-integration crowdin-bot lingohub stale bors
    homu k8s-ci-robot k8s-release-robot openshift-merge-robot openshift-bot gitguardian sonarcloud fossabot
    mend-bolt azure-pipelines tidelift changeset-bot auto-submit rust-timer rustbot meeseeksmachine meeseeksdev
    """.split()  # noqa: SIM905 - a paragraph of names reads better than a column
)
_RELEASES = re.compile(
    r"(?:[\w-]+-)?(?:release|releases|releaser|publish|version|ci|dependency|deps|update)-?(?:bot|robot)"
)


def is_chore(login: str) -> bool:
    """Whether an account, without `[bot]` and in lower case, is known for doing chores."""
    return login in BOTS or _RELEASES.fullmatch(login) is not None
