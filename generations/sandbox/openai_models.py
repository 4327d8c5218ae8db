"""What the OpenAI dialect's servers allow: models with their lengths and sizes, by the flavour a mount stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import gcd

SLUG = "openai_videos"
DEFAULT_MODEL = "sora-2"

HD = ("720x1280", "1280x720")  # the default first
TALLER = ("1024x1792", "1792x1024")
FULL_HD = ("1080x1920", "1920x1080")


@dataclass(frozen=True, slots=True)
class Limits:
    """Lengths in seconds and sizes in pixels, as they are written. The first of each is the default."""

    seconds: tuple[str, ...]
    sizes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flavour:
    """One way of speaking the dialect. A gateway has the new-api family's manners and takes `extras`, too."""

    name: str
    models: Mapping[str, Limits]
    extras: tuple[str, ...] = ()
    is_gateway: bool = False


def _official(seconds: tuple[str, ...], pro_sizes: tuple[str, ...]) -> Mapping[str, Limits]:
    basic, pro = Limits(seconds, HD), Limits(seconds, pro_sizes)
    return {
        "sora-2": basic,
        "sora-2-2025-10-06": basic,
        "sora-2-2025-12-08": basic,
        "sora-2-pro": pro,
        "sora-2-pro-2025-10-06": pro,
    }


STRICT = Flavour("strict", _official(("4", "8", "12"), HD + TALLER))
WIDE = Flavour("wide", _official(("4", "8", "12", "16", "20"), HD + TALLER + FULL_HD))
GATEWAY = Flavour(
    "gateway",
    {
        "sora-2": Limits(("10", "15"), HD),
        "sora-2-pro": Limits(("10", "15", "25"), HD + TALLER),
        "sora_video2": Limits(("10",), HD),
    },
    extras=("watermark", "private"),
    is_gateway=True,
)
BY_MOUNT: Mapping[str, Flavour] = {f"/{flavour.name}": flavour for flavour in (STRICT, WIDE, GATEWAY)}


def flavour_at(mount: str) -> Flavour:
    """The flavour spoken under a mount; the wide one under every mount that stands for none."""
    return BY_MOUNT.get(mount, WIDE)


def pixels(size: str) -> tuple[int, int]:
    """Width and height of a size such as "1280x720"."""
    width, _, height = size.partition("x")
    return int(width), int(height)


def ratio(width: int, height: int) -> str:
    """The shape of a picture, such as "16:9"."""
    part = gcd(width, height)
    return f"{width // part}:{height // part}"
