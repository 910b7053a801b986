"""What a shell command line was, before it is dropped: a run of tests, a commit, a push, a pull request.

Only the exit status of the whole line is known, so a run's outcome is told only where that status is the runner's own:
not behind a pipe without pipefail, before `||` or `;`, in the background, or in a loop. Then a status other than 0 is a
failed run, and 0 a passed one if the runner fails where it finds no test (`_shell_runners` says which do). Otherwise
the outcome is unknown, also where the line was cut.

Commits, pushes and pull requests count where the line ended with 0 and would have reached them.
"""

from collections import Counter
from collections.abc import Sequence
from functools import reduce
from typing import Literal, NamedTuple

from events.sources._shell_programs import program_of
from events.sources._shell_runners import run_of
from events.sources._shell_syntax import Token, split

Outcome = Literal["passed", "failed", "unknown"]
Act = Literal["commit", "push", "pull_request"]

_LONGEST = 100_000
_DEEPEST = 20
_SHELLS = frozenset({"bash", "sh", "zsh", "dash", "ksh", "fish"})
_HARMLESS = frozenset({
    "cd", "pushd", "popd", "export", "source", ".", "set", "shopt", "unset", "echo", "printf", "true", ":", "pwd",
    "mkdir", "touch", "ls", "cat", "tee", "tail", "date", "sleep", "which", "type", "alias", "ulimit", "umask",
    "trap", "clear", "nvm", "pyenv", "rbenv", "activate", "exit", "return", "local", "declare", "readonly",
})  # fmt: skip
"""What practically never fails: where it stands beside a runner, a status other than 0 is the runner's."""

_KEYWORDS = frozenset({
    "if", "then", "elif", "else", "fi", "while", "until", "for", "do", "done", "case", "esac", "select", "function",
    "in", "!", "{", "}", "[[",
})  # fmt: skip
_AND, _OR, _PIPES, _ENDS = "&&", "||", ("|", "|&"), (";", "\n", ";;", ";&", ";;&")


class ShellCall(NamedTuple):
    """`runner` is None where no tests were run."""

    runner: str | None = None
    is_passed_if_zero: bool = False
    is_failed_if_not: bool = False
    done: tuple[Act, ...] = ()

    @property
    def acts(self) -> Counter[Act]:
        """What the line did if it ended with 0."""
        return Counter(self.done)

    def outcome(self, succeeded: bool | None) -> Outcome:
        """The outcome of the run, by whether the line ended with status 0; None if nobody told."""
        if succeeded is None:
            return "unknown"
        if succeeded:
            return "passed" if self.is_passed_if_zero else "unknown"
        return "failed" if self.is_failed_if_not else "unknown"


class _Part(NamedTuple):
    """A part of the line: what its own status says about the runners in it."""

    runners: tuple[str, ...] = ()
    zero_is_pass: bool = True
    other_is_fail: bool = False
    is_harmless: bool = False
    acts: tuple[Act, ...] = ()


def read(line: str) -> ShellCall:
    """Never raises."""
    part, is_clear = _read(line, 0)
    runner = part.runners[0] if part.runners else None
    return ShellCall(
        runner, is_clear and bool(runner) and part.zero_is_pass, is_clear and part.other_is_fail, part.acts
    )


def _read(line: str, depth: int, options: Sequence[str] = ()) -> tuple[_Part, bool]:
    tokens, is_whole = split(line[:_LONGEST])
    parser = _Parser(tokens, depth)
    parser.note_options(options)
    part = parser.everything()
    return part, is_whole and parser.is_plain and len(line) <= _LONGEST


