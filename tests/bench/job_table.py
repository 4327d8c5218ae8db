"""How quickly the staff's table of all jobs answers, however many there are: `make bench-review`.

The libraries are those of `make bench-library`, and so are the instruments and the options: with the same `--keep` each
is written once. An admin asks for the first page, a deep one, each filter, each queue, each order and what they come to
together: pages, with their queues' counts. A page is to be there within 300 ms.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.bench import library
from tests.bench.usage import Asked, UsageRow, verdicts

TABLE = "staff-jobs"


def pages() -> list[Asked]:
    """All of them, as they are on this database."""
    from tests.bench.shelf import AUTHORS

    staff = AUTHORS + 2
    queries = {**_filters(), **_orders(), **_together(), **_words()}
    listed = [Asked(TABLE, name, query, staff) for name, query in queries.items()]
    return [*listed, *_one(staff)]


def _filters() -> dict[str, dict[str, Any]]:
    """The first page, a deep one, and each filter and queue by itself."""
    from generations.models import Job, Provider, User
    from generations.services.job_table import QUEUES
    from tests.bench.asked import cursor
    from tests.bench.shelf import AUTHORS, MODELS

    jobs, known = Job.objects.count(), list(User.objects.order_by("pk"))
    deep, then = cursor(jobs // 10), timezone.localdate() - timedelta(minutes=jobs * 9 // 10)
    return {
        "first page": {},
        "deep in it": {"after": deep},
        **{f"queue: {queue}": {"queue": queue} for queue in QUEUES},
        "queue: verdict, deep": {"queue": "verdict", "after": deep},
        "state: done": {"state": "done"},
        "state: queued, none": {"state": "queued"},
        "states: failed and cancelled": {"state": ["failed", "cancelled"]},
        "states, deep": {"state": ["failed", "cancelled"], "after": deep},
        "author of many": {"author": known[1].pk},
        "author of few": {"author": known[AUTHORS].pk},
        "author of none": {"author": known[AUTHORS + 1].pk},
        "provider": {"provider": Provider.objects.order_by("pk")[2].pk},
        "model": {"model": MODELS[-1]},
        "length": {"seconds": "12"},
        "charged": {"charged": "yes"},
        "not charged": {"charged": "no"},
        "charged, not known": {"charged": "unknown"},
        "verdict: approved": {"verdict": "approved"},
        "verdict: rejected, few": {"verdict": "rejected"},
        "verdict: changes, none": {"verdict": "changes"},
        "days long ago": {"since": then - timedelta(days=7), "until": then},
    }


def _orders() -> dict[str, dict[str, Any]]:
    """Each order by itself, and with what many, few and no jobs fit."""
    from generations.models import User
    from generations.services.job_table import SORTS
    from tests.bench.asked import cursor
    from tests.bench.shelf import AUTHORS

    known = list(User.objects.order_by("pk"))
    some: dict[str, dict[str, Any]] = {
        "all": {},
        "author of many": {"author": known[1].pk},
        "author of few": {"author": known[AUTHORS].pk},
        "failed": {"state": "failed"},
        "not known": {"charged": "unknown"},
        "to review": {"queue": "verdict"},
    }
    listed = {f"{sort}: {name}": query | {"sort": sort} for sort in SORTS for name, query in some.items()}
    return listed | {"oldest: deep": {"sort": "oldest", "after": cursor(5)}}


def _together() -> dict[str, dict[str, Any]]:
    """Filters that many jobs fit each, and few or none all of them."""
    from generations.models import Provider, User
    from tests.bench.shelf import AUTHORS, MODELS

    known, provider = list(User.objects.order_by("pk")), Provider.objects.order_by("pk")[2].pk
    return {
        "author of many, failed, a provider": {"author": known[0].pk, "state": "failed", "provider": provider},
        "cancelled, rare model, long": {"state": "cancelled", "model": MODELS[-1], "seconds": "12"},
        "cancelled and charged, none": {"state": "cancelled", "charged": "yes"},
        "author of many, unknown outcome": {"author": known[0].pk, "state": "unknown"},
        "to review, author of few": {"queue": "verdict", "author": known[AUTHORS].pk},
        "failed, to review, none": {"state": "failed", "verdict": "none"},
    }


def _words() -> dict[str, dict[str, Any]]:
    from tests.bench.phrases import COMMON, RARE

    return {
        "common word": {"q": COMMON},
        "rare word": {"q": RARE},
        "no such word": {"q": "nowhere"},
        "common word, failed": {"q": COMMON, "state": "failed"},
        "common word, dearest": {"q": COMMON, "sort": "dearest"},
        "rare word, oldest": {"q": RARE, "sort": "oldest"},
        "common word, to review": {"q": COMMON, "queue": "verdict"},
    }


def _one(staff: int) -> Iterator[Asked]:
    """A row that is opened."""
    from generations.models import Job

    job = Job.objects.filter(state="done").order_by("-pk")[0]
    yield Asked(f"staff-job {job.key}", "opened", {}, staff)


REVIEW = library.Target("job_table", UsageRow, verdicts)

if __name__ == "__main__":
    library.main(__doc__ or "", REVIEW)
