"""Looking into images from outside, at arm's length."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from generations.media.limited import CutShort
from generations.media.pictures import BYTES_MOST, NotAPicture, Picture, examine, fitted
from tests.pictures import opened, picture


def claims(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is huge."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 64)), (b"IEND", b"")]
    body = b"".join(struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


def moving(kind: str) -> bytes:
    frames = [Image.new("RGB", (100, 100), color) for color in ("red", "green")]
    out = io.BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    return out.getvalue()


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # as a phone writes that was held upright
    return picture(900, 600, "JPEG", exif=exif)


class TestExamine:
    @pytest.mark.parametrize(
        ("kind", "content_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")]
    )
    def test_its_true_type_and_size_are_told(self, kind: str, content_type: str) -> None:
        assert examine(picture(900, 600, kind)) == Picture(900, 600, content_type)

    @pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "1", "I;16"])
    def test_every_kind_of_png_is_taken(self, mode: str) -> None:
        content = picture(mode=mode)
        assert examine(content).width == 900
        assert opened(fitted(content, "crop", 640, 360)[0]).size == (640, 360)

    def test_a_cmyk_jpeg_is_taken(self) -> None:
        assert opened(fitted(picture(kind="JPEG", mode="CMYK"), "pad", 640, 360)[0]).mode == "RGB"

    def test_a_turned_photo_counts_as_it_is_seen(self) -> None:
        assert examine(turned()) == Picture(600, 900, "image/jpeg")

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "no JPEG, PNG or WebP"),
            (b"GIF89a", "no JPEG, PNG or WebP"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no JPEG, PNG or WebP"),
            (b"%PDF-1.4", "no JPEG, PNG or WebP"),
            (picture(kind="GIF"), "no JPEG, PNG or WebP"),
            (picture(kind="TIFF"), "no JPEG, PNG or WebP"),
            (picture()[:300], "damaged or incomplete"),
            (picture(kind="JPEG")[:900], "damaged or incomplete"),
            (claims(60_000, 60_000), "at most 40 million"),
            (moving("WEBP"), "animated"),
            (moving("PNG"), "animated"),
            (picture(63, 600), "each side needs 64"),
            (b"\xff" * (BYTES_MOST + 1), "at most 20 MB"),
        ],
    )
    def test_what_cannot_serve_is_refused_with_the_cure(self, content: bytes, words: str) -> None:
        with pytest.raises(NotAPicture, match=words):
            examine(content)

    def test_a_reader_that_hangs_is_ended_and_says_nothing_about_the_image(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("generations.media.pictures.SECONDS", 0.01)
        with pytest.raises(CutShort, match="took longer"):
            examine(picture())


class TestFitted:
    @pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (1024, 1792), (64, 64)])
    @pytest.mark.parametrize("fit", ["crop", "pad"])
    @pytest.mark.parametrize("source", [(900, 600), (300, 1200), (4000, 200)])
    def test_it_has_exactly_the_asked_pixels(self, fit: str, size: tuple[int, int], source: tuple[int, int]) -> None:
        assert opened(fitted(picture(*source), fit, *size)[0]).size == size

    def test_crop_fills_the_frame_and_pad_shows_all_of_it(self) -> None:
        tall = picture(400, 800)  # black at the top, white at the bottom
        crop, pad = (opened(fitted(tall, fit, 800, 400)[0]).convert("L") for fit in ("crop", "pad"))
        assert crop.getpixel((400, 2)) > 60  # type: ignore[operator]  # the top was cut away
        assert pad.getpixel((400, 2)) < 10  # type: ignore[operator]  # the top is there
        assert pad.getpixel((400, 397)) > 245  # type: ignore[operator]

    def test_the_same_input_makes_the_same_bytes(self) -> None:
        assert fitted(turned(), "pad", 1280, 720) == fitted(turned(), "pad", 1280, 720)

    def test_only_the_picture_is_kept(self) -> None:
        content, kind = fitted(turned(), "crop", 1280, 720)
        assert kind == "image/jpeg"
        assert not opened(content).getexif()


def test_the_child_knows_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spy = tmp_path / "child.py"
    spy.write_text("import os, sys; sys.exit(' '.join(os.environ))")
    monkeypatch.setattr("generations.media.pictures.CHILD", spy)
    monkeypatch.setenv("PORTAL_ENCRYPTION_KEYS", "secret")
    with pytest.raises(NotAPicture) as told:
        examine(picture())
    assert "PATH" in str(told.value)
    assert "PORTAL" not in str(told.value)
