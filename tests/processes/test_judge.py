"""The judge of soaks and kills sees every kind of breach; a verdict that cannot be bad proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from generations.sandbox import Sandbox
from generations.sandbox.jobs import Order, Stage
from tests.processes.harness import Installation, wait_for
from tests.processes.judge import judge
from tests.processes.test_failpoints import SET_UP

pytestmark = [pytest.mark.process]

ORDER = Order("uniall", "sora2-landscape-4s", "A fox wakes", "16:9", 4, 64, 64)
CLIP = "clips/fox.mp4"
SEED = """
import hashlib
from django.utils import timezone
from generations.models import Job, Output, Provider, Submission, User
from generations.services.compose import Ask, compose
now, provider = timezone.now(), Provider.objects.get()
job = compose(User.objects.get(), Ask("A fox wakes", provider.pk, "sora2-landscape-4s", "fox")).job
Submission.objects.create(job=job, number=1, provider=provider, lease_until=now, sent_at=now, outcome="accepted",
                          remote_id={remote!r})
Output.objects.create(job=job, remote_url={url!r}, next_try_at=now, stored_at=now, clip={clip!r},
                      sha256=hashlib.sha256(open({path!r}, "rb").read()).hexdigest())
Job.objects.update(state="done")
"""


@pytest.fixture
def story(install: Callable[..., Installation]) -> Iterator[tuple[Installation, Sandbox]]:
    """One job that went as it should."""
    installation = install()
    with Sandbox(key="k", speed=500) as sandbox:
        remote, store = sandbox.house.take(ORDER, "gen_"), sandbox.house.store
        sandbox.house.tally.posted(ORDER.prompt)
        wait_for(lambda: sandbox.house.look(remote).stage is Stage.COMPLETED, "a clip")
        path = store.clip_path(remote)
        (installation.data / "media/clips").mkdir(parents=True)
        (installation.data / "media" / CLIP).write_bytes(path.read_bytes())
        seed = SEED.format(remote=remote.id, url=remote.url(sandbox.url), clip=CLIP, path=str(path))
        installation.python(SET_UP.format(url=sandbox.url) + seed)
        yield installation, sandbox


def test_each_breach_is_told_and_a_good_story_has_none(story: tuple[Installation, Sandbox]) -> None:
    installation, sandbox = story

    def told(*asked: str) -> set[str]:
        return {kind for kind, all_ in judge(installation, sandbox, asked).breaches.items() if all_}

    assert told("fox") == set()
    assert told("fox", "hare") == {"lost"}, "a form was taken and there is no job"
    for state, kind in [("running", "lost"), ("failed", "untrue"), ("unknown", "untrue")]:
        installation.rows("UPDATE generations_job SET state = ?", state)
        assert told("fox") == {kind}, state
    installation.rows("UPDATE generations_job SET state = 'done'")
    kept = installation.data / "media" / CLIP
    kept.write_bytes(kept.read_bytes()[:-1])
    assert told("fox") == {"wrong files"}
    sandbox.house.tally.posted(ORDER.prompt)
    assert told("fox") == {"wrong files", "twice"}, "one POST more than submissions"
    installation.rows("UPDATE generations_output SET clip = ''")
    assert told("fox") == {"untrue", "twice"}, "done without a copy"
    sandbox.house.take(ORDER, "gen_")
    assert told("fox") == {"untrue", "twice"}, "made twice"
