"""The portal's settings, with an empty page beside its own."""

from sora_portal.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.urls"
