"""One spelling for every language: what is indexed, and what a query asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.services.tokens import INDEX_LIMIT, TOKEN_LIMIT, WANTED_MOST, index_text, wanted


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("A fox, a FOX!", "a fox"),
        ("sora-2 pro_v2 16:9", "sora 2 pro v2 16 9"),
        ("Crème brûlée, naïve Straße", "creme brulee naive strasse"),
        ("ΣΊΣΥΦΟΣ Ёлка", "σισυφοσ елка"),
        ("ｆｕｌｌ ﬁne ①", "full fine 1"),
        ("so\u00adft hy\u200dphen", "soft hyphen"),
        ("हिन्दी", "हिन्दी"),
        ("שָׁלוֹם", "שלום"),
        ("雨", "雨"),
        ("雨夜", "雨 夜 雨夜"),
        ("雨夜の街", "雨 夜 の 街 雨夜 夜の の街"),
        ("ｶﾞｰﾄﾞ", "ガ ー ド ガー ード"),
        ("한국어", "한 국 어 한국 국어"),
        ("sora2の街", "sora2 の 街 の街"),
        ("𠮷野", "𠮷 野 𠮷野"),
        ("ไทย", "ไ ท ย ไท ทย"),
        ("... !? 🎬 \x00", ""),
    ],
)
def test_what_is_indexed(text: str, tokens: str) -> None:
    assert index_text([text]) == tokens


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("Fox wak", ["fox*", "wak*"]),
        ("so sora", ["sora*"]),
        ("or sora", ["or*", "sora*"]),
        ("夜", ["夜"]),
        ("雨夜の", ["雨夜", "夜の"]),
        ("夜 雨夜", ["雨夜"]),
        ('"fox" OR (NEAR* -x:*', ["fox*", "or*", "near*", "x*"]),
        ("'%_\\ \"* &|!", []),
        ("", []),
    ],
)
def test_what_a_query_asks_for(query: str, asked: list[str]) -> None:
    assert [f"{token}*" if is_prefix else token for token, is_prefix in wanted(query)] == asked


def test_parts_do_not_run_together() -> None:
    assert index_text(["雨", "夜"]) == "雨 夜"


def test_long_things_are_cut() -> None:
    assert index_text(["x" * 5000]) == "x" * TOKEN_LIMIT
    assert wanted("x" * 5000)[0].token == "x" * TOKEN_LIMIT
    assert len(wanted(" ".join(f"{n:03}" for n in range(100)))) == WANTED_MOST
    many = index_text([" ".join(f"word{n}" for n in range(100_000))])
    assert INDEX_LIMIT - 20 < len(many.encode()) <= INDEX_LIMIT


@given(st.text(max_size=300))
def test_whatever_is_typed_the_tokens_are_plain(text: str) -> None:
    tokens = index_text([text]).split(" ") if index_text([text]) else []
    assert len(tokens) == len(set(tokens))
    for token in [*tokens, *(each.token for each in wanted(text))]:
        assert token
        assert not any(c.isspace() or (c.isascii() and not c.isalnum()) for c in token)


@given(st.text(max_size=150))
def test_a_text_is_found_by_itself(text: str) -> None:
    tokens = set(index_text([text]).split(" "))
    for token, is_prefix in wanted(text):
        assert any(each.startswith(token) if is_prefix else each == token for each in tokens)
