"""One spelling of a programming language, whichever way a tool names it."""

from functools import lru_cache

from events.sources._paths import LANGUAGES

_ALIASES = {
    "javascriptreact": "JavaScript", "jsx": "JavaScript", "node": "JavaScript", "typescriptreact": "TypeScript",
    "tsx": "TypeScript", "csharp": "C#", "fsharp": "F#", "cpp": "C++", "objective-cpp": "Objective-C", "golang": "Go",
    "shellscript": "Shell", "bash": "Shell", "sh": "Shell", "zsh": "Shell", "restructuredtext": "reStructuredText",
    "vue-html": "Vue", "html+erb": "ERB", "yml": "YAML", "proto3": "Protocol Buffers", "proto": "Protocol Buffers",
    "protobuf": "Protocol Buffers", "jsonc": "JSON", "hcl": "Terraform", "vb": "Visual Basic", "sass": "SCSS",
    "py": "Python", "python3": "Python", "jupyter": "Python", "js": "JavaScript", "ts": "TypeScript", "rb": "Ruby",
    "rs": "Rust", "kt": "Kotlin", "md": "Markdown", "docker": "Dockerfile", "dockerfile": "Dockerfile",
    "makefile": "Makefile",
}  # fmt: skip
_SPELLINGS = {name.lower(): name for name in LANGUAGES} | _ALIASES


@lru_cache(maxsize=4096)
def spelled(told: str) -> str | None:
    """The language's name; an unknown one in lower case, so that case makes no second language; None for blank."""
    plain = told.strip().lower()[:200]
    return _SPELLINGS.get(plain, plain) or None
