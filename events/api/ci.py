"""Where runs of CI report: the results of tests, and what analysers found. Answered after the commit."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request

from events.actions.reports import Kept, RefusedRepositoryError, keep_junit, keep_quality
from events.api.body import UnsupportedBody
from events.api.ingest import IngestView
from events.api.schema import document_junit, document_quality
from events.sources import _ci_formats, _ci_junit
from events.sources._base import Unreadable
from events.sources._ci_place import Place, WrongParameter, place_of
from events.sources._ci_quality import Report
from teams.api import access_of

# curl says the last of these of every body, unless told otherwise.
_ANY: Final = frozenset({"", "text/plain", "application/octet-stream", "application/x-www-form-urlencoded"})


class _OneFormat(DefaultContentNegotiation):
    """`format` is the report's here, and answers are JSON whatever is asked for."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class ReportView(IngestView):
    """What both share: of which run the address tells, and the body."""

    content_negotiation_class = _OneFormat

    def place(self, request: Request) -> tuple[Place, bool]:
        asked = request.query_params
        try:
            return place_of(asked), asked.get("dry_run", "").lower() in {"1", "true", "yes"}
        except WrongParameter as error:
            raise ValidationError({error.name: [str(error)]}) from None

    def report(self, request: Request, *types: str) -> bytes:
        body, media_type = self.body(request)
        if media_type not in {*types, *_ANY}:
            raise UnsupportedBody(f"Send the report itself as the body, with Content-Type {types[0]}.")
        return body


@document_junit
class JUnitView(ReportView):
    """`POST /api/v1/ci/junit`: one JUnit XML report, or several one after the other."""

    def post(self, request: Request) -> HttpResponse:
        place, is_dry = self.place(request)
        body = self.report(request, "application/xml", "text/xml")
        with _refusing():
            counts = _ci_junit.parse(body)
            kept = keep_junit(
                organization_id=access_of(request).organization_id, place=place, counts=counts, body=body,
                now=timezone.now(), is_dry=is_dry,
            )  # fmt: skip
        told = {"passed": counts.passed, "failed": counts.failed + counts.errors, "skipped": counts.skipped,
                "seconds": counts.seconds, "is_duplicate": not kept.new[0]}  # fmt: skip
        return JsonResponse({**_common(place, kept), **told, "dry_run": is_dry}, status=HTTPStatus.OK)


@document_quality
class QualityView(ReportView):
    """`POST /api/v1/ci/quality`: one report of an analyser; SARIF may hold several tools."""

    def post(self, request: Request) -> HttpResponse:
        place, is_dry = self.place(request)
        body = self.report(request, "application/json", "application/sarif+json")
        with _refusing():
            reports = _ci_formats.parse(body, place.format, place.root)
            kept = keep_quality(
                organization_id=access_of(request).organization_id, place=place, reports=reports, body=body,
                now=timezone.now(), is_dry=is_dry,
            )  # fmt: skip
        told = [_told(report, is_new) for report, is_new in zip(reports, kept.new, strict=True)]
        return JsonResponse({**_common(place, kept), "reports": told, "dry_run": is_dry}, status=HTTPStatus.OK)


@contextmanager
def _refusing() -> Iterator[None]:
    """What can't be read, or is of nothing that is known here, in the words of a problem."""
    try:
        yield
    except Unreadable as error:
        raise ValidationError({"report": [f"It can't be read: {error}."]}) from None
    except RefusedRepositoryError as error:
        raise ValidationError({"repository": [str(error)]}) from None


def _common(place: Place, kept: Kept) -> dict[str, Any]:
    return {"repository": kept.repository, "commit": place.sha, "pull_requests": kept.pull_requests}


def _told(report: Report, is_new: bool) -> dict[str, Any]:
    files = report.files.values()
    return {
        "tool": report.tool, "kind": report.kind, "files": len(files), "files_outside": report.outside,
        "violations": sum(len(file.violations) for file in files),
        "functions": sum(len(file.functions) for file in files), "is_duplicate": not is_new,
    }  # fmt: skip
