"""How people come in: by invitation only."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils import translation

from generations.services.languages import known


class ClosedAccounts(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: an admin adds people."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """In the language that its receiver chose: anybody may ask for somebody's link."""
        user = context.get("user")
        with translation.override(known(user.language if user else "") or translation.get_language()):
            super().send_mail(template_prefix, email, context)
