"""Reading the body of an ingest request: size and compression, before anything is decoded."""

import zlib
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, UnreadablePostError
from rest_framework.exceptions import APIException

_CHUNK = 1 << 20
_WINDOW = 1 << 16
_MOST_MEMBERS = 1_000
_CUT_OFF = "The body ended before it was whole."


class TooLarge(APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"

    def __init__(self, detail: str = "") -> None:
        most = settings.INGEST_MAX_BODY_BYTES
        super().__init__(detail or f"The body is larger than {most:,} bytes decoded. Send it in parts.")


class UnsupportedBody(APIException):
    status_code = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    default_code = "unsupported"


class UnreadableBody(APIException):
    status_code = HTTPStatus.BAD_REQUEST
    default_code = "unreadable"


def read_body(request: HttpRequest) -> bytes:
    """The decoded body, never more than `INGEST_MAX_BODY_BYTES`: a bomb is stopped while it is decoded.

    :raises TooLarge: 413. :raises UnsupportedBody: 415 for an unknown encoding. :raises UnreadableBody: 400.
    """
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    raw = read_raw(request, settings.INGEST_MAX_BODY_BYTES)
    if encoding in {"identity", ""}:
        return raw
    if encoding in {"gzip", "x-gzip"}:
        return _inflate(raw, 16 + zlib.MAX_WBITS, settings.INGEST_MAX_BODY_BYTES)
    if encoding == "deflate":
        # Some clients send a zlib stream, as the standard says, some a bare one.
        is_zlib = len(raw) > 1 and raw[0] & 0x0F == 8 and (raw[0] << 8 | raw[1]) % 31 == 0
        return _inflate(raw, zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS, settings.INGEST_MAX_BODY_BYTES)
    raise UnsupportedBody("Content-Encoding must be gzip, deflate or identity.")


def read_raw(request: HttpRequest, limit: int) -> bytes:
    """The body as it came, never more than `limit` bytes, whatever length was announced.

    :raises TooLarge: 413. :raises UnreadableBody: 400, cut off.
    """
    try:
        announced = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise UnreadableBody("Content-Length is not a number.") from None
    if announced > limit:
        raise TooLarge
    stream = _stream(request)
    parts, size = [], 0
    try:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > limit:
                raise TooLarge
            parts.append(chunk)
    except UnreadablePostError:
        raise UnreadableBody(_CUT_OFF) from None
    if size < announced:
        raise UnreadableBody(_CUT_OFF)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _stream(request: HttpRequest) -> Any:
    """Exporters that compress send chunks, without a Content-Length, and Django then takes the body for empty. A web
    server that marks the end of its input has put the chunks together."""
    has_length = bool(request.META.get("CONTENT_LENGTH"))
    return request if has_length or not request.META.get("wsgi.input_terminated") else request.META["wsgi.input"]


def _inflate(raw: bytes, window: int, limit: int) -> bytes:
    """In windows: what is left after a member is copied, which over a whole body of tiny members would take minutes."""
    decoded, size, members = [], 0, 1
    inflater = zlib.decompressobj(window)
    try:
        for start in range(0, len(raw), _WINDOW):
            rest = raw[start : start + _WINDOW]
            while rest:
                if inflater.eof:  # gzip allows members one after the other
                    inflater, members = zlib.decompressobj(window), members + 1
                part = inflater.decompress(rest, limit - size + 1)
                size += len(part)
                if size > limit or members > _MOST_MEMBERS:
                    raise TooLarge
                decoded.append(part)
                rest = inflater.unused_data
    except zlib.error:
        raise UnreadableBody("The body is not compressed as Content-Encoding says.") from None
    if raw and not inflater.eof:
        raise UnreadableBody("The compressed body is cut off.")
    return b"".join(decoded)
