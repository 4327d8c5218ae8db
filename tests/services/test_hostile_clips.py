"""Files made to harm whoever opens them: only the child with little memory and time ever does."""

from __future__ import annotations

import resource
import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest
from PIL import Image

from generations.media import NotAClip, inspect, inspect_clip
from generations.media.limited import Unreadable, run_limited
from generations.models import Job, Output, Provider, State
from generations.services.archive import archive
from tests.peer import answering, peer
from tests.services.clips import make_clip

GB = 1 << 30


def picture_bomb(path: Path, width: int, height: int) -> Path:
    """One frame that is tiny as a file and huge as a picture, which would be the poster."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=1)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        frame = av.VideoFrame(width, height, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.pts, frame.time_base = 0, Fraction(1, 1)
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def claim(path: Path, kind: bytes, promised: int) -> Path:
    """A sparse file whose box says it is gigabytes long."""
    head = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
    path.write_bytes(head + struct.pack(">I", 1) + kind + struct.pack(">Q", promised))
    with path.open("r+b") as file:
        file.truncate(promised)
    return path


def with_sizes(clip: Path, box: bytes, offset: int, value: int) -> Path:
    """The clip with one number of one of its boxes replaced."""
    data = bytearray(clip.read_bytes())
    at = data.index(box) + len(box) + offset
    data[at : at + 4] = struct.pack(">I", value)
    clip.write_bytes(data)
    return clip


def children_used() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("kind", [b"mdat", b"moov", b"free", b"skip"])
def test_a_sparse_file_of_four_gigabytes_is_looked_at_quickly(kind: bytes, tmp_path: Path) -> None:
    before = children_used()
    with pytest.raises(NotAClip):
        inspect_clip(claim(tmp_path / "clip.mp4", kind, 4 * GB), tmp_path / "poster.webp")
    assert children_used() - before < inspect_limit()
    assert not (tmp_path / "poster.webp").exists()


@pytest.mark.parametrize(
    ("box", "offset", "value"),
    [(b"stsz", 8, 0xFFFFFFFF), (b"stts", 4, 0xFFFFFFFF), (b"stco", 4, 0xFFFFFFFF), (b"stsc", 4, 0x7FFFFFFF)],
    ids=["sizes", "times", "places", "chunks"],
)
def test_tables_that_promise_billions_of_frames_take_no_memory(
    box: bytes, offset: int, value: int, tmp_path: Path
) -> None:
    """Told as no clip, or read as far as it holds one: what matters is that it ends, and within its bounds."""
    clip = with_sizes(make_clip(tmp_path / "clip.mp4", seconds=1), box, offset, value)
    before = children_used()
    try:
        facts = inspect_clip(clip, tmp_path / "poster.webp")
    except NotAClip:
        facts = None
    assert facts is None or (facts.width, facts.height) == (96, 64)
    assert children_used() - before < inspect_limit()


@pytest.mark.matrix
def test_a_frame_of_many_megapixels_becomes_a_small_poster_or_none(tmp_path: Path) -> None:
    bomb = picture_bomb(tmp_path / "clip.mp4", 8176, 8176)
    assert bomb.stat().st_size < 1 << 20
    try:
        inspect_clip(bomb, tmp_path / "poster.webp")
    except NotAClip:
        return
    with Image.open(tmp_path / "poster.webp") as poster:
        assert max(poster.size) <= 960


def test_a_picture_without_end_is_no_clip(tmp_path: Path) -> None:
    """A size in the file's own head, beyond what any memory holds."""
    clip = make_clip(tmp_path / "clip.mp4", seconds=1)
    data = bytearray(clip.read_bytes())
    at = data.index(b"avc1") + 4 + 24
    data[at : at + 4] = struct.pack(">HH", 65535, 65535)
    clip.write_bytes(data)
    try:
        facts = inspect_clip(clip, tmp_path / "poster.webp")
    except NotAClip:
        return
    assert (facts.width, facts.height) == (96, 64), "the stream itself is believed, not the head"


HARM = {
    "hangs": ("import time; time.sleep(600)", "longer than"),
    "loops": ("while True: pass", "longer than"),
    "eats memory": ("import resource as r; r.setrlimit(r.RLIMIT_AS, (1 << 28,) * 2); x = bytearray(1 << 30)", "Memory"),
    "dies": ("import os; os.kill(os.getpid(), 11)", "ended by signal 11"),
    "floods": ("import sys; [sys.stderr.write('x' * 100_000 + chr(10)) for _ in range(50)]; sys.exit(1)", "x" * 300),
    "says nonsense": ("import sys; sys.stdout.write('no JSON')", ""),
}


@pytest.mark.parametrize("harm", HARM)
def test_a_child_that_comes_to_harm_harms_nobody_else(harm: str, tmp_path: Path) -> None:
    code, words = HARM[harm]
    script = tmp_path / "child.py"
    script.write_text(code)
    if not words:
        assert run_limited(script, [], 10) == b"no JSON"
        return
    with pytest.raises(Unreadable, match=words):
        run_limited(script, [], 1)


@pytest.mark.parametrize(
    "answer", ["no JSON", "[]", '{"duration": "many"}', '{"duration": NaN, "width": -1, "height": 1}']
)
def test_what_a_child_says_is_not_believed_either(answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that takes the child over could make it say anything."""
    script = tmp_path / "child.py"
    script.write_text(f"import sys; sys.stdout.write({answer!r})")
    monkeypatch.setattr(inspect, "CHILD", script)
    with pytest.raises(NotAClip):
        inspect_clip(tmp_path / "clip.mp4", tmp_path / "poster.webp")


def test_a_full_disk_under_the_poster_is_not_the_clip_s_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "child.py"
    script.write_text("import errno, sys; sys.stderr.write('No space left on device'); sys.exit(errno.ENOSPC)")
    monkeypatch.setattr(inspect, "CHILD", script)
    with pytest.raises(OSError, match="No space left on device"):
        inspect_clip(tmp_path / "clip.mp4", tmp_path / "poster.webp")


@pytest.mark.django_db(transaction=True)
def test_a_hostile_file_is_tried_again_and_leaves_nothing_behind(
    make_job: Callable[..., Job], tmp_path: Path, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"  # type: ignore[attr-defined]
    script = tmp_path / "child.py"
    script.write_text("import time; time.sleep(600)")
    monkeypatch.setattr(inspect, "CHILD", script)
    monkeypatch.setattr(inspect, "SECONDS", 0.3)
    with peer(answering(200, b"hostile")) as server:
        Provider.objects.update(base_url=server.url, allow_private=True)
        output = make_job(State.ARCHIVING).cover
        assert output
        Output.objects.update(remote_url=f"{server.url}/clip.mp4")
        assert not archive(output.pk)
    output.refresh_from_db()
    assert output.sentence == "What came is no video that can be opened."
    assert "longer than" in output.detail
    assert output.faults == 1
    assert not (tmp_path / "incoming" / str(output.pk)).exists(), "the file itself is fetched anew"
    assert not (tmp_path / "media").exists()


def inspect_limit() -> float:
    """The processor seconds a child may use, as the kernel counts them."""
    from generations.media.child import CPU_SECONDS

    return CPU_SECONDS + 2.0
