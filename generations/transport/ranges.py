"""Asking for the rest of a file, and judging whether an answer is that rest (RFC 9110, sections 8.8, 13 and 14)."""

from __future__ import annotations

import re
from datetime import timedelta
from email.utils import parsedate_to_datetime

import httpx

from generations.transport.partial import Mark

CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})", re.ASCII)
SETTLED = timedelta(seconds=1)  # a Last-Modified younger than that may hide a second change


def source_of(url: httpx.URL) -> str:
    """An address without its query: a link that was signed anew leads to the same file."""
    return str(url.copy_with(query=None, fragment=None))


def rest_of(mark: Mark | None, url: httpx.URL) -> dict[str, str]:
    """The headers that ask for what is missing; none for an address the kept bytes did not come from."""
    if mark is None or mark.source != source_of(url):
        return {}
    return {"Range": f"bytes={mark.kept}-", "If-Range": mark.validator}


def validator_of(response: httpx.Response) -> str:
    """A strong ETag, else a Last-Modified that is strong, else nothing."""
    etag = response.headers.get("etag", "").strip()
    if etag:
        return etag if etag.startswith('"') and etag.endswith('"') and len(etag) > 2 else ""
    modified = response.headers.get("last-modified", "").strip()
    return modified if modified and _is_settled(modified, response.headers.get("date", "")) else ""


def whole_length(response: httpx.Response, mark: Mark) -> int | None:
    """The whole file's bytes when this 206 is exactly the rest that was asked for; None when it is anything else."""
    found = CONTENT_RANGE.fullmatch(response.headers.get("content-range", "").strip())
    if response.status_code != 206 or found is None:
        return None
    start, end, total = (int(number) for number in found.groups())
    fits = start == mark.kept and end == total - 1 and total == (mark.total or total)
    return total if fits and _is_same(response, mark) and _says_length(response, total - start) else None


def _is_same(response: httpx.Response, mark: Mark) -> bool:
    """Still the file the kept bytes are of. An ETag must be repeated, a Last-Modified may be left out."""
    if mark.validator.startswith('"'):
        return bool(response.headers.get("etag", "").strip() == mark.validator)
    return bool(response.headers.get("last-modified", mark.validator).strip() == mark.validator)


def _says_length(response: httpx.Response, length: int) -> bool:
    return int(response.headers.get("content-length", length)) == length


def _is_settled(modified: str, date: str) -> bool:
    try:
        return parsedate_to_datetime(date) - parsedate_to_datetime(modified) >= SETTLED
    except (ValueError, TypeError):
        return False
