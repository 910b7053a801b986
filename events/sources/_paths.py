"""What a path says of the work done there, before the path is dropped: a class of a closed set, and a language.

The tables are read in order and the first that matches wins: what a file is for (a test, a migration) says more than
how it is written. Only names are read, so a guess is a guess; `other` is an honest answer.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from events.schema import PathClass, TaskType

LANGUAGES = {
    "Python": "py pyi pyx ipynb",
    "JavaScript": "js jsx mjs cjs",
    "TypeScript": "ts tsx mts cts",
    "Go": "go",
    "Java": "java",
    "Kotlin": "kt kts",
    "Scala": "scala sc",
    "Groovy": "groovy gradle",
    "Clojure": "clj cljs cljc",
    "Ruby": "rb rake gemspec ru",
    "Rust": "rs",
    "PHP": "php phtml",
    "C#": "cs csx",
    "F#": "fs fsx",
    "Visual Basic": "vb",
    "C": "c h",
    "C++": "cc cpp cxx hh hpp hxx inl",
    "Objective-C": "m mm",
    "Swift": "swift",
    "Dart": "dart",
    "Elixir": "ex exs",
    "Erlang": "erl hrl",
    "Haskell": "hs lhs",
    "OCaml": "ml mli",
    "Lua": "lua",
    "Perl": "pl pm",
    "R": "r rmd",
    "Julia": "jl",
    "Zig": "zig",
    "Shell": "sh bash zsh fish",
    "PowerShell": "ps1 psm1 psd1",
    "SQL": "sql psql",
    "HTML": "html htm xhtml",
    "CSS": "css",
    "SCSS": "scss sass",
    "Less": "less",
    "Vue": "vue",
    "Svelte": "svelte",
    "Markdown": "md mdx markdown",
    "reStructuredText": "rst",
    "JSON": "json jsonc json5",
    "YAML": "yml yaml",
    "TOML": "toml",
    "XML": "xml xsd xsl csproj vbproj fsproj props targets",
    "Terraform": "tf tfvars hcl",
    "Protocol Buffers": "proto",
    "GraphQL": "graphql gql",
    "Jinja": "j2 jinja jinja2",
    "ERB": "erb",
    "Handlebars": "hbs handlebars mustache",
    "Blade": "blade.php",
    "Razor": "cshtml razor",
    "Solidity": "sol",
    "Assembly": "asm s",
    "CMake": "cmake",
    "Nix": "nix",
}
_LANGUAGE_OF_EXTENSION = {extension: name for name, extensions in LANGUAGES.items() for extension in extensions.split()}
_LANGUAGE_OF_NAME = {
    "dockerfile": "Dockerfile",
    "containerfile": "Dockerfile",
    "makefile": "Makefile",
    "gnumakefile": "Makefile",
    "justfile": "Just",
    "rakefile": "Ruby",
    "gemfile": "Ruby",
    "guardfile": "Ruby",
    "podfile": "Ruby",
    "vagrantfile": "Ruby",
    "jenkinsfile": "Groovy",
    "cmakelists.txt": "CMake",
}


class _Rule(NamedTuple):
    """A path is of the class if one of its folders is called so, or its file's name matches, or its extension does."""

    path_class: PathClass
    folders: str = ""
    names: str = ""
    extensions: str = ""


