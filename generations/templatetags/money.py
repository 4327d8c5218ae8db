"""Prices as templates show them."""

from __future__ import annotations

from django import template

from generations.models import Job
from generations.services.price import Price

register = template.Library()


@register.filter
def price(job: Job) -> str:
    """What the job cost by the list when it was asked for; "" when nobody knew."""
    return "" if job.list_price is None else str(Price(job.list_price, job.currency))
