"""What is wrong with a provider's settings, by field, each with its cure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from generations.dialects import DIALECTS
from generations.models import Provider
from generations.services import headers
from generations.services.wording import listed


def check_provider(provider: Provider) -> None:
    """Raise ValidationError where a column is wrong, each with its cure."""
    errors = dict(_errors(provider))
    try:
        provider.full_clean()
    except ValidationError as error:
        errors = {name: " ".join(messages) for name, messages in error.message_dict.items()} | errors
    if errors:
        raise ValidationError(errors)


def _errors(provider: Provider) -> Mapping[str, str]:
    kind, errors = DIALECTS.get(provider.dialect), {}
    if kind is None:
        said = _("There is no dialect {dialect}. Choose one of {known}.")
        errors["dialect"] = said.format(dialect=provider.dialect, known=listed(sorted(DIALECTS)))
    elif provider.delivery and provider.delivery not in kind.deliveries:
        said = _("{kind} does not take images that way. Choose one of: {ways}.")
        errors["delivery"] = said.format(kind=kind.title, ways=listed(kind.deliveries) or _("none"))
    if not (provider.key.isascii() and provider.key.isprintable()):
        errors["key"] = _("It holds characters that no key has. Copy it again.")
    try:
        headers.check(json.loads(provider.headers_json or "{}"))
    except ValueError as error:
        errors["headers_json"] = str(error)
    return errors | _address_errors(provider) | _path_errors(provider)


def _address_errors(provider: Provider) -> dict[str, str]:
    try:
        port, origin = urlsplit(provider.base_url).port, provider.origin
    except ValueError:
        port, origin = 0, ""
    if port == 0:
        return {"base_url": _("This is no address. Write it like https://api.example.com; a port is at most 65535.")}
    if "@" in origin:
        return {"base_url": _("Leave name and password out of the address.")}
    if not origin.startswith("https://") and not provider.allow_private:
        return {"base_url": _("Use an https address, or allow a private address for this provider.")}
    return {}


def _path_errors(provider: Provider) -> dict[str, str]:
    errors = {}
    for name in ("create_path", "query_path"):
        path = getattr(provider, name)
        if path and (not path.startswith("/") or path.startswith("//") or not path.isascii() or not path.isprintable()):
            errors[name] = _("A path begins with one / and has no spaces, such as /v1/videos.")
        elif path and " " in path:
            errors[name] = _("A path has no spaces.")
    if provider.query_path and "{id}" not in provider.query_path:
        errors.setdefault("query_path", _("It needs {id} where the job's id goes, such as /v1/videos/{id}."))
    return errors
