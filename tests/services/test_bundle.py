"""The zip file is made while it is read: pieces come before the next file is touched, and memory stays flat."""

from __future__ import annotations

import io
import struct
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.core.files.storage import default_storage
from django.db.models.fields.files import FieldFile

from generations.models import Output
from generations.services import bundle
from generations.services.bundle import Clip, zipped

MOMENT = (2026, 11, 21, 12, 30, 2)
TOLD = ("A fox", "Mara", "Sandbox", "sora-2", "8", "2026-11-21T12:30:02+00:00", "https://portal.example.com/jobs/1/")
PIECE = bytes(64 << 10)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was read of which file, in order; each file has forty pieces."""
    log: list[str] = []

    def pieces(file: FieldFile) -> Iterator[bytes]:
        def flow() -> Iterator[bytes]:
            for _ in range(40):
                log.append(str(file.name))
                yield PIECE

        return flow()

    monkeypatch.setattr(bundle, "pieces", pieces)
    return log


def clip(name: str, size: int = 40 * len(PIECE)) -> Clip:
    file = FieldFile(Output(), Output._meta.get_field("clip"), name)
    return Clip(f"{name}.mp4", file, size, MOMENT, TOLD)


def test_many_pieces_are_sent_before_the_last_file_is_read(read: list[str]) -> None:
    stream = zipped([clip("one"), clip("two"), clip("three")])
    for _ in range(30):
        assert next(stream)
    assert set(read) == {"one"}
    assert len(read) <= 31
    rest = sum(1 for _ in stream)
    assert rest > 90
    assert read.count("three") == 40


def test_memory_does_not_grow_with_the_clips(read: list[str]) -> None:
    tracemalloc.start()
    sent = sum(len(piece) for piece in zipped([clip(f"clip{n}") for n in range(40)]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sent > 100_000_000
    assert peak < 4_000_000


def test_a_reader_who_goes_away_ends_the_reading(read: list[str]) -> None:
    stream = zipped([clip("one"), clip("two")])
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert set(read) == {"one"}


def test_what_breaks_off_is_no_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Iterator[bytes]:
        yield PIECE
        raise ConnectionError("The file storage is away.")

    monkeypatch.setattr(bundle, "pieces", lambda file: broken())
    sent: list[bytes] = []
    with pytest.raises(ConnectionError):
        sent.extend(zipped([clip("one")]))
    assert b"PK\x05\x06" not in b"".join(sent)


def test_a_file_beyond_four_gigabytes_is_announced_as_zip64(read: list[str]) -> None:
    small, large = (b"".join(zipped([clip("one", size)])) for size in (1000, 5 << 30))
    versions = [struct.unpack_from("<H", data, 4)[0] for data in (small, large)]
    assert versions == [20, 45]
    for data in (small, large):
        assert ZipFile(io.BytesIO(data)).testzip() is None


def test_a_kept_file_comes_as_it_lies_on_the_disk(tmp_path: Path, settings: object) -> None:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]
    data = bytes(range(256)) * 5000
    (tmp_path / "a.mp4").write_bytes(data)
    assert default_storage.exists("a.mp4")
    archive = ZipFile(io.BytesIO(b"".join(zipped([clip("a.mp4", len(data))]))))
    assert archive.read("a.mp4.mp4") == data
    assert archive.getinfo("a.mp4.mp4").date_time == MOMENT
    assert archive.namelist()[-1] == "clips.csv"


def test_names_that_are_taken_get_a_number() -> None:
    taken: set[str] = set()
    for expected in ("a.mp4", "a-2.mp4", "a-3.mp4"):
        taken.add(found := bundle._free("a.mp4", taken))
        assert found == expected
