"""Reading a CSV file as people's programs write it. Nothing here knows what the columns mean."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from io import StringIO

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generations.services.wording import listed

BYTES_MOST = 1 << 20
ROWS_MOST = 200
DELIMITERS = ",;\t"
NAMED_MOST, NAME_MOST = 5, 30
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
TOO_LARGE = gettext_noop("The file has more than 1 MB. Split it.")
NO_TEXT = gettext_noop("This is no text in UTF-8. In a spreadsheet, save it as “CSV UTF-8”, not as a workbook.")


class NotReadable(Exception):
    """The file as a whole is no good: `str(error)` says the cure."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row of the file: its number among the rows, the line it begins on, its cells by column.

    `surplus` is how many cells it has beyond the last column.
    """

    number: int
    line: int
    cells: Mapping[str, str]
    surplus: int = 0


def decoded(data: bytes) -> str:
    """The file's text: UTF-8, or UTF-16 that says so. Raises NotReadable."""
    if len(data) > BYTES_MOST:
        raise NotReadable(_(TOO_LARGE))
    try:
        return data.decode("utf-16" if data.startswith(UTF_16) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotReadable(_(NO_TEXT)) from error


def tidied(text: str) -> str:
    """The text with one kind of line end, so that it reads the same after a way through a browser's form."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if "\x00" in text:
        raise NotReadable(_(NO_TEXT))
    if len(text.encode("utf-8", "replace")) > BYTES_MOST:
        raise NotReadable(_(TOO_LARGE))
    return text


def records(text: str, known: Collection[str], required: str, most: int = ROWS_MOST) -> list[Record]:
    """Every row that is not blank, below a header of known columns. Raises NotReadable."""
    text = tidied(text)
    rows = _rows(text, _delimiter(text, known))
    header = next(rows, (0, []))[1]
    if not header:
        said = _("There is nothing in it. The first line names the columns, such as {column}.")
        raise NotReadable(said.format(column=required))
    columns = _columns(header, known, required)
    found: list[Record] = []
    for line, cells in rows:
        if len(found) == most:
            raise NotReadable(_("There are more than {most} rows. Split the file.").format(most=most))
        found.append(_record(len(found) + 1, line, columns, cells))
    if not found:
        raise NotReadable(_("There is a header, but no row below it."))
    return found


def _record(number: int, line: int, columns: list[str], cells: list[str]) -> Record:
    surplus = max(0, len(cells) - len(columns))
    return Record(number, line, dict(zip(columns, cells, strict=False)), surplus)


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank and the line it begins on; empty cells at its end are dropped."""
    reader = csv.reader(StringIO(text, newline="\n"), delimiter=delimiter, strict=True)
    line = 1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            while cells and not cells[-1]:
                cells.pop()
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise NotReadable(_said(error, line)) from error


def _said(error: csv.Error, line: int) -> str:
    if "field larger" in str(error):
        return _("Line {line}: a cell is far too long. Is a quotation mark missing?").format(line=line)
    return _("Line {line}: a quotation mark is missing, or one inside a text is not doubled.").format(line=line)


def _delimiter(text: str, known: Collection[str]) -> str:
    """The one that finds the most known columns in the header; the comma where it makes no difference."""
    return max(DELIMITERS, key=lambda delimiter: len(_header(text, delimiter) & set(known)))


def _header(text: str, delimiter: str) -> set[str]:
    try:
        return {_name(cell) for cell in next(_rows(text, delimiter), (0, []))[1]}
    except NotReadable:
        return set()


def _columns(header: list[str], known: Collection[str], required: str) -> list[str]:
    names = [_name(cell) for cell in header]
    if unknown := [shown for shown, name in zip(header, names, strict=True) if name not in known]:
        said = _("Unknown: {names}. The columns there are: {known}.")
        raise NotReadable(said.format(names=_few(unknown), known=listed(known)))
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise NotReadable(_("Named twice: {names}. Keep one column of each name.").format(names=_few(twice)))
    if required not in names:
        said = _("The column {column} is missing. The first line names the columns.")
        raise NotReadable(said.format(column=required))
    return names


def _name(cell: str) -> str:
    """A column's name however it is spaced and capitalised: “Aspect ratio” is aspect_ratio."""
    return re.sub(r"[\s_-]+", "_", cell.strip().casefold())


def _few(names: list[str]) -> str:
    """Names to show: the first few, each cut to a bearable length."""
    shown = [f"“{n[:NAME_MOST]}…”" if len(n) > NAME_MOST else f"“{n}”" for n in names[:NAMED_MOST]]
    rest = len(names) - len(shown)
    told = listed(shown)
    return _("{names} and {count} more").format(names=told, count=rest) if rest else told
