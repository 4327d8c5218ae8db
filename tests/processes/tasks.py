"""Tasks that tests send through a real cluster."""

from __future__ import annotations

import os
import time
from pathlib import Path


def hold(file: str, seconds: float) -> None:
    """Keep a worker busy, and say which process that is."""
    draft = Path(f"{file}.draft")
    draft.write_text(str(os.getpid()))
    draft.rename(file)
    time.sleep(seconds)
