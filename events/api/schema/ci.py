"""How reports of CI stand in the schema."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view

from events.api.schema._parts import COUNT, ERRORS, Decorator, an_object

_SHA: Final = "8a1c1b1f0c5e4f6d9b7a3c2d1e0f9a8b7c6d5e4f"
_PLAIN: Final = {"type": "string", "pattern": r"^[^\x00-\x1f\x7f]*$"}
_NUMBER: Final = {"type": "integer", "minimum": 1}
_PLACE: Final = [
    OpenApiParameter("repository", str, required=True, description="`owner/name`, or an address of it."),
    OpenApiParameter(
        "commit", {"type": "string", "pattern": "^[0-9a-fA-F]{40}([0-9a-fA-F]{24})?$"}, required=True,
        description="Full SHA of the commit that was tested; of a pull request, its head.",
    ),
    OpenApiParameter("branch", {**_PLAIN, "maxLength": 255}),
    OpenApiParameter("pull_request", {**_NUMBER, "maximum": 2**31 - 1}, description="Its number."),
    OpenApiParameter(
        "attempt", {**_NUMBER, "maximum": 1000}, description="Which attempt of the run this is, from 1: only the first"
        " one counts.",
    ),
    OpenApiParameter("job", {**_PLAIN, "maxLength": 200}, description="Tells parts of one run apart."),
    OpenApiParameter("dry_run", bool, description="Judge the report without storing it."),
]  # fmt: skip
_QUALITY: Final = [
    OpenApiParameter("root", {**_PLAIN, "maxLength": 1000}, description="Folder of the checkout, where the"
                     " report has absolute paths."),
    OpenApiParameter("ruleset", {"type": "string", "maxLength": 20000}, description="Whatever tells one configuration"
                     " from another, such as a hash of its file; kept as a hash. Another one begins a new series."),
    OpenApiParameter("version", {**_PLAIN, "maxLength": 60}, description="Of the tool, where the report"
                     " doesn't tell it."),
    OpenApiParameter("format", str, enum=["ruff", "flake8", "radon", "complexipy", "sarif"], description="Where an"
                     " empty report doesn't tell it by itself."),
]  # fmt: skip
_COMMON: Final = {
    "repository": {"type": "string"},
    "commit": {"type": "string"},
    "pull_requests": {**COUNT, "description": "How many the commit is known to be of. 0: it may be told later."},
}
_DUPLICATE: Final = {"type": "boolean", "description": "Known already; nothing was stored again."}
_JUNIT_RESULT: Final = an_object(
    {
        **_COMMON, "passed": COUNT, "failed": {**COUNT, "description": "With those that broke before they could fail."},
        "skipped": COUNT, "seconds": {"type": "number", "minimum": 0}, "is_duplicate": _DUPLICATE,
        "dry_run": {"type": "boolean"},
    }
)  # fmt: skip
_REPORT: Final = an_object(
    {
        "tool": {"type": "string"}, "kind": {"type": "string", "enum": ["style", "complexity"]}, "files": COUNT,
        "files_outside": {**COUNT, "description": "Outside of `root`, and dropped."}, "violations": COUNT,
        "functions": COUNT, "is_duplicate": _DUPLICATE,
    }
)  # fmt: skip
_QUALITY_RESULT: Final = an_object(
    {**_COMMON, "reports": {"type": "array", "items": _REPORT}, "dry_run": {"type": "boolean"}}
)
_ROW: Final = {"type": "integer", "minimum": 0, "maximum": 10_000_000}
_FLAKE8: Final = {"type": "object", "required": ["line_number"], "properties": {"line_number": _ROW}}
_RADON: Final = {
    "type": "object", "required": ["type", "lineno", "endline", "complexity"],
    "properties": {"type": {"type": "string"}, "lineno": _ROW, "endline": _ROW, "complexity": _ROW},
}  # fmt: skip
_REPORTS: Final = {
    "anyOf": [
        {"title": "ruff", "type": "array", "items": an_object({"filename": {"type": "string", "minLength": 1}})},
        {"title": "complexipy", "type": "array", "items": an_object({
            "path": {"type": "string", "minLength": 1}, "complexity": _ROW})},
        {"title": "flake8", "type": "object", "additionalProperties": {"type": "array", "items": _FLAKE8}},
        {"title": "radon cc", "type": "object", "additionalProperties": {"type": "array", "items": _RADON}},
        {"title": "SARIF 2.1", "type": "object", "required": ["version", "runs"],
         "properties": {"version": {"const": "2.1.0"}, "runs": {"type": "array", "items": {"type": "object"}}}},
    ]
}  # fmt: skip
_JUNIT_EXAMPLE: Final = '<testsuite name="unit" tests="1"><testcase name="adds" time="0.1"/></testsuite>'
_RUFF_EXAMPLE: Final = [
    {"filename": "shop/cart.py", "code": "F401", "location": {"row": 3, "column": 8}, "message": "Unused import"}
]
_OF: Final = {"repository": "acme/shop", "commit": _SHA, "pull_requests": 1}
_TOLD: Final = {
    **_OF, "passed": 1, "failed": 0, "skipped": 0, "seconds": 0.1, "is_duplicate": False, "dry_run": False,
}  # fmt: skip
_FOUND: Final = {
    **_OF, "dry_run": False,
    "reports": [{"tool": "ruff", "kind": "style", "files": 1, "files_outside": 0, "violations": 1, "functions": 0,
                 "is_duplicate": False}],
}  # fmt: skip


def document_junit(view: Any) -> Any:
    decorate: Decorator = extend_schema_view(
        post=extend_schema(
            operation_id="send_junit",
            summary="Report the results of tests",
            description=(
                "JUnit XML as pytest, Surefire, Gradle, jest-junit, go-junit-report and PHPUnit write it, or several"
                " such reports one after the other. Counts are kept; no name and no output of a test is. A document"
                " type is refused. The same report sent again changes nothing."
            ),
            parameters=_PLACE,
            request={"application/xml": {"type": "string"}, "text/xml": {"type": "string"}},
            responses={(200, "application/json"): OpenApiResponse(_JUNIT_RESULT, "Durable."), **ERRORS},
            examples=[
                OpenApiExample("One test", value=_JUNIT_EXAMPLE, request_only=True, media_type="application/xml"),
                OpenApiExample("Passed", value=_TOLD, response_only=True, status_codes=["200"]),
            ],
        )
    )
    return decorate(view)


def document_quality(view: Any) -> Any:
    decorate: Decorator = extend_schema_view(
        post=extend_schema(
            operation_id="send_quality",
            summary="Report what an analyser found",
            description=(
                "JSON of ruff, flake8, radon cc or complexipy, or SARIF 2.1 of any tool. Lines with a violation and"
                " complexities of line ranges are kept by file; no message, no code and no name of a function is. The"
                " same report sent again changes nothing."
            ),
            parameters=[*_PLACE, *_QUALITY],
            request={"application/json": _REPORTS},
            responses={(200, "application/json"): OpenApiResponse(_QUALITY_RESULT, "Durable."), **ERRORS},
            examples=[
                OpenApiExample("Of ruff", value=_RUFF_EXAMPLE, request_only=True),
                OpenApiExample("One violation", value=_FOUND, response_only=True, status_codes=["200"]),
            ],
        )
    )
    return decorate(view)
