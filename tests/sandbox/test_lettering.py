"""Words that fit on a clip, in any script."""

from __future__ import annotations

import pytest

from generations.sandbox import clips, lettering

WIDTH = 200


@pytest.mark.parametrize(
    "text",
    ["", "Short", "A long prompt " * 60, "Donaudampfschifffahrt" * 30, "a\x00b\tc\n\nd", "\u200d\u202e مرحبا", "🐳"],
)
def test_any_text_fits_into_its_lines(text: str) -> None:
    shown, font = lettering.drawable(text, 17)
    rows = lettering.wrapped(shown, font, WIDTH, 4)
    assert 1 <= len(rows) <= 4
    assert all(font.getlength(row) <= WIDTH for row in rows)


def test_what_was_cut_ends_in_an_ellipsis() -> None:
    font = lettering.plain_font(17)
    assert lettering.wrapped("A long prompt " * 60, font, WIDTH, 4)[-1].endswith("…")
    assert lettering.wrapped("Short", font, WIDTH, 4) == ["Short"]


def test_a_text_no_font_can_draw_is_described() -> None:
    shown, _ = lettering.drawable("\ue000\ue001", 17)
    assert shown == "(a prompt of 2 characters that no font here can draw)"


def test_a_prompt_keeps_its_colours_and_another_has_its_own() -> None:
    first, again, other = (
        next(clips.frames(clips.Clip(64, 36, 4, prompt, "", "gen_1"))).image().tobytes()
        for prompt in ("One", "One", "Another prompt")
    )
    assert first == again
    assert first != other
