"""Links lead to where the portal really is."""

from __future__ import annotations

from pathlib import Path

from pytest_django import Settings

from generations.models import User
from generations.services.members import reset_link


def test_a_link_carries_the_running_portal_s_address(member: User, settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    assert reset_link(member).startswith("http://localhost:8000/accounts/")
    (tmp_path / "address").write_text("http://localhost:8300")
    assert reset_link(member).startswith("http://localhost:8300/accounts/")
    settings.PUBLIC_URL = settings.PORTAL_ADDRESS = "https://videos.example.org"
    assert reset_link(member).startswith("https://videos.example.org/accounts/")
