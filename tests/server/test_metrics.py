"""What Prometheus reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_q.tasks import async_task
from prometheus_client.parser import text_string_to_metric_families

from generations.models import Heartbeat, Job, Output, Provider, State, Submission, Watch
from generations.services.health import answered
from generations.services.kick import CANARY, MAIN
from generations.services.metrics import exposition

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
TOKEN = "a token nobody guesses"
MOST_QUERIES = 10

MakeJob = Callable[..., Job]


class Samples:
    """Each value by its name and the values of its labels, in any order."""

    def __init__(self) -> None:
        families = list(text_string_to_metric_families(exposition().decode()))
        assert all(family.documentation for family in families)
        self.values = {(s.name, *sorted(s.labels.values())): s.value for family in families for s in family.samples}

    def __getitem__(self, key: tuple[str, ...]) -> float:
        name, *labels = key
        return self.values[f"sora_portal_{name}", *sorted(labels)]


def test_there_are_none_without_a_token_and_none_for_the_wrong_one(settings: Any) -> None:
    assert Client().get("/metrics").status_code == 404
    settings.METRICS_TOKEN = TOKEN
    for sent in ("", TOKEN, f"Basic {TOKEN}", "Bearer", f"Bearer {TOKEN}x", "Bearer é"):
        answer = Client().get("/metrics", headers={"Authorization": sent})
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}", "Host": "10.0.0.7"})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=")


def test_jobs_looks_and_submissions_of_each_provider(make_job: MakeJob, provider: Provider) -> None:
    name = 'Studio "7" \\ north\n'
    Provider.objects.update(name=name)
    make_job(State.QUEUED, "A secret birthday")
    for seconds in (1, 2, 3, 40):
        job = make_job(State.RUNNING)
        Submission.objects.filter(job=job).update(answered_at=timezone.now() + timedelta(seconds=seconds))
    late = Watch.objects.order_by("pk")[:2]
    Watch.objects.filter(pk__in=[watch.pk for watch in late]).update(next_poll_at=timezone.now() - timedelta(seconds=9))
    Watch.objects.exclude(pk__in=[w.pk for w in late]).update(next_poll_at=timezone.now() + timedelta(seconds=9))
    answered(provider.pk, [None, None])
    found = Samples()
    assert found["jobs", "queued", name] == 1
    assert found["jobs", "running", name] == 4
    assert found["polls_due", name] == 2
    assert found["poll_lag_seconds", name] == pytest.approx(9, abs=2)
    assert found["submit_latency_answers", name] == 4
    assert found["submit_latency_seconds", name, "0.5"] == pytest.approx(2, abs=0.5)
    assert found["submit_latency_seconds", name, "0.99"] == pytest.approx(40, abs=0.5)
    assert found["submissions", name, "accepted"] == 4
    assert found["provider_calls", name, "ok"] == 2
    assert found["provider_calls", name, "error"] == 0
    assert b"birthday" not in exposition()


def test_queues_files_and_signs_of_life(make_job: MakeJob) -> None:
    make_job(State.DONE)
    waiting, lost = make_job(State.ARCHIVING), make_job(State.ARCHIVING)
    Job.objects.filter(pk=waiting.pk).update(state_since=timezone.now() - timedelta(seconds=70))
    Output.objects.filter(job=lost).update(abandoned_at=timezone.now())
    async_task(CANARY, MAIN, cluster=MAIN)
    Heartbeat.objects.create(name="engine@one", at=timezone.now() - timedelta(seconds=5))
    found = Samples()
    assert [found["outputs", status] for status in ("stored", "waiting", "abandoned")] == [1, 1, 1]
    assert found["archive_backlog_oldest_seconds",] == pytest.approx(70, abs=2)
    assert found["archived_bytes",] == 1000
    assert [found["queue_tasks", cluster] for cluster in ("portal", "engine", "archive")] == [1, 0, 0]
    assert found["heartbeat_age_seconds", "engine@one"] == pytest.approx(5, abs=2)


def test_an_empty_portal_and_a_removed_provider(make_job: MakeJob, provider: Provider) -> None:
    assert Samples()["archived_bytes",] == 0
    make_job(State.RUNNING)
    provider.delete()
    found = Samples()
    assert found["jobs", "running", "UniAll studio"] == 1
    assert found["submissions", "(removed)", "accepted"] == 1


def test_the_number_of_queries_does_not_grow_with_the_portal(
    make_job: MakeJob, django_assert_max_num_queries: Any
) -> None:
    for state in State:
        make_job(state)
        make_job(state)
    with django_assert_max_num_queries(MOST_QUERIES):
        exposition()
