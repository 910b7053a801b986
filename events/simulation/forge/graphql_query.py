"""Reading a GraphQL query: one operation with variables, arguments, aliases and fragments."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

_TOKEN = re.compile(r'\s*(?:,|#[^\n]*)*\s*(\.\.\.|[_A-Za-z]\w*|\$\w+|-?\d+|"(?:[^"\\]|\\.)*"|[{}()\[\]:!=@|])')


class Wrong(Exception):
    """The query can't be answered; the text says why."""


class Field(NamedTuple):
    alias: str
    name: str
    arguments: dict[str, Any]
    fields: list["Field | Fragment"]


class Fragment(NamedTuple):
    on: str | None
    fields: list["Field | Fragment"]


def read(text: str, variables: Mapping[str, Any]) -> list["Field | Fragment"]:
    """The fields of the operation, values of variables put in, and fragments where they are spread.

    :raises Wrong: for what can't be read.
    """
    return _Reader(text, variables).operation()


class _Reader:
    def __init__(self, text: str, variables: Mapping[str, Any]) -> None:
        self.tokens = _TOKEN.findall(text)
        self.at, self.variables = 0, dict(variables)
        self.fragments: dict[str, Fragment] = {}

    def operation(self) -> list[Field | Fragment]:
        """The fields of the one operation; fragments are taken in where they are spread."""
        found: list[Field | Fragment] = []
        while self.at < len(self.tokens):
            if self.peek() == "fragment":
                self.take()
                name, _, on = self.take(), self.take(), self.take()
                self.fragments[name] = Fragment(on, self.selection())
            else:
                while self.peek() != "{":
                    self.declaration() if self.peek() == "(" else self.take()
                found = self.selection()
        return self.spread(found)

    def declaration(self) -> None:
        """Variables with their types, of which only the defaults matter."""
        name = ""
        while (word := self.take()) != ")":
            if word.startswith("$"):
                name = word[1:]
            elif word == "=":
                self.variables.setdefault(name, self.value())

    def selection(self) -> list[Field | Fragment]:
        self.take("{")
        found: list[Field | Fragment] = []
        while self.peek() != "}":
            found.append(self.fragment() if self.peek() == "..." else self.field())
        self.take("}")
        return found

    def fragment(self) -> Fragment:
        self.take("...")
        if self.peek() == "on":
            self.take()
            return Fragment(self.take(), self.selection())
        return Fragment(f"...{self.take()}", [])

    def field(self) -> Field:
        alias = name = self.take()
        if self.peek() == ":":
            self.take()
            name = self.take()
        arguments = {}
        if self.peek() == "(":
            self.take()
            while self.peek() != ")":
                key, _ = self.take(), self.take(":")
                arguments[key] = self.value()
            self.take(")")
        return Field(alias, name, arguments, self.selection() if self.peek() == "{" else [])

    def value(self) -> Any:
        word = self.take()
        if word == "[":
            found = []
            while self.peek() != "]":
                found.append(self.value())
            self.take("]")
            return found
        if word == "{":
            told = {}
            while self.peek() != "}":
                key, _ = self.take(), self.take(":")
                told[key] = self.value()
            self.take("}")
            return told
        return self.scalar(word)

    def scalar(self, word: str) -> Any:
        if word.startswith("$"):
            return self.variables.get(word[1:])
        if word.startswith('"'):
            return word[1:-1]
        return {"true": True, "false": False, "null": None}.get(word, int(word) if word.lstrip("-").isdigit() else word)

    def spread(self, fields: list[Field | Fragment]) -> list[Field | Fragment]:
        found: list[Field | Fragment] = []
        for one in fields:
            if isinstance(one, Fragment) and one.on and one.on.startswith("..."):
                if one.on[3:] not in self.fragments:
                    raise Wrong(f"Fragment {one.on[3:]} was used, but not defined")
                one = self.fragments[one.on[3:]]
            found.append(one._replace(fields=self.spread(one.fields)))
        return found

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        word = self.peek()
        if not word or (wanted and word != wanted):
            raise Wrong(f"Parse error on {word!r}")
        self.at += 1
        return word
