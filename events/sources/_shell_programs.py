"""The program that a simple command runs in the end, behind what only wraps it (`env`, `timeout 60`, `uv run`, …)."""

import re
from collections.abc import Callable
from typing import NamedTuple

Words = list[str]

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=.*", re.DOTALL)
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*|py")
_SUFFIX = re.compile(r"\.(?:exe|cmd|bat|ps1)$")
_MOST_WRAPPERS = 12


class Wrapper(NamedTuple):
    """`words` follow the program's name; `values`: options that take a word; `operands`: words before the command."""

    words: str = ""
    values: str = ""
    operands: int = 0


_UV = "--with --extra --group --python -p --env-file --package --project --directory --index --from --with-requirements"
_DOCKER = (
    "-e --env -u --user -w --workdir --entrypoint -v --volume --name -p --publish --env-file -f --file --profile"
    " --network"
)
_WRAPPERS: dict[str, tuple[Wrapper, ...]] = {
    "env": (Wrapper(values="-u --unset -C --chdir"),),
    "sudo": (Wrapper(values="-u -g -C -D --user --group"),),
    "time": (Wrapper(values="-f -o"),),
    "timeout": (Wrapper(values="-s --signal -k --kill-after", operands=1),),
    "gtimeout": (Wrapper(values="-s --signal -k --kill-after", operands=1),),
    "nice": (Wrapper(values="-n --adjustment"),),
    "ionice": (Wrapper(values="-c -n"),),
    "stdbuf": (Wrapper(values="-i -o -e"),),
    "xvfb-run": (Wrapper(values="-s -n -e"),),
    **dict.fromkeys(("nohup", "command", "exec", "builtin", "caffeinate", "unbuffer", "npx", "bunx"), (Wrapper(),)),
    "uv": (Wrapper("run", _UV), Wrapper("tool run", _UV)),
    "uvx": (Wrapper(values=_UV),),
    "pipx": (Wrapper("run", "--spec"),),
    **dict.fromkeys(("poetry", "pipenv", "pdm", "rye", "pixi", "hatch"), (Wrapper("run", "-e --environment -C -p"),)),
    **dict.fromkeys(("conda", "mamba", "micromamba"), (Wrapper("run", "-n --name -p --prefix"),)),
    "npm": (Wrapper("exec"), Wrapper("x")),
    "pnpm": (Wrapper("exec", "-C --dir --filter"), Wrapper("dlx")),
    "yarn": (Wrapper("exec"), Wrapper("dlx")),
    "bun": (Wrapper("x"),),
    "bundle": (Wrapper("exec"),),
    "php": (Wrapper(values="-d -c"),),
    "direnv": (Wrapper("exec", operands=1),),
    "dotenv": (Wrapper("run", "-f --file"), Wrapper(values="-f --file -e")),
    "doppler": (Wrapper("run", "-p -c"),),
    "mise": (Wrapper("exec"), Wrapper("x")),
    "docker": (
        Wrapper("compose exec", _DOCKER, 1),
        Wrapper("compose run", _DOCKER, 1),
        Wrapper("exec", _DOCKER, 1),
        Wrapper("run", _DOCKER, 1),
    ),
    "docker-compose": (Wrapper("exec", _DOCKER, 1), Wrapper("run", _DOCKER, 1)),
}
_WRAPPERS["podman"] = _WRAPPERS["docker"]
_SCRIPT_RUNNERS = frozenset({"npm", "pnpm", "yarn", "bun"})


def program_of(words: Words) -> Words:
    """The program's plain name and its arguments; empty where there is none (only assignments, say)."""
    for _ in range(_MOST_WRAPPERS):
        words = _without_assignments(words)
        if not words:
            return []
        words = [name_of(words[0]), *words[1:]]
        inner = _unwrapped(words)
        if inner is None:
            return words
        words = inner
    return words


def name_of(program: str) -> str:
    return _SUFFIX.sub("", program.replace("\\", "/").rpartition("/")[2])


def _without_assignments(words: Words) -> Words:
    start = next((index for index, word in enumerate(words) if not _ASSIGNMENT.fullmatch(word)), len(words))
    return words[start:]


def _unwrapped(words: Words) -> Words | None:
    program, arguments = words[0], words[1:]
    if _PYTHON.fullmatch(program):
        return _of_python(arguments)
    special = _SPECIAL.get(program)
    if special and (inner := special(arguments)):
        return inner
    found = (_behind(wrapper, arguments) for wrapper in _WRAPPERS.get(program, ()))
    return next((inner for inner in found if inner is not None), None)


def _behind(wrapper: Wrapper, arguments: Words) -> Words | None:
    values = frozenset(wrapper.values.split())
    for word in wrapper.words.split():
        arguments = _after_options(arguments, values)
        if arguments[:1] != [word]:
            return None
        arguments = arguments[1:]
    for _ in range(wrapper.operands):
        arguments = _after_options(arguments, values)[1:]
    return _after_options(arguments, values)


def _after_options(words: Words, values: frozenset[str]) -> Words:
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] != "--":
        at += 2 if words[at] in values else 1
    return words[at + 1 :] if words[at : at + 1] == ["--"] else words[at:]


def _of_python(arguments: Words) -> Words | None:
    """What `python -m module` or `python script` runs; None for `-c` and the like."""
    words = iter(enumerate(arguments))
    for at, word in words:
        if word == "-m":
            return arguments[at + 1 :] or None
        if word in ("-W", "-X"):
            next(words, None)
        elif not word.startswith("-"):
            return arguments[at:] if name_of(word) in ("manage.py", "setup.py") else None
        elif word == "-c":
            return None
    return None


def _of_coverage(arguments: Words) -> Words | None:
    values = frozenset({"--source", "--rcfile", "--omit", "--include", "--data-file", "--context", "--concurrency"})
    if arguments[:1] != ["run"]:
        return None
    at = next((at for at, word in enumerate(arguments) if word == "-m"), None)
    return arguments[at + 1 :] if at is not None else _of_python(_after_options(arguments[1:], values))


def _of_cargo(arguments: Words) -> Words | None:
    words = [word for word in arguments if not word.startswith("+")]
    return ["cargo-nextest", *words[1:]] if words[:1] == ["nextest"] else None


def _of_script_runner(program: str) -> Callable[[Words], Words | None]:
    """`npm run test` is `npm test`. `yarn jest` runs jest, as `pnpm` and `bunx` do."""

    def inner(arguments: Words) -> Words | None:
        arguments = _after_options(arguments, _FOLDERS)
        if arguments[:1] in (["run"], ["run-script"]):
            return ["bun-run" if program == "bun" else program, *_after_options(arguments[1:], frozenset())]
        if program == "yarn" and arguments[:1] == ["workspace"]:
            return ["yarn", *arguments[2:]]
        is_tool = program != "npm" and arguments[:1] and arguments[0] in _TOOLS
        return arguments if is_tool else None

    return inner


_FOLDERS = frozenset({"-C", "--prefix", "--cwd", "--dir", "--filter", "-F", "-w", "--workspace"})
_TOOLS = frozenset({
    "jest", "vitest", "mocha", "ava", "jasmine", "karma", "playwright", "cypress",
})  # fmt: skip
_SPECIAL: dict[str, Callable[[Words], Words | None]] = {
    "coverage": _of_coverage,
    "cargo": _of_cargo,
    **{program: _of_script_runner(program) for program in _SCRIPT_RUNNERS},
}
