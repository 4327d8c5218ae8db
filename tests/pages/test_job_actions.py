"""What leads from one clip to the next: the menu, once more, the composer that knows its parent, the lineage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from generations.models import Derived, Job, Provider, Reference, State, User, VideoModel
from generations.services.providers import add_provider
from tests.pages.conftest import HTMX
from tests.services.clips import make_clip as film

pytestmark = pytest.mark.django_db
MakeJob = Callable[..., Job]
AsUser = Callable[[User], Client]


def menu(client: Client, job: Job) -> str:
    return client.get(reverse("job-menu", args=[job.key]), headers=HTMX).content.decode()


def once_more(client: Client, job: Job, **data: Any) -> Any:
    good = {"kind": "retry", "compose_token": uuid4().hex}
    return client.post(reverse("job-again", args=[job.key]), good | data)


def test_a_card_s_row_has_one_menu_that_is_fetched_when_it_opens(mara: Client, make_job: MakeJob) -> None:
    job = make_job()
    card = mara.get(reverse("job-card", args=[job.key])).content.decode()
    assert f'popovertarget="job-{job.key}-menu"' in card
    assert f'data-hx-get="{reverse("job-menu", args=[job.key])}"' in card
    assert "/again/" not in card


def test_the_price_is_on_the_button_where_it_is_known(mara: Client, make_job: MakeJob) -> None:
    job = make_job(State.FAILED)
    model = VideoModel.objects.get(slug=job.model, provider=job.provider)
    VideoModel.objects.filter(pk=model.pk).update(currency="USD")
    model.combinations.update(price="0.64")
    assert '<span class="price">$0.64</span>' in menu(mara, job)
    model.combinations.update(price=None)
    body = menu(mara, job)
    assert 'title="Price unknown"' in body
    assert 'class="price"' not in body


def test_the_menu_offers_what_can_be_done(mara: Client, make_job: MakeJob, make_clip: MakeJob) -> None:
    second = add_provider("Second", "openai_videos", "https://b.example.com", "k")
    failed, done = menu(mara, make_job(State.FAILED)), menu(mara, make_clip())
    assert "Retry same" in failed
    assert "New take" not in failed
    assert "last frame" not in failed
    assert f"&amp;provider={second.pk}" in failed
    assert "New take" in done
    assert "Remix from its last frame" in done
    unsure = menu(mara, make_job(State.UNKNOWN))
    assert "Another try may cost again." in unsure
    Provider.objects.exclude(pk=second.pk).update(enabled=False)
    assert "/again/" not in menu(mara, make_job(State.FAILED))


def test_a_job_that_came_to_nothing_offers_a_retry_in_the_open(mara: Client, make_job: MakeJob) -> None:
    failed, done = (mara.get(make_job(state).get_absolute_url()).content.decode() for state in ("failed", "done"))
    assert failed.count("/again/") == 1
    assert failed.index("/again/") < failed.index('id="job-menu"')
    assert done.index("/again/") > done.index('id="job-menu"')
    unsure = mara.get(make_job(State.UNKNOWN).get_absolute_url()).content.decode()
    assert unsure.count("Another try may cost again.") == 1


def test_a_viewer_s_menu_makes_nothing(as_user: AsUser, viewer: User, make_clip: MakeJob) -> None:
    job = make_clip()
    body = menu(as_user(viewer), job)
    assert "Copy link" in body
    for path in ("/again/", "/remix/", "?reuse="):
        assert path not in body
    assert once_more(as_user(viewer), job).status_code == 403


def test_once_more_is_one_job_however_often_it_is_clicked(mara: Client, make_job: MakeJob) -> None:
    job, token = make_job(State.FAILED), uuid4().hex
    places = {once_more(mara, job, compose_token=token)["Location"] for _ in range(3)}
    made = Job.objects.get(derived_from=job)
    assert places == {made.get_absolute_url()}
    assert (made.derived_as, made.state) == (Derived.RETRY, State.QUEUED)


@pytest.mark.parametrize(
    "data", [{"kind": "remix"}, {"kind": ""}, {"compose_token": "x"}, {"compose_token": ""}], ids=str
)
def test_nonsense_makes_nothing(mara: Client, make_job: MakeJob, data: dict[str, str]) -> None:
    assert once_more(mara, make_job(), **data).status_code == 400
    assert Job.objects.count() == 1


def test_what_is_gone_is_said_with_the_way_to_edit(mara: Client, make_job: MakeJob) -> None:
    job = make_job(State.FAILED)
    Provider.objects.update(enabled=False)
    answer = once_more(mara, job)
    assert answer["Location"] == f"/?reuse={job.key}&as=edit"
    assert "nothing was charged. This provider is switched off" in mara.get(answer["Location"]).content.decode()
    assert Job.objects.count() == 1


def test_the_composer_carries_the_parent_and_lets_go_of_it_after_sending(
    mara: Client, make_job: MakeJob, ask: Callable[..., dict[str, Any]]
) -> None:
    job = make_job(State.FAILED)
    body = mara.get(f"/?reuse={job.key}&as=edit").content.decode()
    assert f'name="derived_from" value="{job.key}"' in body
    assert 'name="derived_as" value="edit"' in body
    sent = mara.post("/", ask(derived_from=str(job.key), derived_as="edit"), headers=HTMX).content.decode()
    assert (Job.objects.get(derived_from=job).derived_as, 'name="derived_from"' in sent) == (Derived.EDIT, False)
    for plain in (f"/?reuse={job.key}", f"/?reuse={job.key}&as=nonsense"):
        assert "derived_from" not in mara.get(plain).content.decode()


def test_a_parent_that_is_not_there_is_said_above_the_form(
    mara: Client, make_job: MakeJob, stranger: User, ask: Callable[..., dict[str, Any]]
) -> None:
    secret = make_job(visibility="me", author=stranger)
    for key in (secret.key, uuid4(), "x"):
        answer = mara.post("/", ask(derived_from=str(key), derived_as="edit"), headers=HTMX)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.content.decode()
    assert Job.objects.count() == 1


def test_another_provider_keeps_the_text_and_what_it_can(mara: Client, make_job: MakeJob) -> None:
    job = make_job(State.FAILED, "A fox at another place")
    other = add_provider("Second", "openai_videos", "https://b.example.com", "k")
    body = mara.get(f"/?reuse={job.key}&as=edit&provider={other.pk}").content.decode()
    assert f'value="{other.pk}" selected' in body
    assert "A fox at another place" in body
    assert 'value="8" checked' in body


def test_the_last_frame_becomes_the_image_of_the_composer(
    mara: Client, make_clip: MakeJob, member: User, tmp_path: Path
) -> None:
    openai = add_provider("Second", "openai_videos", "https://b.example.com", "k")
    job = make_clip()
    assert job.cover
    job.cover.clip.save("real.mp4", ContentFile(film(tmp_path / "clip.mp4", 128, 72).read_bytes()))
    answer = mara.post(reverse("job-remix", args=[job.key]))
    image = Reference.objects.get(owner=member)
    assert answer.status_code == 303
    body = mara.get(answer["Location"]).content.decode()
    assert f'name="reference" value="{image.key}"' in body
    assert f'value="{openai.pk}" selected' in body
    assert 'name="derived_as" value="remix"' in body
    assert "cannot be sent" not in body


def test_without_a_model_for_images_it_is_said(mara: Client, make_clip: MakeJob) -> None:
    VideoModel.objects.update(references=0)
    job = make_clip()
    answer = mara.post(reverse("job-remix", args=[job.key]))
    assert "No model on offer starts from an image" in mara.get(answer["Location"]).content.decode()


def test_the_lineage_names_nothing_of_private_clips(
    mara: Client, as_user: AsUser, stranger: User, make_job: MakeJob
) -> None:
    root = make_job(text="A secret birthday", visibility="me")
    child = make_job(text="The shared one", derived_from=root, derived_as="edit")
    mine, theirs = (client.get(child.get_absolute_url()).content.decode() for client in (mara, as_user(stranger)))
    assert root.get_absolute_url() in mine
    assert "a private clip" in theirs
    for hidden in ("birthday", str(root.key)):
        assert hidden not in theirs
    assert "Lineage" not in mara.get(make_job(text="Alone").get_absolute_url()).content.decode()
