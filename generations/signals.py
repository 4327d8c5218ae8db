"""Signs of life that django-q2's own processes give."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django_q.signals import post_execute

from generations.models import Heartbeat
from generations.services.kick import CANARY, canary_beat


@receiver(post_execute)
def stamp_canary(sender: object, task: dict[str, Any], **kwargs: object) -> None:
    """In the monitor process, after the acknowledgement: pusher, worker and monitor of this cluster are alive."""
    if task["func"] == CANARY:
        Heartbeat.beat(canary_beat(task["args"][0]))
