"""The child that opens a clip. Run as a script, alone: no Django, no keys, little memory, little time.

Prints {"duration", "width", "height"} as JSON and writes the poster, or, told "last", the last frame in full size; a
file that is no video ends it with code 1, a full disk with its own error number.
"""

from __future__ import annotations

import errno
import json
import resource
import sys
from typing import Any

MEMORY = 1 << 31
CPU_SECONDS = 30
POSTER_BYTES = 8 << 20
POSTER_EDGE = 960
LOOKS = 90  # frames tried for a poster that is not black
TAIL = 3.0  # seconds before the end from which the last frame is looked for


def main(clip: str, poster: str, which: str = "") -> None:
    _limit()
    import av

    # Told to be an MP4: left to guess, the library would follow playlists to other files.
    with av.open(clip, format="mp4") as container:
        if not container.streams.video:
            raise SystemExit("the file holds no picture")
        stream = container.streams.video[0]
        duration = float(container.duration or 0) / av.time_base
        picture = _last_frame(container, stream, duration) if which == "last" else _poster_frame(container, stream)
    width, height = picture.size
    if which != "last":
        picture.thumbnail((POSTER_EDGE, POSTER_EDGE))
    picture.save(poster, "WEBP", quality=82 if which != "last" else 92)
    sys.stdout.write(json.dumps({"duration": duration, "width": width, "height": height}))


def _limit() -> None:
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, POSTER_BYTES),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _poster_frame(container: Any, stream: Any) -> Any:
    """The first frame with something to see, about a second in where there is one."""
    best = None
    for number, frame in enumerate(container.decode(stream)):
        picture = _as_shown(frame)
        if best is None or _is_dark(best):
            best = picture
        if number >= LOOKS or ((frame.time or 0) >= 1 and not _is_dark(picture)):
            return picture if not _is_dark(picture) else best
    if best is None:
        raise SystemExit("the file holds no frame")
    return best


def _last_frame(container: Any, stream: Any, duration: float) -> Any:
    """The frame the clip ends with."""
    import av

    if duration > TAIL:
        container.seek(int((duration - TAIL) * av.time_base))
    last = None
    for last in container.decode(stream):  # noqa: B007 - only the last one is wanted
        pass
    if last is None:
        raise SystemExit("the file holds no frame")
    return _as_shown(last)


def _as_shown(frame: Any) -> Any:
    """The picture the way players turn it."""
    picture, quarters = frame.to_image(), round(frame.rotation / 90) % 4
    return picture.rotate(90 * quarters, expand=True) if quarters else picture


def _is_dark(picture: Any) -> bool:
    return bool(picture.convert("L").resize((8, 8)).getextrema()[1] < 24)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:4])
    except OSError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        raise SystemExit(errno.ENOSPC if error.errno == errno.ENOSPC else 1) from None
    except Exception as error:
        told = str(error).replace(sys.argv[1], "the file")  # where it lies is nobody's business
        raise SystemExit(f"{type(error).__name__}: {told}") from None
