"""A clip's last frame as a reference image, so that the next clip can begin where this one ends."""

from __future__ import annotations

import logging
import shutil
import tempfile
from pathlib import Path

from django.utils.translation import gettext, gettext_noop

from generations.media import NotAClip, last_frame
from generations.models import Job, Output, Reference, User
from generations.services import turns
from generations.services.references import Busy, NotUsable, NotUsableNow, add

log = logging.getLogger(__name__)

NO_CLIP = gettext_noop("The clip's file is not there any more, so there is no frame to start from.")


def frame_of(job: Job, owner: User) -> Reference:
    """The last frame, or the poster where the clip cannot be read; the same clip gives the same image.

    Raises NotUsable, NotUsableNow.
    """
    if job.clip is None or not job.clip.clip:
        raise NotUsable(gettext(NO_CLIP))
    return add(owner, _last_or_poster(job.clip))


def _last_or_poster(output: Output) -> bytes:
    try:
        with turns.PICTURES.turn(), tempfile.TemporaryDirectory(prefix="frame-") as folder:
            clip, frame = Path(folder) / "clip.mp4", Path(folder) / "frame.webp"
            with output.clip.open("rb") as source, clip.open("wb") as copy:
                shutil.copyfileobj(source, copy)
            last_frame(clip, frame)
            return frame.read_bytes()
    except turns.Full as error:
        raise Busy from error
    except FileNotFoundError as error:
        raise NotUsable(gettext(NO_CLIP)) from error
    except NotAClip as error:
        log.info("output %s gives no last frame: %s", output.pk, error)
        return _poster(output)
    except OSError as error:
        raise NotUsableNow(gettext("The clip could not be read just now. Try again in a moment.")) from error


def _poster(output: Output) -> bytes:
    if not output.poster:
        raise NotUsable(gettext("No frame of this clip can be read."))
    with output.poster.open("rb") as file:
        return bytes(file.read())
