"""What an operator reads when something is set wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from environs import Env

from sora_portal.environment import INSTANCE, instance

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PORT", "abc", "PORT"),
        ("WEB_WORKERS", "0", "WEB_WORKERS=0: give a whole number from 1 to 64."),
        ("WEB_THREADS", "many", "WEB_THREADS=many: give a whole number from 1 to 256."),
        ("QUEUE_WORKERS", "65", "QUEUE_WORKERS=65: give a whole number from 1 to 64."),
        (
            "PORTAL_INSTANCE",
            "a b",
            "PORTAL_INSTANCE=a b: give at most 40 letters, digits, dots, dashes or underscores.",
        ),
    ],
)
def test_a_setting_that_makes_no_sense_is_one_line(name: str, value: str, words: str, tmp_path: Path) -> None:
    env = {**os.environ, "PORTAL_DATA": str(tmp_path), name: value}
    env.pop("DJANGO_SETTINGS_MODULE", None)
    done = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("A setting is wrong. ")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_an_instance_is_named_by_machine_and_data_folder(tmp_path: Path) -> None:
    names = {instance(Env(), tmp_path / folder) for folder in ("a", "b")}
    assert len(names) == 2
    assert all(INSTANCE.fullmatch(name) for name in names)
