"""What a clip is, told by a short-lived child process: a hostile file can neither crash nor read this one."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CHILD = Path(__file__).with_name("child.py")
SECONDS = 60


class NotAClip(Exception):
    """The file is no video that can be opened; `str(error)` says why."""


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """Duration in seconds, size in pixels as shown (rotation applied)."""

    duration: float
    width: int
    height: int


def inspect_clip(clip: Path, poster: Path) -> ClipFacts:
    """The facts of a clip, its poster frame written to `poster` as WebP. Raises NotAClip."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(CHILD), str(clip), str(poster)],
            capture_output=True,
            timeout=SECONDS,
            env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
            check=False,
            close_fds=True,
        )
    except subprocess.TimeoutExpired as error:
        raise NotAClip(f"looking into the file took longer than {SECONDS} s") from error
    if done.returncode != 0:
        raise NotAClip(_last_words(done.stderr) or f"the reader ended with code {done.returncode}")
    facts = json.loads(done.stdout)
    return ClipFacts(float(facts["duration"]), int(facts["width"]), int(facts["height"]))


def _last_words(stderr: bytes) -> str:
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:300] if lines else ""
