"""Cells of CSV files. A spreadsheet runs one that begins like a formula: ours are marked, and unmarked when read."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from io import StringIO

MARK = "'"
"""What spreadsheets take for "this is text", and write as well."""
RUNS = r"\s*[=+\-@＝＋－＠\t\r\n]"
AMOUNT = re.compile(r"-?\d+(\.\d+)?")
DANGEROUS, MARKED = re.compile(f"{MARK}*{RUNS}"), re.compile(f"{MARK}+{RUNS}")


def safe(text: str) -> str:
    """The text as a spreadsheet shows it and does not run it; an amount below zero stays one.

    `plain` gives the same text back, whatever it was.
    """
    return MARK + text if DANGEROUS.match(text) and not AMOUNT.fullmatch(text) else text


def plain(cell: str) -> str:
    """The text of a cell that `safe` or a spreadsheet wrote."""
    return cell[1:] if MARKED.match(cell) else cell


def line(cells: Iterable[object]) -> str:
    """One line of a CSV file, its end included; None is an empty cell."""
    out = StringIO()
    csv.writer(out).writerow([safe(cell) if isinstance(cell, str) else cell for cell in cells])
    return out.getvalue()
