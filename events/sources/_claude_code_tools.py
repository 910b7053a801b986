"""What Claude Code tells of a tool call where tool details are on: JSON in text, read and dropped again."""

from typing import TypeVar

import msgspec
from msgspec import Struct

from events.sources._base import Attributes

_LONGEST_VALUE = 512
"""In `tool_input` longer values are cut, which `tool_parameters` doesn't do."""


class Parameters(Struct):
    """`tool_parameters` of a shell call."""

    full_command: str | None = None
    git_commit_id: str | None = None
    git_branch: str | None = None


class Input(Struct):
    """`tool_input` of a shell call or an edit."""

    command: str | None = None
    file_path: str | None = None
    notebook_path: str | None = None
    run_in_background: bool = False


_Told = TypeVar("_Told", Parameters, Input)
_parameters = msgspec.json.Decoder(Parameters)
_input = msgspec.json.Decoder(Input)


def parameters(attributes: Attributes) -> Parameters:
    return _decoded(_parameters, attributes.get("tool_parameters"), Parameters())


def tool_input(attributes: Attributes) -> Input:
    return _decoded(_input, attributes.get("tool_input"), Input())


def _decoded(decoder: msgspec.json.Decoder[_Told], text: object, nothing: _Told) -> _Told:
    """Details are an extra: where they are cut or odd, the call is a call without details."""
    if not isinstance(text, str):
        return nothing
    try:
        return decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return nothing


def command_line(attributes: Attributes) -> str | None:
    """The whole command line of a shell call; None where it isn't told, or was cut."""
    told = parameters(attributes).full_command
    if told is not None:
        return told
    command = tool_input(attributes).command
    return command if command is not None and len(command) < _LONGEST_VALUE else None


def path(attributes: Attributes) -> str | None:
    """The file of an edit."""
    told = tool_input(attributes)
    return told.file_path or told.notebook_path
