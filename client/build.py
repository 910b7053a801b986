"""Builds `dist/code-card.pyz`, and the wheel for uvx and pip (PEP 517), with the standard library alone.

`python client/build.py` also puts the zip application into the npm package. Of the same files always the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import re
import sys
import tarfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGE = HERE / "code_card"
sys.path.insert(0, str(HERE))
VERSION: str = importlib.import_module("code_card").VERSION
_NAME = f"code_card-{VERSION}"
_ABOUT = f"Metadata-Version: 2.1\nName: code-card\nVersion: {VERSION}\nRequires-Python: >=3.9\n"
_ABOUT += "Summary: Connects tools that write software with AI to a Code Card server\nLicense: Apache-2.0\n"


def application() -> bytes:
    made: bytes = importlib.import_module("code_card.application").archive(PACKAGE)
    return made


def _wheel_files() -> dict[str, bytes]:
    found = {f"code_card/{path.name}": path.read_bytes() for path in sorted(PACKAGE.glob("*.py"))}
    about = f"{_NAME}.dist-info"
    found[f"{about}/METADATA"] = _ABOUT.encode()
    found[f"{about}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: code-card\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    found[f"{about}/entry_points.txt"] = b"[console_scripts]\ncode-card = code_card.cli:main\n"
    return found


def build_wheel(wheel_directory: str, config_settings: object = None, metadata_directory: object = None) -> str:
    name, found = f"{_NAME}-py3-none-any.whl", _wheel_files()
    listed = "".join(f"{path},sha256={_digest(data)},{len(data)}\n" for path, data in found.items())
    found[f"{_NAME}.dist-info/RECORD"] = f"{listed}{_NAME}.dist-info/RECORD,,\n".encode()
    with zipfile.ZipFile(Path(wheel_directory) / name, "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, data in found.items():
            wheel.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), data)
    return name


def build_sdist(sdist_directory: str, config_settings: object = None) -> str:
    name = f"{_NAME}.tar.gz"
    with tarfile.open(Path(sdist_directory) / name, "w:gz") as packed:
        for path in (HERE / "pyproject.toml", HERE / "build.py", *sorted(PACKAGE.glob("*.py"))):
            packed.add(path, f"{_NAME}/{path.relative_to(HERE).as_posix()}")
        about = Path(sdist_directory) / "PKG-INFO"
        about.write_text(_ABOUT)
        packed.add(about, f"{_NAME}/PKG-INFO")
        about.unlink()
    return name


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def main() -> None:
    told = re.search(r'"version": "([^"]+)"', (HERE / "npm" / "package.json").read_text())
    if told is None or told.group(1) != VERSION:
        raise SystemExit("npm/package.json has another version than code_card/__init__.py")
    for path in (HERE / "dist" / "code-card.pyz", HERE / "npm" / "code-card.pyz"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(application())
        path.chmod(0o755)
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
