"""Settings that cost money or safety when wrong are told with an id."""

import pytest
from django.conf import settings as current
from django.core.checks import run_checks
from pytest_django import Settings


def ids(*, deploy: bool = False) -> set[str]:
    found = run_checks(include_deployment_checks=deploy)
    return {str(message.id) for message in found if str(message.id).startswith("generations")}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("PORTAL_ENCRYPTION_KEYS", [], "generations.E001"),
        ("PORTAL_ENCRYPTION_KEYS", ["not a key"], "generations.E001"),
        ("PUBLIC_URL", "videos.example.org", "generations.E002"),
        ("PUBLIC_URL", "ftp://videos.example.org", "generations.E002"),
        ("PUBLIC_URL", "https://videos.example.org/portal", "generations.E002"),
        ("STORAGE_TROUBLE", "It must begin with s3://.", "generations.E020"),
        ("METRICS_TOKEN", "guess-me", "generations.W020"),
        ("PORTAL_TIME_ZONE", "Middle/Earth", "generations.E023"),
        ("PORTAL_TIME_ZONE", "", "generations.E023"),
        ("SUBMIT_LEASE", 200, "generations.W002"),
        ("ENGINE_TURN", 700, "generations.E005"),
        ("ARCHIVE_TRY_SECONDS", 800, "generations.E022"),
        ("ARCHIVE_TRY_SECONDS", 0, "generations.E021"),
        ("ARCHIVE_FILE_MOST", 2, "generations.E021"),
        ("TRASH_DAYS", 0, "generations.E021"),
        ("RETENTION_DAYS", -1, "generations.E021"),
        ("Q_CLUSTER", current.Q_CLUSTER | {"retry": 100}, "generations.E003"),
    ],
)
def test_a_wrong_setting_is_told(name: str, value: object, expected: str, settings: Settings) -> None:
    assert ids() == set()
    setattr(settings, name, value)
    assert ids() == {expected}


def test_an_open_http_address_is_a_warning_of_deployment(settings: Settings) -> None:
    assert "generations.W001" in ids(deploy=True)
    settings.PUBLIC_URL = "https://videos.example.org"
    assert "generations.W001" not in ids(deploy=True)
