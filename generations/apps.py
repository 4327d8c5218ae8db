"""The app and its start-up checks."""

from django.apps import AppConfig


class GenerationsConfig(AppConfig):
    name = "generations"
    verbose_name = "Sora Portal"

    def ready(self) -> None:
        from generations import checks, signals  # noqa: F401
