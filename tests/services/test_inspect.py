"""Looking into a clip: in a child with little memory and little time, whatever the file holds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from generations.media import ClipFacts, NotAClip, child, inspect, inspect_clip
from tests.services.clips import huge_picture, make_clip, make_sound, turn


def test_a_clip_tells_its_length_and_size_and_shows_a_picture(tmp_path: Path) -> None:
    facts = inspect_clip(make_clip(tmp_path / "clip.mp4", 96, 64, seconds=2), tmp_path / "poster.webp")
    assert facts == ClipFacts(2.0, 96, 64)
    assert is_orange(tmp_path / "poster.webp", (96, 64))


def test_a_portrait_clip_is_portrait(tmp_path: Path) -> None:
    facts = inspect_clip(make_clip(tmp_path / "clip.mp4", 64, 96, seconds=1), tmp_path / "poster.webp")
    assert (facts.width, facts.height) == (64, 96)
    assert is_orange(tmp_path / "poster.webp", (64, 96))


def test_a_clip_that_players_turn_is_as_it_is_shown(tmp_path: Path) -> None:
    clip = turn(make_clip(tmp_path / "clip.mp4", 96, 64, seconds=1, right="blue"))
    facts = inspect_clip(clip, tmp_path / "poster.webp")
    assert (facts.width, facts.height) == (64, 96)
    with Image.open(tmp_path / "poster.webp") as picture:
        picture.crop((0, 0, 64, 40)).save(tmp_path / "top.webp")
    assert is_orange(tmp_path / "top.webp", (64, 40)), "what was left is on top"


def test_the_poster_is_not_the_black_that_clips_begin_with(tmp_path: Path) -> None:
    inspect_clip(make_clip(tmp_path / "clip.mp4", seconds=1, dark_start=True), tmp_path / "poster.webp")
    assert is_orange(tmp_path / "poster.webp", (96, 64))


def test_a_clip_cut_in_half_tells_no_more_than_it_holds(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=2)
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    with pytest.raises(NotAClip):
        inspect_clip(clip, tmp_path / "poster.webp")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"AccessDenied: this is a line of text where a video should be.\n",
        b"<!doctype html><title>Sign in</title>",
        b"\x00\x00\x00\x18ftypmp42" + bytes(4000),
        b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom\xff\xff\xff\xffmoov" + b"\xff" * 4000,
        huge_picture(16_000, 16_000),
        huge_picture(2_000_000_000, 2_000_000_000),
    ],
    ids=["nothing", "text", "a web page", "a head only", "sizes that lie", "a huge picture", "a monstrous picture"],
)
def test_what_is_no_clip_is_said_to_be_none(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(content)
    with pytest.raises(NotAClip, match=r"\w"):
        inspect_clip(tmp_path / "clip.mp4", tmp_path / "poster.webp")


def test_sound_alone_is_no_clip(tmp_path: Path) -> None:
    with pytest.raises(NotAClip, match="no picture"):
        inspect_clip(make_sound(tmp_path / "clip.mp4"), tmp_path / "poster.webp")


@pytest.mark.parametrize(
    "playlist",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2.0,\n{other}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile {name}\n",
        "ffconcat version 1.0\nfile {other}\n",
    ],
    ids=["HLS", "concat", "concat by path"],
)
def test_a_file_that_names_other_files_opens_none_of_them(playlist: str, tmp_path: Path) -> None:
    other = make_clip(tmp_path / "secret.mp4", seconds=1)
    (tmp_path / "clip.mp4").write_text(playlist.format(other=other, name=other.name))
    with pytest.raises(NotAClip):
        inspect_clip(tmp_path / "clip.mp4", tmp_path / "poster.webp")
    assert not (tmp_path / "poster.webp").exists()


def test_a_child_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspect, "SECONDS", 0.01)
    with pytest.raises(NotAClip, match="longer than"):
        inspect_clip(make_clip(tmp_path / "clip.mp4"), tmp_path / "poster.webp")


def test_the_child_has_little_memory_time_and_room_before_it_opens_anything() -> None:
    code = f"""
import resource as r, sys, types
sys.path.insert(0, {str(Path(child.__file__).parent)!r})
limits = (r.RLIMIT_AS, r.RLIMIT_CPU, r.RLIMIT_FSIZE, r.RLIMIT_NOFILE, r.RLIMIT_CORE)
spy = types.ModuleType("av")
spy.open = lambda *args, **options: sys.exit(print(*[r.getrlimit(limit)[1] for limit in limits]))
sys.modules["av"] = spy
import child
child.main("clip.mp4", "poster.webp")
"""
    told = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True).stdout
    assert list(map(int, told.split())) == [2 << 30, 30, 8 << 20, 64, 0]


def test_the_child_knows_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spy = tmp_path / "child.py"
    spy.write_text("import json, os, sys; sys.stderr.write(json.dumps(sorted(os.environ))); sys.exit(1)")
    monkeypatch.setattr(inspect, "CHILD", spy)
    monkeypatch.setenv("PORTAL_ENCRYPTION_KEYS", "secret")
    with pytest.raises(NotAClip) as told:
        inspect_clip(tmp_path / "clip.mp4", tmp_path / "poster.webp")
    assert "PATH" in str(told.value)
    assert "PORTAL" not in str(told.value)


def test_the_processes_that_hold_keys_load_no_decoder() -> None:
    code = """
import os, sys, tempfile
os.environ["PORTAL_DATA"] = tempfile.mkdtemp()
os.environ["DJANGO_SETTINGS_MODULE"] = "sora_portal.settings"
import django; django.setup()
import generations.tasks, generations.services.archive, generations.supervisor
sys.exit(any(name in sys.modules for name in ("av", "PIL")))
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def is_orange(poster: Path, size: tuple[int, int]) -> bool:
    with Image.open(poster) as picture:
        red, green, blue = picture.convert("RGB").resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]
        return picture.format == "WEBP" and picture.size == size and red > 200 and 120 < green < 200 and blue < 60
