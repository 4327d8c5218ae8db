"""Running a reader of hostile files: a short-lived process that knows no secret and may not use much."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}


class Unreadable(Exception):
    """The reader gave up; the text is its last line."""


class CutShort(Unreadable):
    """The reader came to no verdict: its time was over, or somebody ended it. Another try may go better."""


def run_limited(script: Path, arguments: list[str], seconds: float, stdin: bytes = b"") -> bytes:
    """What the script printed. It runs isolated: none of our modules, none of our environment.

    Raises Unreadable, and OSError when the disk is full, which is not the file's fault.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(script), *arguments],
            input=stdin,
            capture_output=True,
            timeout=seconds,
            env=ENVIRONMENT,
            check=False,
            close_fds=True,
        )
    except subprocess.TimeoutExpired as error:
        raise CutShort(f"looking into the file took longer than {seconds:g} s") from error
    if done.returncode == errno.ENOSPC:
        raise OSError(errno.ENOSPC, _last_words(done.stderr))
    if done.returncode < 0:
        raise CutShort(f"the reader was ended by signal {-done.returncode}")
    if done.returncode != 0:
        raise Unreadable(_last_words(done.stderr) or f"the reader ended with code {done.returncode}")
    return done.stdout


def _last_words(stderr: bytes) -> str:
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:300] if lines else ""
