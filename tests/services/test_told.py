"""Stored English in the reader's language: whole, with values in it, sentence by sentence; anything else as it is."""

from __future__ import annotations

from collections.abc import Iterator
from gettext import GNUTranslations
from unittest.mock import patch

import pytest
from django.template import Context, Template
from django.utils.safestring import mark_safe
from django.utils.translation import override, trans_real

from generations.services import told as told_module
from generations.services.told import DEPTH, LIMIT, SENTENCES_MOST, Pattern, told

MESSAGES: dict[object, str] = {
    "": "Content-Type: text/plain; charset=UTF-8",
    "The provider is busy.": "服务商正忙。",
    "Waiting: {why}": "等待：{why}",
    "The provider refused it: {why}": "被服务商拒绝：{why}",
    "It broke off after {done} of {total} bytes.": "共 {total} 字节，在 {done} 字节处中断。",
    "%(count)s of %(most)s places at the provider are taken.": "%(most)s 个名额中已用 %(count)s 个。",
    "The link ended on {when}.": "链接已于 {when} 失效。",
    "It names no other address.": "没有其他地址。",
    "Moved to the trash by {who}.": "由 {who} 移入回收站。",
    "It is wrong. Mend it.": "有误，请修正。",
    "{dialect} asks for a clip by its pixels. Give them.": "{dialect} 按像素请求。请填写。",
    "HTTP {answer}: {sentence}": "HTTP {answer}：{sentence}",
    "Take %(take)s of %(takes)s": "第 %(take)s 个，共 %(takes)s 个",
    "{share} %": "百分之 {share}",
    "Mark": "标记",
    "verb\x04Mark": "打标记",
    "Untranslated.": "",
    ("{n} job", 0): "{n} 个任务",
}


class InMemory(GNUTranslations):
    """A catalogue without a file."""

    def __init__(self, messages: dict[object, str]) -> None:
        super().__init__()
        self._catalog = messages

    def to_language(self) -> str:
        return "xx"


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Somebody who reads this catalogue."""
    monkeypatch.setitem(vars(trans_real)["_translations"], "xx", InMemory(dict(MESSAGES)))
    with override("xx"):
        yield


def shown(text: object) -> str:
    return Template("{% load told %}{{ text|told }}").render(Context({"text": text}))


@pytest.mark.usefixtures("reader")
class TestTold:
    @pytest.mark.parametrize(
        ("stored", "said"),
        [
            ("The provider is busy.", "服务商正忙。"),
            ("It broke off after 12 of 99 bytes.", "共 99 字节，在 12 字节处中断。"),
            ("3 of 4 places at the provider are taken.", "4 个名额中已用 3 个。"),
            ("Waiting: The provider is busy.", "等待：服务商正忙。"),
            ("Waiting: OpenAI asks for a clip by its pixels. Give them.", "等待：OpenAI 按像素请求。请填写。"),
            ("HTTP 401, bad_key: It is wrong. Mend it.", "HTTP 401, bad_key：有误，请修正。"),
            ("The link ended on 3 May. It names no other address.", "链接已于 3 May 失效。没有其他地址。"),
            ("It is wrong. Mend it. The provider is busy.", "有误，请修正。服务商正忙。"),
            ("No cats. The provider is busy.", "No cats. 服务商正忙。"),
            ("The provider refused it: no cats. No dogs.", "被服务商拒绝：no cats. No dogs."),
            ("Moved to the trash by Mark.", "由 Mark 移入回收站。"),
            ("Moved to the trash by J. R. Mark.", "由 J. R. Mark 移入回收站。"),
            ("The provider is busy.\nThe provider is busy.", "服务商正忙。\nThe provider is busy."),
        ],
    )
    def test_a_sentence_of_ours_is_told(self, stored: str, said: str) -> None:
        assert told(stored) == said

    @pytest.mark.parametrize(
        "stored",
        ["", "the provider is busy", "Untranslated.", "Take care of yourself", "45 %", "Waiting: ", "3 jobs", "verb"],
    )
    def test_all_else_stays_as_it_is(self, stored: str) -> None:
        assert told(stored) == stored

    def test_values_are_no_formats(self) -> None:
        assert told("Waiting: {why} {0} %(why)s %s {why.__class__}") == "等待：{why} {0} %(why)s %s {why.__class__}"

    def test_it_is_escaped_like_any_other_text(self) -> None:
        assert shown("Waiting: <b>x</b>") == "等待：&lt;b&gt;x&lt;/b&gt;"
        assert shown("<b>x</b>") == "&lt;b&gt;x&lt;/b&gt;"

    def test_what_was_said_to_be_safe_makes_no_other_text_safe(self) -> None:
        shown(mark_safe("<i>y</i>"))
        assert shown("<i>y</i>") == "&lt;i&gt;y&lt;/i&gt;"

    def test_nothing_is_told_as_nothing(self) -> None:
        assert shown("") == ""
        assert shown(None) == "None"

    def test_a_long_text_is_not_looked_at(self) -> None:
        with patch.object(told_module, "_told", side_effect=AssertionError):
            for hostile in ("Waiting: " * 1200, "A. " * 4000, "x" * (LIMIT + 1)):
                assert told(hostile) == hostile

    @pytest.mark.parametrize(
        "fragment", ["Waiting: ", "It broke off after 1 of 2 bytes ", "a. Waiting: ", " of ", "? "]
    )
    def test_repeated_fragments_cost_little(self, fragment: str) -> None:
        hostile = (fragment * LIMIT)[:LIMIT]
        with patch.object(Pattern, "values", autospec=True, side_effect=Pattern.values) as compared:
            told(hostile)
        # Each level compares at most every run of a few sentences, and no comparison looks back.
        runs = SENTENCES_MOST * (SENTENCES_MOST + 1) // 2
        assert compared.call_count <= len(MESSAGES) * (runs + 2) * DEPTH

    def test_a_hole_is_found_once_from_left_to_right(self) -> None:
        pattern = Pattern(("a ", " of ", "."), ("x", "y"), "")
        assert pattern.values("a b of c of d.") == ["b", "c of d"]
        assert pattern.values("a  of c.") is None
        assert pattern.values("a .") is None


def test_english_readers_pay_nothing() -> None:
    for language in ("en", "en-gb"):
        with override(language), patch.object(told_module, "translation", side_effect=AssertionError):
            assert told("The provider is busy.") == "The provider is busy."
    with override(None):
        assert told("The provider is busy.") == "The provider is busy."


def test_the_same_text_is_told_once(reader: None) -> None:
    with patch.object(told_module.Book, "read", autospec=True, return_value="once") as read:
        assert [told("Only here."), told("Only here.")] == ["once", "once"]
    assert read.call_count == 1


def test_a_new_catalogue_is_a_new_book(monkeypatch: pytest.MonkeyPatch) -> None:
    for said in ("一", "二"):
        monkeypatch.setitem(vars(trans_real)["_translations"], "xx", InMemory({"One.": said}))
        with override("xx"):
            assert told("One.") == said
