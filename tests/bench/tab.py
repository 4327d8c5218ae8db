"""A page to refresh, and who looks at it. Not in seed.py: Django's test client is 3 MB that no engine holds."""

from __future__ import annotations

import json
from pathlib import Path

from django.conf import settings
from django.test import Client

from generations.models import Job, State, User
from generations.services.line import placed
from tests.bench.plan import Plan
from tests.bench.seed import plant


def plant_page(out: str) -> None:
    """A page of 50 cards, 12 of them active, and somebody signed in; what his tab holds goes to this file."""
    plant(Plan("page", "https://provider.example", 12), Plan("kept", "https://other.example", 38, state=State.DONE))
    reader = User.objects.order_by("pk").first()
    client = Client()
    client.force_login(reader)  # type: ignore[arg-type]
    jobs = placed(Job.objects.for_cards().filter(state=State.RUNNING))
    told = {"session": client.cookies["sessionid"].value, "cards": [f"{job.key}:{job.revision}" for job in jobs]}
    (Path(settings.DATA_DIR) / out).write_text(json.dumps(told))
