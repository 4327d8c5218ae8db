"""A full disk while clips are copied: nothing is lost, truncated or counted, and it goes on when there is room."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import resource
import socket
import struct
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from generations.models import Job, Output, Provider, State
from generations.services.archive import archive
from generations.services.incoming import workshop
from generations.services.keeping import store
from generations.services.room import is_full
from tests.conftest import needs
from tests.peer import ByPath, Play, peer
from tests.services.clips import make_clip

pytestmark = [pytest.mark.django_db(transaction=True)]
MakeJob = Callable[..., Job]
MB = 1 << 20


class Ranged(ByPath):
    """A server of one file that knows ranges and, if told so, hides how long the file is."""

    def __init__(self, content: bytes, *, tells: bool = True) -> None:
        super().__init__({})
        object.__setattr__(self, "content", content)
        object.__setattr__(self, "tells", tells)

    def chosen(self, request: bytes) -> Play:
        content: bytes = vars(self)["content"]
        found = re.search(rb"\r\nRange: bytes=(\d+)-", request, re.IGNORECASE)
        start = int(found[1]) if found else 0
        said = f"Content-Range: bytes {start}-{len(content) - 1}/{len(content)}\r\n" if found else ""
        length = f"Content-Length: {len(content) - start}\r\n" if vars(self)["tells"] or found else ""
        status = "206 X" if found else "200 OK"
        head = f'HTTP/1.1 {status}\r\nETag: "a"\r\nConnection: close\r\n{said}{length}\r\n'.encode()

        def play(connection: socket.socket) -> None:
            connection.sendall(head + content[start:])
            connection.shutdown(socket.SHUT_RDWR)

        return play


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", seconds=1).read_bytes()


def padded(clip: bytes, size: int) -> bytes:
    """The clip with a box of nothing behind it, which MP4 allows."""
    more = size - len(clip)
    return clip + struct.pack(">I", more) + b"free" + bytes(more - 8)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """A disk of its own with so many megabytes; called again it has another size."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = False

    def sized(megabytes: int) -> Path:
        nonlocal mounted
        how = f"{'remount,' if mounted else ''}size={megabytes}m"
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", how, "tmpfs", str(folder)], capture_output=True)
        needs(done.returncode == 0, "A disk of two megabytes can be mounted by root only: sudo make test")
        mounted = True
        return folder

    yield sized
    if mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_fills_up_is_waited_for(
    small_disk: Callable[[int], Path], clip: bytes, make_job: MakeJob, settings: object
) -> None:
    disk = small_disk(2)
    settings.DATA_DIR, settings.MEDIA_ROOT, settings.ARCHIVE_KEEP_FREE = disk, disk / "media", 0  # type: ignore[attr-defined]
    content = padded(clip, 3 * MB)
    with peer(Ranged(content, tells=False)) as server:
        output = waiting(make_job, server.url)
        assert not archive(output.pk)
        output.refresh_from_db()
        assert "No space left on device" in output.trouble
        assert (output.attempts, output.faults, output.lease_until, output.abandoned_at) == (0, 0, None, None)
        assert output.next_try_at > timezone.now()
        assert is_full()
        assert output.job.state == State.ARCHIVING
        assert kept(output) > MB, "what came of a small file stays"
        assert files(disk / "media") == []

        small_disk(8)
        assert archive(output.pk)
        assert not is_full()
        assert b"bytes=" in server.requests[1], "it went on where the disk had ended"
    output.refresh_from_db()
    assert output.clip.read() == content
    assert (output.size, output.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert (output.attempts, output.trouble, output.job.state) == (1, "", State.DONE)
    assert len(files(disk / "media")) == 2


def test_a_disk_without_room_takes_nothing_new(
    small_disk: Callable[[int], Path], clip: bytes, make_job: MakeJob, settings: object
) -> None:
    disk = small_disk(2)
    settings.DATA_DIR, settings.MEDIA_ROOT = disk, disk / "media"  # type: ignore[attr-defined]
    settings.ARCHIVE_KEEP_FREE = 3 * MB  # type: ignore[attr-defined]
    with peer(Ranged(clip)) as server:
        output = waiting(make_job, server.url)
        before = Output.objects.values().get()
        assert not archive(output.pk)
        assert server.connections == 0
        assert is_full()
        assert Output.objects.values().get() == before, "not even claimed"
        small_disk(8)
        assert archive(output.pk)
        assert not is_full()


def test_a_file_that_would_fill_the_disk_is_not_begun(
    small_disk: Callable[[int], Path], clip: bytes, make_job: MakeJob, settings: object
) -> None:
    disk = small_disk(2)
    settings.DATA_DIR, settings.MEDIA_ROOT = disk, disk / "media"  # type: ignore[attr-defined]
    settings.ARCHIVE_KEEP_FREE = MB  # type: ignore[attr-defined]
    with peer(Ranged(padded(clip, 3 * MB // 2))) as server:
        output = waiting(make_job, server.url)
        assert not archive(output.pk)
    output.refresh_from_db()
    assert "The disk is nearly full" in output.trouble
    assert (output.attempts, kept(output)) == (0, 0)


def test_a_storage_that_is_full_keeps_all_of_a_file_or_nothing(
    small_disk: Callable[[int], Path], tmp_path: Path, settings: object
) -> None:
    settings.MEDIA_ROOT = small_disk(2)  # type: ignore[attr-defined]
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(os.urandom(3 * MB))
    with pytest.raises(OSError, match="No space left"):
        store(default_storage, clip, "clips/ab/whole.mp4")
    assert files(tmp_path / "disk") == []
    assert clip.stat().st_size == 3 * MB, "what was to be stored is still there"
    small_disk(8)
    assert default_storage.size(store(default_storage, clip, "clips/ab/whole.mp4")) == 3 * MB


def test_a_file_system_that_takes_no_more_is_no_fault_of_the_file(
    clip: bytes, make_job: MakeJob, settings: object, tmp_path: Path
) -> None:
    """By a limit of the process, which needs no root."""
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"  # type: ignore[attr-defined]
    content = padded(clip, 24 * MB)
    with peer(Ranged(content)) as server:
        output = waiting(make_job, server.url)
        with files_of_at_most(16 * MB):
            assert not archive(output.pk)
        output.refresh_from_db()
        assert os.strerror(errno.EFBIG) in output.trouble
        assert (output.attempts, output.faults) == (0, 0)
        assert kept(output) == 16 * MB
        assert archive(output.pk)
    output.refresh_from_db()
    assert output.sha256 == hashlib.sha256(content).hexdigest()


def test_what_came_of_a_large_file_leaves_a_full_disk(
    clip: bytes, make_job: MakeJob, settings: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"  # type: ignore[attr-defined]
    monkeypatch.setattr("generations.services.archive.SMALL", 8 * MB)
    with peer(Ranged(padded(clip, 24 * MB))) as server:
        output = waiting(make_job, server.url)
        with files_of_at_most(16 * MB):
            assert not archive(output.pk)
    assert kept(output) == 0


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def kept(output: Output) -> int:
    clip = workshop() / str(output.pk) / "clip.mp4"
    return clip.stat().st_size if clip.exists() else 0


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def waiting(make_job: MakeJob, url: str) -> Output:
    Provider.objects.update(base_url=url, allow_private=True)
    output = make_job(State.ARCHIVING).cover
    assert output
    Output.objects.filter(pk=output.pk).update(remote_url=f"{url}/clip.mp4")
    return output
