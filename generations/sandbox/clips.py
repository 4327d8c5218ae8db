"""Clips: real H.264 in a real MP4, true in length, shape and size, and plainly no film."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

from generations.sandbox.canvas import Canvas
from generations.sandbox.jobs import Job
from generations.sandbox.overlay import Overlay
from generations.sandbox.scene import Scene

# Up to so many pixels a frame: frames a second and how much care the encoder takes. The largest and longest clip,
# 25 s of 1920x1080, must not cost much more than 3 s of one processor.
PACES = ((640 * 360, 24, "superfast"), (1280 * 720, 12, "ultrafast"), (1920 * 1080, 8, "ultrafast"))


class StoppedError(Exception):
    """Rendering was given up because the sandbox is stopping; no file was made."""


@dataclass(frozen=True, slots=True)
class Clip:
    """What to draw. `settings` is the line under the prompt; `seed` tells clips of one prompt apart."""

    width: int
    height: int
    seconds: int
    prompt: str
    settings: str
    seed: str

    @property
    def rate(self) -> int:
        """Frames a second."""
        return self._pace[0]

    @property
    def preset(self) -> str:
        """The encoder's word for how much care it takes."""
        return self._pace[1]

    @property
    def _pace(self) -> tuple[int, str]:
        paces = ((rate, preset) for pixels, rate, preset in PACES if self.width * self.height <= pixels)
        return next(paces, PACES[-1][1:])


def clip_of(job: Job) -> Clip:
    order = job.order
    settings = f"{order.aspect_ratio} · {order.seconds} s · {order.model}"
    return Clip(order.width, order.height, order.seconds, order.prompt, settings, job.id)


def frames(clip: Clip) -> Iterator[Canvas]:
    """Every picture of the clip in order."""
    size = (clip.width, clip.height)
    scene = Scene(size, clip.seconds, clip.prompt, clip.seed)
    overlay = Overlay(size, clip.seconds, clip.prompt, clip.settings)
    for number in range(clip.seconds * clip.rate):
        frame = scene.frame(number / clip.rate)
        overlay.draw(frame, number / clip.rate)
        yield frame


def render(clip: Clip, path: Path, stopped: Callable[[], bool] = lambda: False) -> None:
    """Write the clip to `path`, all of it or nothing. `stopped` is asked before every frame."""
    unfinished = path.with_suffix(".tmp")
    try:
        _encode(clip, unfinished, stopped)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _encode(clip: Clip, path: Path, stopped: Callable[[], bool]) -> None:
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        # A keyframe each second and none between, so that seeking lands well.
        keys = f"keyint={clip.rate}:min-keyint={clip.rate}:scenecut=0"
        options = {"preset": clip.preset, "crf": "25", "x264-params": keys}
        stream = container.add_stream("libx264", rate=clip.rate, options=options)
        stream.width, stream.height, stream.pix_fmt = clip.width, clip.height, "yuv420p"
        for number, picture in enumerate(frames(clip)):
            if stopped():
                raise StoppedError
            frame = _frame(picture)
            frame.pts, frame.time_base = number, Fraction(1, clip.rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _frame(picture: Canvas) -> av.VideoFrame:
    """The picture for the encoder, whose rows may be wider than the picture."""
    frame = av.VideoFrame(*picture.size, "yuv420p")
    for source, target in zip(picture.planes, frame.planes, strict=True):
        target.update(source.crop((0, 0, target.line_size, source.height)).tobytes())
    return frame
