"""What an operator reads when something is set wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_a_setting_that_makes_no_sense_is_one_line(tmp_path: Path) -> None:
    env = {**os.environ, "PORTAL_DATA": str(tmp_path), "PORT": "abc"}
    env.pop("DJANGO_SETTINGS_MODULE", None)
    done = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("A setting is wrong. ")
    assert "PORT" in done.stderr
    assert "Traceback" not in done.stderr
