"""Tables as files: CSV that a spreadsheet opens as what it is."""

import csv
from collections.abc import Iterable, Iterator
from typing import Final

from django.http import StreamingHttpResponse

CSV: Final = "text/csv; charset=utf-8"
# A spreadsheet takes a cell that begins so for a formula, which may call programs or send the table away.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_file(header: Iterable[str], rows: Iterable[Iterable[object]], *names: str) -> StreamingHttpResponse:
    """Sent while it is read: rows that need a tenant must be read before, or open it themselves. `names`: what the file
    is called, its parts joined by hyphens."""
    response = StreamingHttpResponse(csv_lines(header, rows), content_type=CSV)
    response["Content-Disposition"] = f'attachment; filename="{"-".join(filter(None, names))}.csv"'
    return response


class _Echo:
    """A file that hands each line on instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def csv_lines(header: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Line by line, for an answer that is sent while it is read. RFC 4180, first with a mark by which spreadsheets know
    that it is UTF-8."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(header)
    for row in rows:
        yield writer.writerow([_cell(value) for value in row])


def _cell(value: object) -> object:
    """Numbers stay numbers; text that would be read as a formula gets an apostrophe in front."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