class _Parser:
    """Reads `list := and-or (; and-or)*`, `and-or := pipe (&& pipe)*`, `pipe := command (| command)*`."""

    def __init__(self, tokens: list[Token], depth: int) -> None:
        self.tokens, self.at, self.depth = tokens, 0, depth
        self.is_plain = True  # no loop, condition or function: there each command's fate is its own
        self.has_pipefail = self.has_errexit = False

    def everything(self) -> _Part:
        parts = [self.sequence()]
        while self.at < len(self.tokens):  # behind a parenthesis that nothing opened
            self.is_plain, self.at = False, self.at + 1
            parts.append(self.sequence())
        return reduce(_then, parts)

    def peek(self) -> str | None:
        """The operator that comes next, if one does."""
        token = self.tokens[self.at] if self.at < len(self.tokens) else None
        return token.text if token and token.is_operator else None

    def sequence(self) -> _Part:
        done: _Part | None = None
        while self.at < len(self.tokens) and self.peek() != ")":
            if self.peek() in (*_ENDS, "&", _AND, _OR, *_PIPES):
                self.at += 1
                continue
            part = self.and_or()
            if self.peek() == "&":
                part = _in_background(part)
            done = part if done is None else (_and if self.has_errexit else _then)(done, part)
        return done or _Part(is_harmless=True)

    def and_or(self) -> _Part:
        part = self.pipe()
        while (operator := self.peek()) in (_AND, _OR):
            self.skip()
            right = self.pipe()
            part = _and(part, right) if operator == _AND else _or(part, right)
        return part

    def pipe(self) -> _Part:
        part = self.command()
        while self.peek() in _PIPES:
            self.skip()
            part = (_and if self.has_pipefail else _then)(part, self.command())
        return part

    def skip(self) -> None:
        """An operator and the lines' ends that may follow it."""
        self.at += 1
        while self.peek() == "\n":
            self.at += 1

    def command(self) -> _Part:
        if self.peek() == "(":
            return self.group()
        words = []
        while self.at < len(self.tokens) and not self.tokens[self.at].is_operator:
            words.append(self.tokens[self.at].text)
            self.at += 1
        if words and self.peek() == "(":  # a function, an array, or what we don't understand
            self.is_plain = False
        return self.simple(words)

    def group(self) -> _Part:
        self.at, self.depth = self.at + 1, self.depth + 1
        if self.depth > _DEEPEST:
            self.is_plain, self.at = False, len(self.tokens)
            return _Part()
        part = self.sequence()
        self.is_plain = self.is_plain and self.peek() == ")"
        self.at, self.depth = self.at + 1, self.depth - 1
        while self.at < len(self.tokens) and not self.tokens[self.at].is_operator:
            self.at += 1  # words after a group can only be an error
        return part

    def simple(self, words: list[str]) -> _Part:
        start = next((at for at, word in enumerate(words) if word not in _KEYWORDS), len(words))
        self.is_plain = self.is_plain and not start
        program, *arguments = program_of(words[start:]) or [""]
        if program == "set":
            self.note_options(arguments)
        if program in _SHELLS and (line := _inner_line(arguments)) is not None:
            return self.nested(line, arguments)
        return _command(program, arguments)

    def note_options(self, arguments: Sequence[str]) -> None:
        """Of `set`, or of a shell's own call."""
        flags = "".join(word for word in arguments if word.startswith("-") and not word.startswith("--"))
        self.has_errexit = self.has_errexit or "e" in flags or "errexit" in arguments
        self.has_pipefail = self.has_pipefail or ("pipefail" in arguments and "o" in flags)

    def nested(self, line: str, arguments: list[str]) -> _Part:
        if self.depth >= _DEEPEST:
            return _Part()
        part, is_plain = _read(line, self.depth + 10, arguments)
        self.is_plain = self.is_plain and is_plain
        return part


def _inner_line(arguments: list[str]) -> str | None:
    """The line of `bash -c line`, also `-lc`, `-euo pipefail -c`."""
    for at, word in enumerate(arguments[:-1]):
        if word.startswith("-") and not word.startswith("--") and word.endswith("c"):
            return arguments[at + 1]
    return None


def _command(program: str, arguments: list[str]) -> _Part:
    run = run_of(program, arguments)
    if run:
        return _Part((run.runner,), run.proves, True)
    act = _act_of(program, arguments)
    return _Part(is_harmless=program in _HARMLESS or not program, acts=(act,) if act else ())


def _and(left: _Part, right: _Part) -> _Part:
    """`left && right`: 0 is 0 of both; another status is that of either."""
    return _Part(
        left.runners + right.runners,
        left.zero_is_pass and right.zero_is_pass,
        all(part.is_harmless or part.other_is_fail for part in (left, right)) and not _is_harmless(left, right),
        _is_harmless(left, right),
        left.acts + right.acts,
    )


def _then(left: _Part, right: _Part) -> _Part:
    """`left; right`, or a pipe: the status is the right one's, and nothing is known of the left."""
    return _Part(
        left.runners + right.runners,
        right.zero_is_pass and not left.runners,
        right.other_is_fail,
        _is_harmless(left, right),
        left.acts + right.acts,
    )


def _or(left: _Part, right: _Part) -> _Part:
    """`left || right`: 0 is 0 of either; another status is that of both."""
    return _Part(
        left.runners + right.runners,
        not left.runners and not right.runners,
        left.other_is_fail or right.other_is_fail,
        left.is_harmless,
        left.acts,
    )


def _in_background(part: _Part) -> _Part:
    return part._replace(zero_is_pass=not part.runners, other_is_fail=False)


def _is_harmless(left: _Part, right: _Part) -> bool:
    return left.is_harmless and right.is_harmless


_NOT_DONE = frozenset({"--dry-run", "--help", "-h", "--web", "-w"})
_PULL_REQUESTS = {
    "gh": (["pr", "create"], ["pr", "new"]),
    "glab": (["mr", "create"], ["mr", "new"]),
    "tea": (["pr", "create"], ["pulls", "create"]),
    "az": (["repos", "pr", "create"],),
    "hub": (["pull-request"],),
}


def _act_of(program: str, arguments: list[str]) -> Act | None:
    if program == "git":
        return _act_of_git(_git_words(arguments))
    is_request = any(arguments[: len(words)] == words for words in _PULL_REQUESTS.get(program, ()))
    return "pull_request" if is_request and not _NOT_DONE.intersection(arguments) else None


def _git_words(arguments: list[str]) -> list[str]:
    at = 0
    while at < len(arguments) and arguments[at].startswith("-"):
        at += 2 if arguments[at] in ("-C", "-c", "--git-dir", "--work-tree", "--namespace") else 1
    return arguments[at:]


def _act_of_git(words: list[str]) -> Act | None:
    options = frozenset(words)
    if words[:1] == ["commit"] and not options & {"--dry-run", "--help", "-h"}:
        return "commit"
    if words[:1] == ["push"] and not options & {"--dry-run", "-n", "--help", "-h", "--delete", "-d"}:
        return "push"
    return None
