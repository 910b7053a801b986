"""Splits a shell command line into words and operators, as far as it takes to tell which programs it runs.

Quoting, comments, here-documents, redirections and substitutions are followed; nothing is expanded: a substitution
stands in its word as `$`. Never raises; linear in the length of the line.
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

_PLAIN = re.compile(r"[^\s'\"\\$`;&|()<>#]+|.", re.DOTALL)
_OPERATOR = re.compile(r"&&|\|\||\|&|;;&?|;&|[;&|()]")
_REDIRECTION = re.compile(r"&?(?:<<<|[<>]{1,2})[&|]?")
_HERE_DOCUMENT = re.compile(r"<<-?[ \t]*['\"\\]?(?P<end>[\w.!-]+)['\"]?")
_ANSI_QUOTED = re.compile(r"\$'(?:[^'\\]|\\.)*+'", re.DOTALL)
_DOUBLE_QUOTED = re.compile(r'[^"\\$`]+')
_IN_SUBSTITUTION = re.compile(r"\\.|['\"()\n]|<<<|<<", re.DOTALL)
_IN_DOUBLE_QUOTES = re.compile(r'\\.|"|\$\(', re.DOTALL)


class Token(NamedTuple):
    text: str
    is_operator: bool


class Line(NamedTuple):
    """`is_whole` is False where a quote, a substitution or a here-document doesn't end: the line was cut."""

    tokens: list[Token]
    is_whole: bool


def split(text: str) -> Line:
    reader = _Reader(text)
    while reader.at < len(text):
        reader.step()
    reader.end_word()
    return Line(reader.tokens, reader.is_whole)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.tokens: list[Token] = []
        self.word: list[str] | None = None
        self.here_documents: list[str] = []
        self.is_target = False  # the next word is a redirection's
        self.is_whole = True

    def step(self) -> None:
        char = self.text[self.at]
        if handler := _HANDLERS.get(char):
            handler(self)
        elif char.isspace():
            self.end_word()
            self.at += 1
        elif char == "#" and self.word is None:
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end
        else:
            self.plain()

    def put(self, text: str) -> None:
        if self.word is None:
            self.word = []
        self.word.append(text)

    def plain(self) -> None:
        match = _PLAIN.match(self.text, self.at)
        assert match  # any character matches
        self.put(match[0])
        self.at = match.end()

    def end_word(self) -> None:
        if self.word is not None and not self.is_target:
            self.tokens.append(Token("".join(self.word), False))
        if self.word is not None:
            self.word, self.is_target = None, False

    def go_past(self, end: int) -> None:
        """Go on after the character at `end`, or stop if there is none."""
        self.is_whole = self.is_whole and end >= 0
        self.at = len(self.text) if end < 0 else end + 1

    def escape(self) -> None:
        escaped = self.text[self.at + 1 : self.at + 2]
        if escaped != "\n":
            self.put(escaped)
        self.at += 2

    def single_quotes(self) -> None:
        end = self.text.find("'", self.at + 1)
        self.put(self.text[self.at + 1 : len(self.text) if end < 0 else end])
        self.go_past(end)

    def double_quotes(self) -> None:
        self.put("")
        self.at += 1
        while self.at < len(self.text) and self.text[self.at] != '"':
            self.in_double_quotes()
        self.go_past(self.at if self.at < len(self.text) else -1)

    def in_double_quotes(self) -> None:
        char = self.text[self.at]
        if char == "\\":
            self.escape()
        elif char == "$":
            self.dollar()
        elif char == "`":
            self.backquotes()
        elif match := _DOUBLE_QUOTED.match(self.text, self.at):
            self.put(match[0])
            self.at = match.end()

    def dollar(self) -> None:
        self.put("$")
        if self.text.startswith("$(", self.at):
            self.go_past(_end_of_substitution(self.text, self.at + 2))
        elif self.text.startswith("${", self.at):
            self.go_past(self.text.find("}", self.at))
        elif self.word == ["$"] and (match := _ANSI_QUOTED.match(self.text, self.at)):
            self.at = match.end()
        else:
            self.at += 1

    def backquotes(self) -> None:
        self.put("$")
        self.go_past(self.text.find("`", self.at + 1))

    def operator(self) -> None:
        if self.text.startswith("&>", self.at):
            self.redirection()
            return
        self.end_word()
        match = _OPERATOR.match(self.text, self.at)
        assert match  # it is called on its first character
        self.tokens.append(Token(match[0], True))
        self.at = match.end()

    def newline(self) -> None:
        self.end_word()
        self.tokens.append(Token("\n", True))
        self.at, is_whole = _after_here_documents(self.text, self.at + 1, self.here_documents)
        self.here_documents, self.is_whole = [], self.is_whole and is_whole

    def redirection(self) -> None:
        if self.word is not None and "".join(self.word).isdigit():
            self.word = None  # the 2 of `2>`
        self.end_word()
        if self.text.startswith(("<(", ">("), self.at):
            self.put("$")
            self.go_past(_end_of_substitution(self.text, self.at + 2))
            return
        here = _here_document(self.text, self.at)
        if here:
            self.here_documents.append(here["end"])
        match = here or _REDIRECTION.match(self.text, self.at)
        assert match  # it is called on its first character
        self.at, self.is_target = match.end(), here is None


_HANDLERS: Mapping[str, Callable[[_Reader], None]] = {
    "\\": _Reader.escape,
    "'": _Reader.single_quotes,
    '"': _Reader.double_quotes,
    "$": _Reader.dollar,
    "`": _Reader.backquotes,
    "\n": _Reader.newline,
    "<": _Reader.redirection,
    ">": _Reader.redirection,
    **dict.fromkeys(";&|()", _Reader.operator),
}


def _here_document(text: str, at: int) -> re.Match[str] | None:
    return None if text.startswith("<<<", at) else _HERE_DOCUMENT.match(text, at)


def _after_here_documents(text: str, at: int, ends: list[str]) -> tuple[int, bool]:
    for end in ends:
        match = re.compile(rf"^\t*{re.escape(end)}$", re.MULTILINE).search(text, at)
        if not match:
            return len(text), False
        at = match.end()
    return at, True


def _end_of_substitution(text: str, at: int) -> int:
    """The place of the parenthesis that ends `$(`, whose content begins at `at`; -1 if it doesn't end."""
    open_marks, here_documents = [")"], list[str]()
    while open_marks:
        in_quotes = open_marks[-1] == '"'
        match = (_IN_DOUBLE_QUOTES if in_quotes else _IN_SUBSTITUTION).search(text, at)
        if not match:
            return -1
        mark, at = match[0], match.end()
        if mark == open_marks[-1]:
            open_marks.pop()
        elif mark == '"':
            open_marks.append('"')
        elif mark in ("(", "$("):
            open_marks.append(")")
        elif not in_quotes:
            at = _skip(text, match, here_documents)
    return at - 1


def _skip(text: str, match: re.Match[str], here_documents: list[str]) -> int:
    """Where to go on after a quoted text, a here-document's name, or its lines."""
    if match[0] == "'":
        end = text.find("'", match.end())
        return len(text) if end < 0 else end + 1
    if match[0] == "<<" and (here := _here_document(text, match.start())):
        here_documents.append(here["end"])
        return here.end()
    if match[0] == "\n":
        at, _ = _after_here_documents(text, match.end(), here_documents)
        here_documents.clear()
        return at
    return match.end()
