"""A job's collections, and the strip of them above the library."""

from __future__ import annotations

from django import template

from generations.models import Collection, Job, User
from generations.services import collections

register = template.Library()

STRIP = 12
OFFERED = 40


@register.filter
def collections_for(user: User) -> list[Collection]:
    """The latest ones this user may see."""
    return list(Collection.objects.visible_to(user).order_by("-pk")[:STRIP])


@register.filter
def collections_with(job: Job, user: User) -> list[Collection]:
    return list(collections.beside(job, user)[0])


@register.filter
def all_collections_of(user: User) -> list[Collection]:
    """Those this user may see, by name."""
    return list(Collection.objects.visible_to(user))


@register.filter
def collections_to_fill(user: User) -> list[Collection]:
    """Those this user may put clips into, by name."""
    return list(Collection.objects.filled_by(user))


@register.filter
def collections_without(job: Job, user: User) -> list[Collection]:
    return list(collections.beside(job, user)[1][:OFFERED])
