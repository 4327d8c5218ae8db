"""One act on many clips: whose rows it reaches, what it says, and what the page gets back."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable
from typing import Any
from uuid import uuid4
from zipfile import ZIP_STORED, ZipFile

import pytest
from django.test import Client
from django.utils import timezone

from generations.models import Collection, Favourite, Job, JobTag, Output, State, Tag, User, Visibility
from generations.services.collections import make, put
from tests.pages.conftest import CLIP, HTMX

pytestmark = pytest.mark.django_db
MakeJob = Callable[..., Job]
AsUser = Callable[[User], Client]
Jobs = Iterable[Job | str]
URL = "/library/bulk/"


def post(
    client: Client, act: str, jobs: Iterable[Job | str], headers: dict[str, str] | None = None, **more: str
) -> Any:
    keys = [str(job.key) if isinstance(job, Job) else job for job in jobs]
    return client.post(URL, {"act": act, "job": keys} | more, headers=headers)


def said(client: Client, act: str, jobs: Jobs, **more: str) -> str:
    """What a page without scripts tells after it."""
    answer = post(client, act, jobs, None, **more)
    assert answer.status_code == 303
    found = re.search(r'<p class="toast show">(.*?)</p>', client.get(answer["Location"]).content.decode())
    assert found
    return found[1].replace("&#x27;", "'")


def opened(answer: Any) -> ZipFile:
    assert answer.status_code == 200
    return ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def manifest(archive: ZipFile) -> list[dict[str, str]]:
    text = archive.read("clips.csv").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


# --- the page ---


def test_each_card_can_be_chosen_for_one_plain_form(mara: Client, make_clip: MakeJob) -> None:
    job = make_clip()
    body = mara.get("/library/?whose=mine").content.decode()
    assert re.search(rf'type="checkbox" name="job" value="{job.key}" form="bulk"', body)
    assert 'name="query" value="whose=mine"' in body
    for act in ("tag", "untag", "favourite", "zip", "trash"):
        assert f'name="act" value="{act}"' in body
    assert 'name="act" value="restore"' not in body


def test_a_viewer_is_offered_what_a_viewer_may_do(as_user: AsUser, viewer: User, make_clip: MakeJob) -> None:
    make_clip()
    body = as_user(viewer).get("/library/").content.decode()
    assert re.findall(r'name="act" value="(\w+)"', body) == ["favourite", "zip"]


# --- acts ---


def test_what_may_go_goes_to_the_trash_and_the_rest_is_told(
    mara: Client, stranger: User, make_clip: MakeJob, make_job: MakeJob
) -> None:
    mine, another, running = make_clip(), make_clip(), make_job(State.RUNNING)
    theirs, secret = make_clip(author=stranger), make_clip(author=stranger, visibility="me")
    gone = make_clip()
    Job.objects.filter(pk=gone.pk).update(trashed_at=timezone.now())
    chosen: list[Job | str] = [mine, another, running, theirs, secret, gone, str(uuid4()), "nonsense"]
    told = said(mara, "trash", chosen)
    assert told.startswith("2 clips moved to the trash. Left out: ")
    for reason in ("2 not found here", "1 not over yet", "1 somebody else’s", "1 in the trash already"):
        assert reason in told
    trashed = Job.objects.filter(trashed_at__isnull=False)
    assert set(trashed) == {mine, another, gone}
    assert mine.events.filter(note__startswith="Moved to the trash").count() == 1


def test_admins_move_anybodys_but_no_private_ones(
    as_user: AsUser, admin: User, member: User, make_clip: MakeJob
) -> None:
    shared, secret = make_clip(), make_clip(visibility="me")
    assert said(as_user(admin), "trash", [shared, secret]) == ("1 clip moved to the trash. Left out: 1 not found here.")
    assert list(Job.objects.filter(trashed_at__isnull=False)) == [shared]


def test_tags_come_and_go(mara: Client, make_clip: MakeJob) -> None:
    one, two, full = make_clip(), make_clip(), make_clip()
    for number in range(20):
        JobTag.objects.create(job=full, tag=Tag.objects.create(name=f"t{number}"))
    assert said(mara, "tag", [one, full], tag=" Harbour  Film ") == (
        "1 clip tagged “harbour film”. Left out: 1 with too many tags."
    )
    assert said(mara, "tag", [one, two], tag="harbour film").endswith("Left out: 1 with this tag already.")
    assert said(mara, "untag", [one, two, full], tag="HARBOUR FILM") == (
        "Tag “harbour film” taken off 2 clips. Left out: 1 without this tag."
    )
    assert not Tag.objects.filter(name="harbour film").exists()
    assert said(mara, "tag", [one], tag=" ") == "Write a tag first."
    assert "41 characters are too many" in said(mara, "tag", [one], tag="x" * 41)


def test_marks_are_everybodys_own(as_user: AsUser, viewer: User, member: User, make_clip: MakeJob) -> None:
    one, two, secret = make_clip(), make_clip(), make_clip(visibility="me")
    vera = as_user(viewer)
    assert said(vera, "favourite", [one]) == "1 clip marked as favourite."
    assert said(vera, "favourite", [one, two, secret]) == (
        "1 clip marked as favourite. Left out: 1 not found here, 1 a favourite already."
    )
    assert set(Favourite.objects.values_list("user", "job")) == {(viewer.pk, one.pk), (viewer.pk, two.pk)}
    assert said(vera, "unfavourite", [one, two]) == "2 clips are no favourites now."


def test_out_of_the_trash(mara: Client, as_user: AsUser, stranger: User, admin: User, make_clip: MakeJob) -> None:
    jobs = [make_clip(), make_clip(author=stranger), make_clip(author=stranger, visibility="me")]
    Job.objects.update(trashed_at=timezone.now())
    assert said(mara, "restore", jobs, place="trash") == ("1 clip taken out of the trash. Left out: 2 not found here.")
    told = said(as_user(admin), "restore", jobs, place="trash")
    assert told == "2 clips taken out of the trash. Left out: 1 not found here."
    assert not Job.objects.exclude(trashed_at=None).exists()


@pytest.mark.parametrize("act", ["tag", "untag", "trash", "restore"])
def test_viewers_change_nothing(as_user: AsUser, viewer: User, make_clip: MakeJob, act: str) -> None:
    assert post(as_user(viewer), act, [make_clip()], tag="x").status_code == 403
    assert not Tag.objects.exists()
    assert not Job.objects.exclude(trashed_at=None).exists()


def test_two_hundred_and_no_more(mara: Client, make_clip: MakeJob) -> None:
    job = make_clip()
    most: list[Job | str] = [job, *(str(uuid4()) for _ in range(199))]
    assert said(mara, "favourite", most).startswith("1 clip marked")
    told = said(mara, "unfavourite", [*most, str(uuid4())])
    assert told == "At most 200 clips at once; 201 were chosen. Choose fewer."
    assert Favourite.objects.count() == 1


def test_no_clip_or_no_such_act(mara: Client, make_clip: MakeJob) -> None:
    assert said(mara, "trash", []) == "Choose some clips first."
    assert said(mara, "trash", ["nonsense"]) == "Choose some clips first."
    assert post(mara, "purge", [make_clip()]).status_code == 400
    assert post(mara, "trash", [make_clip()], place="https://evil.example").status_code == 400
    assert mara.get(URL).status_code == 405


def test_it_leads_back_to_the_list_with_its_filters(mara: Client, make_clip: MakeJob) -> None:
    answer = post(mara, "favourite", [make_clip()], query="whose=mine&state=done&after=1_x")
    assert answer["Location"] == "/library/?whose=mine&state=done"
    answer = post(mara, "favourite", [make_clip()], query="//evil.example", place="trash")
    assert answer["Location"].startswith("/library/trash/?")


# --- htmx ---


def test_htmx_gets_what_goes_away_and_the_way_back(mara: Client, make_clip: MakeJob) -> None:
    one, two = make_clip(), make_clip()
    answer = post(mara, "trash", [one, two], HTMX, query="whose=mine")
    body = answer.content.decode()
    assert "2 clips moved to the trash." in body
    assert body.count('data-hx-swap-oob="delete"') == 2
    assert f'id="job-{one.key}" data-hx-swap-oob="delete"' in body
    assert 'name="act" value="restore"' in body
    assert "bulk-done" in answer["HX-Trigger-After-Settle"]
    back = post(mara, "restore", [one, two], HTMX)
    assert back["HX-Refresh"] == "true"
    assert "2 clips taken out of the trash." in mara.get("/library/").content.decode()


def test_htmx_gets_the_cards_that_changed(mara: Client, make_clip: MakeJob) -> None:
    old, new = make_clip(), make_clip()
    post(mara, "favourite", [old])
    body = post(mara, "favourite", [old, new], HTMX).content.decode()
    assert re.findall(r'<article class="card-job[^>]*data-key="([^"]+)"[^>]*data-hx-swap-oob="true"', body) == [
        str(new.key)
    ]
    assert 'aria-pressed="true"' in body


def test_a_list_of_rows_gets_rows(mara: Client, make_clip: MakeJob) -> None:
    job = make_clip()
    page = mara.get("/library/?view=list").content.decode()
    assert re.search(rf'type="checkbox" name="job" value="{job.key}" form="bulk"', page)
    body = post(mara, "favourite", [job], HTMX, query="whose=&view=list").content.decode()
    assert f'<template><tr class="clip-row" id="job-{job.key}"' in re.sub(r">\s+<", "><", body)
    assert 'aria-pressed="true"' in body
    assert "<article" not in body


def test_htmx_is_told_what_is_wrong(mara: Client, make_clip: MakeJob) -> None:
    answer = post(mara, "tag", [make_clip()], HTMX, tag="")
    assert answer.status_code == 422
    assert "Write a tag first." in answer.content.decode()


def test_a_restored_row_leaves_the_trash(mara: Client, make_clip: MakeJob) -> None:
    job = make_clip()
    Job.objects.update(trashed_at=timezone.now())
    body = post(mara, "restore", [job], HTMX, place="trash").content.decode()
    assert f'id="trash-{job.key}" data-hx-swap-oob="delete"' in body


# --- zip ---


def test_a_zip_holds_the_bytes_that_are_kept(mara: Client, make_clip: MakeJob) -> None:
    jobs = [make_clip("A fox wakes"), make_clip("A fox wakes"), make_clip("بازار قديم")]
    answer = post(mara, "zip", jobs)
    assert answer.streaming
    assert answer["Content-Type"] == "application/zip"
    assert re.fullmatch(r'attachment; filename="clips-[\d-]+\.zip"', answer["Content-Disposition"])
    archive = opened(answer)
    assert archive.testzip() is None
    names = [name for name in archive.namelist() if name.endswith(".mp4")]
    assert len(set(names)) == 3
    assert all(archive.read(name) == CLIP for name in names)
    assert {entry.compress_type for entry in archive.infolist()} == {ZIP_STORED}
    assert any("بازار-قديم" in name for name in names)
    listed = manifest(archive)
    assert {row["file"] for row in listed} == set(names)
    assert [row["prompt"] for row in listed] == ["بازار قديم", "A fox wakes", "A fox wakes"]
    assert listed[0]["author"] == "Mara Lindqvist"
    assert listed[0]["link"].endswith(jobs[2].get_absolute_url())


def test_private_clips_of_others_are_never_in_it(
    as_user: AsUser, admin: User, reviewer: User, stranger: User, make_clip: MakeJob
) -> None:
    shared, secret = make_clip("A team dream"), make_clip("A birthday", visibility="me")
    for user in (admin, reviewer, stranger):
        archive = opened(post(as_user(user), "zip", [shared, secret]))
        assert len(archive.namelist()) == 2
        assert "birthday" not in str(manifest(archive))
        assert said(as_user(user), "zip", [secret]) == "None of these clips has a file here."


def test_what_has_no_file_is_named_and_left_out(mara: Client, make_clip: MakeJob, make_job: MakeJob) -> None:
    kept, lost, failed = make_clip("Kept"), make_clip("Lost"), make_job(State.FAILED, "Failed")
    file = Output.objects.get(job=lost).clip
    file.storage.delete(file.name or "")
    archive = opened(post(mara, "zip", [kept, lost, failed]))
    assert len(archive.namelist()) == 2
    told = {row["prompt"]: (bool(row["file"]), row["left_out"]) for row in manifest(archive)}
    assert told == {
        "Kept": (True, ""),
        "Lost": (False, "its file is gone"),
        "Failed": (False, "no file is kept"),
    }
    assert said(mara, "zip", [failed]) == "None of these clips has a file here."


def test_a_prompt_is_no_formula_in_the_manifest(mara: Client, make_clip: MakeJob) -> None:
    archive = opened(post(mara, "zip", [make_clip('=HYPERLINK("http://evil.example")')]))
    assert manifest(archive)[0]["prompt"].startswith("'=")


def test_a_clip_in_the_trash_is_its_authors_only(
    mara: Client, as_user: AsUser, stranger: User, make_clip: MakeJob
) -> None:
    job = make_clip()
    Job.objects.update(trashed_at=timezone.now())
    assert len(opened(post(mara, "zip", [job])).namelist()) == 2
    assert said(as_user(stranger), "zip", [job]) == "None of these clips has a file here."


# --- collections ---


def test_many_clips_are_put_into_a_collection_and_taken_out(mara: Client, member: User, make_clip: MakeJob) -> None:
    film = make(member, "Harbour film", Visibility.TEAM)
    one, two, trashed = make_clip(), make_clip(), make_clip()
    Job.objects.filter(pk=trashed.pk).update(trashed_at=timezone.now())
    put(film, [one], member)
    told = said(mara, "collect", [one, two, trashed], into=str(film.pk))
    assert told.startswith("1 clip put into “Harbour film”. Left out: ")
    for reason in ("1 in it already", "1 in the trash already"):
        assert reason in told
    assert set(film.jobs.all()) == {one, two}
    page = {"place": "collection", "within": str(film.pk)}
    assert said(mara, "uncollect", [one, two, trashed], **page) == (
        "2 clips taken out of “Harbour film”. Left out: 1 not in it."
    )
    assert not film.jobs.exists()
    assert Job.objects.filter(trashed_at=None).count() == 2


def test_a_new_collection_is_made_for_the_chosen(mara: Client, make_clip: MakeJob) -> None:
    shared, secret = make_clip(), make_clip(visibility="me")
    new = {"into": "new", "name": " Rain  film "}
    assert said(mara, "collect", [shared, secret], **new) == "2 clips put into “Rain film”."
    assert Collection.objects.get().visibility == "team"
    assert said(mara, "collect", [shared], **new) == "There is a collection of that name already."
    assert said(mara, "collect", [shared], into="new", name=" ") == "Give it a name."
    assert said(mara, "collect", [secret], into="new", name="Surprise") == "1 clip put into “Surprise”."
    assert Collection.objects.get(name="Surprise").visibility == "me"
    anew = post(mara, "collect", [shared], HTMX, into="new", name="Port film")
    assert anew["HX-Refresh"] == "true"  # its name belongs into the menu and the strip, too


def test_only_ones_own_and_the_teams_collections_are_offered_and_filled(
    mara: Client, as_user: AsUser, viewer: User, member: User, stranger: User, make_clip: MakeJob
) -> None:
    theirs, job = make(stranger, "Surprise", Visibility.ME), make_clip()
    film = make(stranger, "Harbour film", Visibility.TEAM)
    for named in (str(theirs.pk), "999999", "9" * 20, "nonsense"):
        assert said(mara, "collect", [job], into=named) == "This collection is gone."
        assert said(mara, "uncollect", [job], collection=named) == "This collection is gone."
    assert said(mara, "collect", [job]) == "Choose a collection first."
    assert not theirs.jobs.exists()
    body = mara.get("/library/").content.decode()
    menu = body[body.index('name="into"') :]
    offered = re.findall(r'<option value="(\w*)"', menu[: menu.index("</select>")])
    assert offered == ["", str(film.pk), "new"]
    assert post(as_user(viewer), "collect", [job], into=str(film.pk)).status_code == 403
    assert not film.jobs.exists()
    assert 'name="into"' not in as_user(viewer).get("/library/").content.decode()


def test_nobody_puts_in_what_he_may_not_see(as_user: AsUser, stranger: User, member: User, make_clip: MakeJob) -> None:
    film, secret = make(member, "Harbour film", Visibility.TEAM), make_clip(visibility="me")
    told = said(as_user(stranger), "collect", [secret], into=str(film.pk))
    assert told == "0 clips put into “Harbour film”. Left out: 1 not found here."
    assert not film.jobs.exists()


def test_on_a_collections_page_what_leaves_it_goes_away(mara: Client, member: User, make_clip: MakeJob) -> None:
    film, other = make(member, "Harbour film", Visibility.TEAM), make(member, "Port film", Visibility.TEAM)
    job = make_clip()
    put(film, [job], member)
    page = {"place": "collection", "within": str(film.pk)}
    gone = f'id="job-{job.key}" data-hx-swap-oob="delete"'
    body = mara.get(f"/collections/{film.pk}/").content.decode()
    assert 'name="act" value="uncollect"' in body
    assert f'name="within" value="{film.pk}"' in body

    body = post(mara, "collect", [job], HTMX, into=str(other.pk), **page).content.decode()
    assert gone not in body
    assert f'name="collection" value="{other.pk}"' in body
    undone = post(mara, "uncollect", [job], HTMX, collection=str(other.pk), **page).content.decode()
    assert "1 clip taken out of “Port film”." in undone
    assert gone not in undone
    assert (other.jobs.count(), film.jobs.count()) == (0, 1)

    body = post(mara, "uncollect", [job], HTMX, into=str(other.pk), **page).content.decode()
    assert gone in body
    assert film.jobs.count() == 0
    back = post(mara, "collect", [job], HTMX, collection=str(film.pk), **page)
    assert back["HX-Refresh"] == "true"
    assert film.jobs.count() == 1
    assert gone in post(mara, "trash", [job], HTMX, **page).content.decode()
    assert post(mara, "tag", [job], None, tag="x", **page)["Location"] == f"/collections/{film.pk}/"


def test_every_page_with_the_bar_has_its_words(mara: Client, member: User, make_clip: MakeJob) -> None:
    job, film = make_clip(), make(member, "Harbour film", Visibility.TEAM)
    put(film, [job], member)
    prompt = job.prompt.get_absolute_url()
    pages = [mara.get(url) for url in ("/library/", "/library/?view=list", f"/collections/{film.pk}/", prompt)]
    pages.append(mara.post(f"/collections/{film.pk}/name/", {"name": ""}))
    pages += [mara.post(f"{prompt}{act}/", sent) for act, sent in (("title", {"title": "x" * 99}), ("tags", {}))]
    assert [page.status_code for page in pages] == [200] * 4 + [422] * 3
    for page in pages:
        body = page.content.decode()
        assert 'class="bulk" id="bulk"' in body
        assert '"picked": {' in body


def test_the_bar_of_a_prompt_leads_back_to_it(mara: Client, make_clip: MakeJob) -> None:
    job = make_clip()
    address = job.prompt.get_absolute_url()
    assert f'name="within" value="{job.prompt_id}"' in mara.get(address).content.decode()
    assert post(mara, "favourite", [job], place="prompt", within=str(job.prompt_id))["Location"] == address
    for within in ("", "nonsense", "-1"):
        assert post(mara, "favourite", [job], place="prompt", within=within).status_code == 400
        assert post(mara, "favourite", [], place="prompt", within=within).status_code == 400
