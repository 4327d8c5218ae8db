"""multipart/form-data, read whole: texts and files by name, and the bracketed names clients write nested values in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Any

BOUNDARY_LIMIT = 70  # characters, says RFC 2046
PARTS_LIMIT = 100
NAME = re.compile(r"(\w+)(\[\d*\])?(?:\[(\w+)\])?", re.ASCII)  # a, a[b] and, as one more of a list, a[][b]


class MultipartError(ValueError):
    """A body that is no form. The text says why."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a form."""

    name: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form."""

    name: str
    value: str | Upload


def read_form(content_type: str, body: bytes) -> dict[str, Any]:
    """The form's fields as a JSON object would hold them, files as Upload, or raise MultipartError."""
    fields: dict[str, Any] = {}
    for part in _parts(_boundary(content_type), body):
        _put(fields, part)
    return fields


def _boundary(content_type: str) -> bytes:
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_boundary()
    if not boundary or len(boundary) > BOUNDARY_LIMIT or not boundary.isascii():
        raise MultipartError("the Content-Type names no boundary")
    return boundary.encode()


def _parts(boundary: bytes, body: bytes) -> Iterator[Part]:
    _, *pieces = (b"\r\n" + body).split(b"\r\n--" + boundary, PARTS_LIMIT + 2)
    if not pieces or not pieces[-1].startswith(b"--"):
        raise MultipartError("the form has no end")
    for piece in pieces[:-1]:
        head, blank, content = piece.partition(b"\r\n\r\n")
        if not blank:
            raise MultipartError("a part has no blank line after its headers")
        yield _part(head.lstrip(b" \t").removeprefix(b"\r\n"), content)


def _part(head: bytes, content: bytes) -> Part:
    headers = BytesHeaderParser().parsebytes(head)
    name = headers.get_param("name", header="content-disposition")
    if headers.get_content_disposition() != "form-data" or not isinstance(name, str):
        raise MultipartError("a part has no name")
    filename = headers.get_filename()
    if filename is not None:
        return Part(name, Upload(filename, headers.get_content_type(), content))
    try:
        return Part(name, content.decode())
    except UnicodeDecodeError:
        raise MultipartError(f"{name} is not UTF-8") from None


def _put(fields: dict[str, Any], part: Part) -> None:
    match = NAME.fullmatch(part.name)
    if match is None:
        fields[part.name] = part.value  # no name anybody knows; whoever reads the form will say so
        return
    name, item, key = match.groups()
    if item is None and key is None:
        if name in fields:
            raise MultipartError(f"{name} is there twice")
        fields[name] = part.value
    else:
        _put_nested(fields, part, name, key, is_item=item is not None)


def _put_nested(fields: dict[str, Any], part: Part, name: str, key: str | None, *, is_item: bool) -> None:
    value = part.value if key is None else {key: part.value}
    holder = fields.setdefault(name, [] if is_item else {})
    if is_item and isinstance(holder, list):
        holder.append(value)
    elif not is_item and isinstance(holder, dict) and key not in holder:
        holder[key] = part.value
    else:
        raise MultipartError(f"{name} is there twice")
