"""People in front of browsers: each asks for what is planned and sends the same form again until it was taken."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable

import httpx

from tests.processes.harness import PASSWORD, Installation
from tests.soak.plan import PEOPLE, Wish

MODEL = {"model": "sora2-landscape-4s", "aspect_ratio": "16:9", "seconds": "4", "visibility": "team"}
AGAIN = 0.4
MAKE = """
from generations.models import Provider, Role, User
[User.objects.create_user(email, {password!r}, role=Role.MEMBER, name=email) for email in {emails!r}]
print(Provider.objects.get().pk)
"""


def emails() -> list[str]:
    return [f"person{number}@example.org" for number in range(PEOPLE)]


def make_people(installation: Installation) -> str:
    """Make their accounts; the id of the provider they all choose."""
    return installation.python(MAKE.format(password=PASSWORD, emails=emails()))


class Person(threading.Thread):
    """One signed-in person. `taken` are the keys of the forms that the portal accepted, `tries` counts every POST."""

    def __init__(self, url: str, email: str, provider: str, wishes: Iterable[Wish], gave_up: threading.Event) -> None:
        super().__init__(daemon=True)
        self.email, self.provider, self.wishes, self.gave_up = email, provider, list(wishes), gave_up
        self.client = httpx.Client(base_url=url, timeout=10, trust_env=False)
        self.taken: list[str] = []
        self.tries = 0

    def run(self) -> None:
        began = time.monotonic()
        for wish in self.wishes:
            self.gave_up.wait(max(0.0, began + wish.at - time.monotonic()))
            self._ask(wish)
        self.client.close()

    def sign_in(self) -> None:
        """Sign in now; else it is done for the first ask. The portal counts tries, so not while it cannot work."""
        self.client.get("/accounts/login/")
        form = {"login": self.email, "password": PASSWORD}
        self.client.post("/accounts/login/", data=form, headers=_csrf(self.client))

    def _ask(self, wish: Wish) -> None:
        form = MODEL | {"text": wish.prompt, "provider": self.provider, "compose_token": wish.key}
        while not self.gave_up.is_set():
            with contextlib.suppress(httpx.TransportError):
                if "sessionid" not in self.client.cookies:
                    self.sign_in()
                self.tries += 1
                answer = self.client.post("/", data=form, headers=_csrf(self.client))
                if answer.status_code == 303:
                    self.taken.append(wish.key)
                    return
                if answer.status_code == 302:
                    self.client.cookies.clear()  # signed in half-way, when something died
                else:
                    assert answer.status_code >= 500, f"{answer.status_code} for {wish}: {answer.text[:500]}"
            self.gave_up.wait(AGAIN)


def _csrf(client: httpx.Client) -> dict[str, str]:
    return {"X-CSRFToken": client.cookies.get("csrftoken") or ""}
