"""What staff read about a provider: enough to mend it, and never a word of somebody's private prompt."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from generations.contract import Answer, Cause, DialectError, Misconfigured, NeverHeard, NotTaken, Refused
from generations.models import Job, User
from generations.services.gist import CURES, cure, gist
from generations.services.outcomes import failed
from generations.services.submit import intend

PROMPT = "My secret plan for the launch"


def answer(status: int, body: Any) -> Answer:
    return Answer(status, {"content-type": "application/json"}, json.dumps(body).encode())


@pytest.mark.django_db
@pytest.mark.databases
@pytest.mark.parametrize("status", [200, 401, 403, 404, 500])
@pytest.mark.parametrize("shape", ["message", "code", "json"])
def test_an_answer_that_echoes_a_private_prompt_shows_staff_none_of_it(
    make_job: Callable[..., Job], client: Client, reviewer: User, status: int, shape: str
) -> None:
    job = make_job(text=PROMPT, visibility="me")
    said = {"message": {"error": {"message": f"failed: {PROMPT}"}}, "code": {"code": PROMPT}, "json": [PROMPT]}[shape]
    intent = intend(job.pk)
    assert intent
    with pytest.raises(DialectError) as caught:
        intent.dialect.read_created(answer(status, said))
    failed(intent.token, caught.value)
    assert job.provider
    paths = [reverse("providers"), reverse("provider", args=[job.provider.pk]), reverse("staff-jobs")]
    client.force_login(reviewer)
    body = "".join(client.get(path).content.decode() for path in paths)
    assert "secret plan" not in body
    job.provider.refresh_from_db()
    kept = job.provider.last_error + job.provider.paused_reason
    assert not kept or f"HTTP {status}" in kept


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            Misconfigured("The key was refused.", detail="HTTP 401: invalid_api_key Bad one", cause=Cause.KEY),
            "HTTP 401, invalid_api_key: The key was refused. Cause: key.",
        ),
        (
            NotTaken("Its name is not known.", detail="ConnectError: gaierror", cause=Cause.NAME),
            "Its name is not known. Cause: name.",
        ),
        (NeverHeard("It could not be read.", detail="KeyError('A fox')"), "It could not be read."),
        (Refused("not a fox", detail="HTTP 400: fox"), "HTTP 400: The provider refused the request."),
    ],
)
def test_the_gist_names_status_code_and_cause(error: DialectError, words: str) -> None:
    assert gist(error) == words


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ("HTTP 401: invalid token", f"HTTP 401: {CURES[Cause.KEY]}"),
        ("HTTP 200: insufficient_user_quota pay", f"HTTP 200, insufficient_user_quota: {CURES[Cause.BALANCE]}"),
        ("HTTP 200: <html>", f"HTTP 200: {CURES[Cause.PAGE]}"),
        ("HTTP 302: moved", f"HTTP 302: {CURES[Cause.PATH]}"),
        ("HTTP 404: secret_word", f"HTTP 404: {CURES[Cause.PATH]}"),
        (
            "This version of the portal does not speak esperanto.",
            "This version of the portal does not speak esperanto.",
        ),
    ],
)
def test_a_pause_says_what_to_mend(detail: str, words: str) -> None:
    assert cure(detail) == words