_CODE = r"(?:py|js|jsx|ts|tsx|mjs|cjs|go|java|kt|scala|rb|rs|php|cs|ex|exs|swift|dart|c|cc|cpp|vue|sql|groovy)"
# All in lower case; words of a CamelCase name are told apart by `_` first, so that UserController.java reads
# user_controller.java. The order is that of "what is it for": a test of a view is a test.
_RULES = (
    _Rule(
        "test",
        "test tests testing spec specs __tests__ __mocks__ __snapshots__ e2e cypress playwright testdata test_data",
        rf"(?:test_.+|tests?|conftest|.+_(?:tests?|spec|specs)|.+[.-](?:test|spec|cy|e2e)|spec_helper)\.{_CODE}"
        r"|pytest\.ini|(?:jest|vitest|karma|cypress|playwright)\.(?:config\.)?\w+|phpunit\.xml(?:\.dist)?|\.rspec",
        "feature snap",
    ),
    _Rule(
        "migration",
        "migrations migration migrate alembic flyway liquibase",
        rf"[vur]_?\d[\d._]*__.+\.sql|\d{{8,}}[_-].+\.{_CODE}|\d{{3,6}}_.+\.(?:up|down)\.sql"
        rf"|.*changelog.*\.(?:sql|xml|yml|yaml)|(?:.+_)?migrations?\.{_CODE}|alembic\.ini|schema\.(?:rb|sql)|structure\.sql",
    ),
    _Rule(
        "template",
        "templates template partials layouts styles stylesheets css scss components widgets",
        r".+\.component\.(?:ts|js)",
        "html htm xhtml j2 jinja jinja2 erb haml slim hbs handlebars mustache blade.php twig tpl tmpl gotmpl ejs pug"
        " liquid cshtml razor vue svelte astro jsx tsx css scss sass less styl phtml xaml",
    ),
    _Rule(
        "serializer",
        "serializers serializer schemas dto dtos marshallers",
        rf"(?:.+_)?(?:serializers?|schemas?|dtos?|marshallers?)\.{_CODE}|.+\.(?:dto|schema|serializer)\.{_CODE}",
        "proto graphql gql avsc xsd",
    ),
    _Rule(
        "client",
        "clients client adapters adapter gateways gateway integrations connectors sdk",
        rf"(?:.+_)?(?:clients?|adapters?|gateway|connector|integration|sdk)\.{_CODE}|.+\.(?:client|adapter|gateway)\.{_CODE}",
    ),
    _Rule(
        "view",
        "views controllers routes routers handlers endpoints resolvers viewsets api graphql rest",
        rf"(?:.+_)?(?:views?|viewsets?|urls|routes?|routers?|routing|controllers?|handlers?|endpoints?|resolvers?|api)\.{_CODE}"
        rf"|.+\.(?:controller|route|router|routes|handler|resolver)\.{_CODE}",
    ),
    _Rule(
        "model",
        "models model entities entity domain",
        rf"(?:.+_)?(?:models?|entity|entities|orm|repository|dao)\.{_CODE}|.+\.(?:model|entity)\.{_CODE}|schema\.prisma",
        "prisma",
    ),
    _Rule(
        "numeric",
        "numeric numerics algorithms algorithm algo math maths linalg statistics stats simulation",
        rf"(?:.+_)?(?:numeric|algorithms?|algo|maths?|linalg|matrix|statistics|stats|interpolation|solver|calc|calculator"
        rf"|calculations?)\.{_CODE}",
        "jl r ipynb f90 f95 f03 for cu",
    ),
    _Rule(
        "build",
        ".github .gitlab .circleci .ci ci docker scripts.build helm terraform",
        r"(?:docker|container)file(?:\..+)?|.+\.dockerfile|(?:gnu)?makefile|justfile|rakefile|jenkinsfile|procfile|vagrantfile"
        r"|(?:docker-)?compose(?:\..+)?\.ya?ml|\.(?:gitlab-ci|travis|drone)\.ya?ml|azure-pipelines\.ya?ml|cloudbuild\.ya?ml"
        r"|bitbucket-pipelines\.ya?ml|setup\.(?:py|cfg)|pyproject\.toml|requirements.*\.(?:txt|in)|pipfile(?:\.lock)?"
        r"|package(?:-lock)?\.json|pnpm-.+\.yaml|bun\.lockb?|(?:lerna|nx|turbo)\.json|.+\.lock|go\.(?:mod|sum|work)"
        r"|cargo\.toml|pom\.xml|(?:build|settings)\.gradle(?:\.kts)?|gradlew(?:\.bat)?|mvnw(?:\.cmd)?|build\.(?:sbt|xml|rs)"
        r"|gemfile(?:\.lock)?|composer\.(?:json|lock)|cmakelists\.txt|mix\.exs|meson\.build|build(?:\.bazel)?|workspace"
        r"|(?:webpack|rollup|vite|esbuild|babel|gulpfile|gruntfile|tsup)(?:\.config)?\.\w+|tox\.ini|noxfile\.py|directory\..+\.props",
        "gemspec csproj fsproj vbproj sln slnx props targets gradle cmake bzl mk tf tfvars hcl nuspec",
    ),
    _Rule(
        "docs",
        "docs doc documentation adr wiki man",
        r"(?:readme|changelog|changes|contributing|license|licence|copying|notice|authors|security|code_of_conduct|history|news)"
        r"(?:[._-].+)?",
        "md mdx markdown rst adoc asciidoc tex txt",
    ),
    _Rule(
        "config",
        "config configs conf settings .vscode .idea .config",
        rf"(?:.+_)?(?:settings|config|configuration|constants?|conf)\.{_CODE}|\.env(?:\..+)?|\.[^.]+(?:rc|ignore)|\.editorconfig"
        r"|\.gitattributes|.+\.config\.\w+|web\.config|appsettings.*\.json",
        "ini cfg conf toml yaml yml json json5 jsonc properties env plist xml editorconfig",
    ),
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_HOME = re.compile(r"(?:/root|/(?:home|users)/[^/]+|[a-z]:/users/[^/]+|[a-z]:)(?=/)", re.IGNORECASE)
_LONGEST_NAME = 200
_FOLDERS = [(rule.path_class, frozenset(rule.folders.split())) for rule in _RULES]
_NAMES = [(rule.path_class, re.compile(rule.names)) for rule in _RULES if rule.names]
_EXTENSIONS = {extension: rule.path_class for rule in _RULES for extension in rule.extensions.split()}
_ABOVE_ALL: tuple[PathClass, ...] = ("test", "migration")  # whatever is in such a folder
_WEAK: frozenset[PathClass] = frozenset({"docs", "config"})  # a .txt in templates/ is a template


@lru_cache(maxsize=4096)
def classify(path: str) -> tuple[PathClass, str | None]:
    """The class of a path and its language, None where unknown. Either kind of slash; case doesn't matter."""
    path = path.replace("\\", "/")
    name = path.rpartition("/")[2][-_LONGEST_NAME:]
    suffixes = _suffixes(name.lower())
    return _class_of(_folders(path.lower()), _words(name), suffixes), _language_of(name.lower(), suffixes)


def by_no_rule(path: str) -> TaskType | None:
    """Where an organization has no rules of its own."""
    return None


class Told(NamedTuple):
    """A path as a tool on somebody's machine told it. `is_absolute`: nobody tells where its repository begins."""

    path: str
    is_absolute: bool


def told(path: str) -> Told:
    """With one kind of slash, and without the home above it."""
    path = path.replace("\\", "/")
    home = _HOME.match(path)
    below = path[home.end() :] if home else path
    return Told("/".join(part for part in below.split("/") if part not in ("", ".")), below.startswith("/"))


def _class_of(folders: frozenset[str], name: str, suffixes: list[str]) -> PathClass:
    by_folder = [path_class for path_class, words in _FOLDERS if words & folders]
    by_name = [path_class for path_class, pattern in _NAMES if pattern.fullmatch(name)]
    by_extension = [_EXTENSIONS[suffix] for suffix in suffixes if suffix in _EXTENSIONS]
    above_all = [path_class for path_class in _ABOVE_ALL if path_class in (*by_name, *by_folder, *by_extension)]
    weak = [path_class for path_class in by_extension if path_class in _WEAK]
    strong = [path_class for path_class in by_extension if path_class not in _WEAK]
    return next(iter([*above_all, *by_name, *strong, *by_folder, *weak]), "other")


def _folders(path: str) -> frozenset[str]:
    """The folders of a path, without those above a project: `/home/test/docs/main.py` is no test and no document.

    What an absolute path's project is called nobody tells us: one folder below the home is left out for it.
    """
    rest = _HOME.sub("", path, count=1)
    folders = rest.split("/")[:-1]
    return frozenset(folders[2:] if rest.startswith("/") else folders)


def _words(name: str) -> str:
    return _CAMEL.sub("_", name).lower()


def _suffixes(name: str) -> list[str]:
    """Longest first: `x.blade.php` has `blade.php` and `php`."""
    parts = name.split(".")
    return [".".join(parts[start:]) for start in range(max(1, len(parts) - 2), len(parts))]


def _language_of(name: str, suffixes: list[str]) -> str | None:
    known = (_LANGUAGE_OF_EXTENSION.get(suffix) for suffix in suffixes)
    return _LANGUAGE_OF_NAME.get(name) or next(filter(None, known), None)
