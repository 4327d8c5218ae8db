"""Looking into files that came from outside, at arm's length."""

from generations.media.inspect import ClipFacts, NotAClip, inspect_clip, last_frame

__all__ = ["ClipFacts", "NotAClip", "inspect_clip", "last_frame"]
