"""Where things lie: our own files, and the settings of tools. The platform is passed in, so that all can be tested."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

NAME = "code-card"


@dataclass(frozen=True)
class Places:
    """`platform` as `sys.platform` tells it: linux, darwin, win32."""

    home: Path
    platform: str = sys.platform
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @classmethod
    def here(cls) -> Places:
        return cls(Path.home())

    def folder(self, variable: str, *default: str) -> Path:
        """What a variable of the environment names, else a folder of the home."""
        named = self.environment.get(variable, "")
        return Path(named) if named else self.home.joinpath(*default)

    @property
    def own(self) -> Path:
        """Keys, and what is needed to undo."""
        if self.platform == "darwin":
            return self.home / "Library" / "Application Support" / NAME
        if self.platform == "win32":
            return self.folder("APPDATA", "AppData", "Roaming") / NAME
        return self.folder("XDG_CONFIG_HOME", ".config") / NAME

    @property
    def state(self) -> Path:
        """What waits to be sent or compared; it may be lost."""
        if self.platform == "darwin":
            return self.own / "state"
        if self.platform == "win32":
            return self.folder("LOCALAPPDATA", "AppData", "Local") / NAME
        return self.folder("XDG_STATE_HOME", ".local", "state") / NAME

    @property
    def claude(self) -> Path:
        return self.folder("CLAUDE_CONFIG_DIR", ".claude")

    @property
    def codex(self) -> Path:
        return self.folder("CODEX_HOME", ".codex")

    @property
    def gemini(self) -> Path:
        return self.home / ".gemini"

    @property
    def vscode(self) -> Path:
        """The folder of the user's settings of VS Code."""
        if self.platform == "darwin":
            return self.home / "Library" / "Application Support" / "Code" / "User"
        if self.platform == "win32":
            return self.folder("APPDATA", "AppData", "Roaming") / "Code" / "User"
        return self.folder("XDG_CONFIG_HOME", ".config") / "Code" / "User"

    @property
    def claude_managed(self) -> Path:
        """Settings that an administrator of the machine puts above the user's."""
        if self.platform == "darwin":
            return Path("/Library/Application Support/ClaudeCode/managed-settings.json")
        if self.platform == "win32":
            return Path("C:\\Program Files\\ClaudeCode\\managed-settings.json")
        return Path("/etc/claude-code/managed-settings.json")

    def has_command(self, name: str) -> bool:
        return shutil.which(name, path=self.environment.get("PATH", "")) is not None
