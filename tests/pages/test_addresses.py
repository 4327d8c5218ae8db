"""The addresses that pages of many rows write: the same as Django's own, without asking it each time."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.template import Context, Template
from django.urls import reverse, set_script_prefix
from django.urls.resolvers import URLPattern

from generations.templatetags.portal import address_of
from generations.urls import urlpatterns

KEYED = [
    str(each.name)
    for each in urlpatterns
    if isinstance(each, URLPattern) and str(each.pattern).startswith(("jobs/<uuid:key>/", "prompts/<int:pk>/"))
    if str(each.pattern).count("<") == 1
]


@pytest.mark.parametrize("page", KEYED)
def test_they_are_what_django_says(page: str) -> None:
    key = uuid4() if page.startswith("job") else 77
    assert address_of(page, key) == reverse(page, args=[key])


def test_pages_without_a_key_too() -> None:
    assert address_of("create") == reverse("create")
    said = Template("{% load portal %}{% address_of 'library' %}").render(Context())
    assert said == reverse("library")


def test_a_portal_below_a_path_has_its_own() -> None:
    key = uuid4()
    before = address_of("job", key)
    set_script_prefix("/video/")
    try:
        assert address_of("job", key) == f"/video{before}"
    finally:
        set_script_prefix("/")
    assert address_of("job", key) == before


@pytest.mark.parametrize("page", ["job", "create"])
def test_what_may_not_be_safe_is_no_key(page: str) -> None:
    with pytest.raises(KeyError):
        address_of(page, "<b>")  # type: ignore[arg-type]
