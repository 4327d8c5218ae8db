"""Cells that a spreadsheet would run, made harmless and read back as they were."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.services.cells import line, plain, safe

HOSTILE = [
    "=1+1",
    "+1",
    "-2+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    '=HYPERLINK("http://evil.example")',
    "  =1",
    "＝1",
    "'=1",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_would_run_is_marked(text: str) -> None:
    assert safe(text) == f"'{text}"
    assert plain(safe(text)) == text


@pytest.mark.parametrize("text", ["", "A fox", "'tis dusk", "''", "2 - 1", "a=b"])
def test_what_is_harmless_stays(text: str) -> None:
    assert safe(text) == text
    assert plain(text) == text


@pytest.mark.parametrize("amount", ["-2", "-12.500000"])
def test_an_amount_below_zero_stays_one(amount: str) -> None:
    assert safe(amount) == amount == plain(amount)


@given(st.text(alphabet="'=+-@\t\r\n a＝"))
def test_whatever_it_was_comes_back(text: str) -> None:
    assert plain(safe(text)) == text
    assert safe(text)[:1] not in set("=+-@\t\r\n＝")


def test_a_line_is_one_row_with_its_text_whole() -> None:
    cells = ["=1", 'He said "no", twice', "two\nlines", None, 3]
    assert next(csv.reader(StringIO(line(cells), newline=""))) == ["'=1", 'He said "no", twice', "two\nlines", "", "3"]
