"""Models follow the catalogue of a newer version, but for what an admin edited."""

from __future__ import annotations

import pytest

from generations.catalogue import presets_of
from generations.models import AuditEntry, Job, Provider, User, VideoModel
from generations.services.install import ensure_sandbox
from generations.services.models import change_model, switch_model
from generations.services.providers import add_provider
from generations.services.refresh import Refreshed, preset_for, refresh

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def as_of_the_first_release(provider: Provider) -> None:
    """Rows as an upgrade leaves them: no options, no images, no prices, no word of the preset."""
    provider.models.update(options=[], references=0, currency="", price_note="", source="")
    for row in provider.models.all():
        row.combinations.update(price=None)
    Provider.objects.filter(pk=provider.pk).update(preset="")


@pytest.mark.parametrize("dialect", ["uniall", "unified", "openai_videos", "mingyan", "v2_generations"])
def test_an_upgraded_provider_gets_all_that_a_new_one_has(dialect: str, admin: User) -> None:
    old = add_provider("Old", dialect, "https://a.example.com", "k")
    as_of_the_first_release(old)
    last = old.models.last()
    assert last
    last.delete()
    done = refresh(old, admin)
    assert done.added == (last.name,)
    new = add_provider("New", dialect, "https://b.example.com", "k")
    facts = ("slug", "name", "note", "source", "options", "references", "currency", "price_note")
    assert list(old.models.values_list(*facts)) == list(new.models.values_list(*facts))
    for ours, theirs in zip(old.models.all(), new.models.all(), strict=True):
        assert [c.value() for c in ours.combinations.all()] == [c.value() for c in theirs.combinations.all()]
    assert refresh(old, admin) == Refreshed(), "a second time there is nothing to do"
    assert AuditEntry.objects.filter(action="models refreshed").count() == 1


def test_what_an_admin_edited_or_switched_off_stays(provider: Provider, admin: User) -> None:
    as_of_the_first_release(provider)
    edited, off = provider.models.all()[:2]
    change_model(edited, {"note": "Ours."}, [c.value() for c in edited.combinations.all()], admin)
    switch_model(off, enabled=False, actor=admin)
    done = refresh(provider, admin)
    assert done.kept == (edited.name,)
    assert off.name in done.filled
    edited.refresh_from_db()
    off.refresh_from_db()
    assert (edited.note, edited.references, off.enabled, off.references) == ("Ours.", 0, False, 1)
    assert f"Left as edited: {edited.name}." in str(done)


def test_what_changed_is_written_down_with_who(provider: Provider, admin: User) -> None:
    VideoModel.objects.filter(slug="sora2-landscape-8s").update(references=0)
    refresh(provider, admin)
    entry = AuditEntry.objects.latest("pk")
    name = VideoModel.objects.get(slug="sora2-landscape-8s").name
    assert (entry.actor, entry.subject, entry.changes) == (
        admin, provider.name, {f"{name} · references": [0, 1]},
    )  # fmt: skip


def test_each_kind_of_host_keeps_its_own_models() -> None:
    older = add_provider("Older", "mingyan", "https://a.example.com", "k", preset="mingyan-older")
    for preset in ("mingyan-older", ""):
        Provider.objects.filter(pk=older.pk).update(preset=preset)
        older.refresh_from_db()
        assert preset_for(older) == presets_of("mingyan")[1]
        assert refresh(older) == Refreshed()
    older.models.all().delete()
    assert refresh(older) == Refreshed(), "nothing is added to a provider that has none of the catalogue's"


def test_the_sandbox_follows_by_itself_at_the_start() -> None:
    sandbox = ensure_sandbox("http://127.0.0.1:8001", "key")
    as_of_the_first_release(sandbox)
    ensure_sandbox("http://127.0.0.1:8001", "key")
    assert all(row.references for row in sandbox.models.all())
    entries = AuditEntry.objects.count()
    ensure_sandbox("http://127.0.0.1:8001", "key")
    assert AuditEntry.objects.count() == entries
    assert not Job.objects.exists()
