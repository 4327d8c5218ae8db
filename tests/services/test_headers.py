"""Extra headers: what may be sent."""

from __future__ import annotations

import pytest

from generations.services.headers import parsed


def test_lines_become_headers() -> None:
    text = "X-Team: video\r\n\n  Authorization:the:bare:key \n"
    assert parsed(text) == {"X-Team": "video", "Authorization": "the:bare:key"}
    assert parsed(" \n ") == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("X-Team: a\njust words", "Line 2 is no header"),
        ("X: a\nBearer sk-1: a", "Header 2 has a name that cannot be sent"),
        (": a", "has a name that cannot be sent"),
        ("Überschrift: a", "has a name that cannot be sent"),
        ("X-Team:", "Header 1 has an empty value"),
        ("X-Team: schlüssel", "no header has"),
        ("X-Team: a\x00b", "no header has"),
        ("X-Team: " + "a" * 2001, "no header has"),
        ("X-Team: a\nx-team: b", "Two headers have the same name"),
        ("\n".join(f"X-{n}: a" for n in range(21)), "21 headers are too many"),
        *((f"{name}: a", f"{name} is set by the portal itself") for name in (
            "Host", "content-length", "Content-Type", "TRANSFER-ENCODING", "Connection", "Accept-Encoding",
        )),
    ],
)  # fmt: skip
def test_what_cannot_be_sent_is_named_with_its_cure(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        parsed(text)
    assert str(caught.value).endswith(".")
    assert "sk-1" not in str(caught.value)
