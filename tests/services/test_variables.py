"""Templates and word diffs: pure functions of texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.services.differences import Part, differences
from generations.services.variables import Variable, filled, is_template, variables


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A {animal} wakes at {time of day=dusk}", [("animal", ""), ("time of day", "dusk")]),
        ("{a} and {a=one} and {a=two}", [("a", "one")]),
        ("{動物}が{時刻=夜}に", [("動物", ""), ("時刻", "夜")]),
        ("{a=}", [("a", "")]),
        ('{"json": 1} {} { a } {{a}} {1} {a\nb} {a{b} }', [("b", "")]),
        ("no braces", []),
    ],
)
def test_variables(text: str, expected: list[tuple[str, str]]) -> None:
    assert variables(text) == [Variable(*each) for each in expected]
    assert is_template(text) == bool(expected)


def test_filling_in() -> None:
    text = 'A {animal} at {time=dusk}, {animal}; {"json": {{kept}}} {left}'
    assert filled(text, {"animal": " fox "}) == 'A fox at dusk, fox; {"json": {{kept}}} {left}'


def test_a_value_with_braces_is_not_filled_in_again() -> None:
    assert filled("{a} {b}", {"a": "{b}", "b": r"\1 {a}"}) == r"{b} \1 {a}"


@given(st.text())
def test_a_text_without_values_keeps_every_sign_that_is_no_default(text: str) -> None:
    if not any(each.default for each in variables(text)):
        assert filled(text, {}) == text


def test_a_change_is_told_by_words() -> None:
    assert differences("Dunes at night breathe", "Dunes at dusk breathe, slowly") == [
        Part("same", "Dunes at "), Part("out", "night"), Part("in", "dusk"), Part("same", " breathe"),
        Part("in", ", slowly"),
    ]  # fmt: skip


def test_a_variable_is_changed_as_a_whole() -> None:
    assert differences("at {time=dusk}", "at dusk") == [
        Part("same", "at "), Part("out", "{time=dusk}"), Part("in", "dusk"),
    ]  # fmt: skip


def test_scripts_without_blanks_are_told_by_signs() -> None:
    assert differences("雨夜のネオン街", "雪夜のネオン街") == [
        Part("out", "雨"),
        Part("in", "雪"),
        Part("same", "夜のネオン街"),
    ]


def test_a_word_keeps_its_apostrophe_and_its_hyphen() -> None:
    assert differences("It's a time-lapse", "It isn't a time lapse") == [
        Part("out", "It's"), Part("in", "It isn't"), Part("same", " a "), Part("out", "time-lapse"),
        Part("in", "time lapse"),
    ]  # fmt: skip


def test_a_small_change_is_found_in_a_long_text() -> None:
    words = " ".join(f"word{n}" for n in range(600))
    assert differences(f"red {words} end", f"grey {words} end") == [
        Part("out", "red"), Part("in", "grey"), Part("same", f" {words} end"),
    ]  # fmt: skip
    changed = differences(f"red {words} dusk", f"grey {words} dawn")
    assert [part.kind for part in changed] == ["out", "in", "same", "out", "in"]


def test_texts_that_would_take_minutes_to_compare_are_one_change() -> None:
    assert differences("." * 4000, ".," * 2000) == [
        Part("same", "."), Part("out", "." * 3999), Part("in", "," + ".," * 1999),
    ]  # fmt: skip
    assert len(differences("a" + "." * 900, "b" + ".," * 90)) == 2


@given(st.text(), st.text())
def test_a_diff_holds_both_texts_whole(before: str, after: str) -> None:
    parts = differences(before, after)
    assert "".join(part.text for part in parts if part.kind != "in") == before
    assert "".join(part.text for part in parts if part.kind != "out") == after
