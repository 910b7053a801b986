"""`GET /api/v1/profiles/<handle>/`: what everybody sees of a published profile, without a key, for any page."""

from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.views import APIView

from codecard.lib.problems import problem
from events.api.query.views import json_response
from profiles.api_shapes import EXAMPLE, schemas, told
from profiles.published import SECONDS_KEPT, published, shown_to_everybody
from teams.views.invitations import base_url_of

NOBODY = "No public profile here. It may have moved, or was never published."
_PROBLEM = {"$ref": "#/components/schemas/Problem"}


def add_components(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Postprocessing hook: what is encoded is the schema."""
    result["components"]["schemas"].update(schemas())
    return result


@extend_schema_view(
    get=extend_schema(
        operation_id="profile",
        summary="What everybody sees of a published profile",
        responses={
            (200, "application/json"): OpenApiResponse({"$ref": "#/components/schemas/PublicProfile"}, "So it is."),
            (301, "application/json"): OpenApiResponse(None, "It is under another handle now."),
            (404, "application/problem+json"): OpenApiResponse(_PROBLEM, NOBODY),
            (503, "application/problem+json"): OpenApiResponse(_PROBLEM, "Without its database."),
        },
        examples=[OpenApiExample("answered", EXAMPLE, response_only=True, status_codes=["200"])],
    )
)
class ProfileView(APIView):
    """Parts that aren't public, or that there are no data for, are null, or empty."""

    authentication_classes = []
    permission_classes = []
    http_method_names = ["get", "head", "options"]

    def get(self, request: Request, handle: str) -> HttpResponseBase:
        found = published(handle, "api_profile")
        if isinstance(found, HttpResponse):
            return found
        if found is None:
            return problem(HTTPStatus.NOT_FOUND, NOBODY)
        address = f"{base_url_of(request._request)}{reverse('profile', args=[found.handle])}"
        return json_response(request, told(shown_to_everybody(found), address))

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {"Cache-Control": f"public, max-age={SECONDS_KEPT}", "Access-Control-Allow-Origin": "*"}


urlpatterns = [path("api/v1/profiles/<str:handle>/", ProfileView.as_view(), name="api_profile")]
