"""The database itself keeps the audit log: lines are added, and nothing else ever happens to them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.db.models import ProtectedError

from generations.models import AuditEntry, User
from generations.services.audit import note
from tests.emptying import empty

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
SAID = "append-only"
TABLE = AuditEntry._meta.db_table


@pytest.fixture
def entry(admin: User) -> AuditEntry:
    note(admin, "portal settings changed", "Portal", {"currency": ("USD", "EUR")})
    return AuditEntry.objects.get()


def kept(entry: AuditEntry) -> bool:
    row = AuditEntry.objects.get()
    return (row.pk, row.action, row.changes, row.actor_id) == (entry.pk, entry.action, entry.changes, entry.actor_id)


def saved(entry: AuditEntry) -> None:
    AuditEntry(pk=entry.pk, action="nothing", subject="Portal", at=entry.at).save(force_update=True)


def by_hand(sql: str) -> Callable[[AuditEntry], object]:
    def act(entry: AuditEntry) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql.format(table=TABLE, pk=entry.pk))

    return act


ACTS: dict[str, Callable[[AuditEntry], object]] = {
    "saved again": saved,
    "updated": lambda entry: AuditEntry.objects.update(subject="nothing"),
    "deleted": lambda entry: entry.delete(),
    "all deleted": lambda entry: AuditEntry.objects.all().delete(),
    "actor forgotten": lambda entry: AuditEntry.objects.filter(pk=entry.pk).update(actor=None),
    "updated by hand": by_hand("UPDATE {table} SET changes = '{{}}' WHERE id = {pk}"),
    "deleted by hand": by_hand("DELETE FROM {table} WHERE id = {pk}"),
    "upserted": lambda entry: AuditEntry.objects.bulk_create(
        [AuditEntry(pk=entry.pk, action="nothing", subject="x")],
        update_conflicts=True, unique_fields=["id"], update_fields=["action"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("act", ACTS)
def test_a_line_stays_as_it_is(entry: AuditEntry, act: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ACTS[act](entry)
    assert kept(entry)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="INSERT OR REPLACE is SQLite's")
def test_a_line_is_not_replaced(entry: AuditEntry) -> None:
    replace = "INSERT OR REPLACE INTO {table} (id, at, action, subject, changes) VALUES ({pk}, '', '', '', '{{}}')"
    with pytest.raises(IntegrityError, match=SAID), transaction.atomic():
        by_hand(replace)(entry)
    assert kept(entry)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no TRUNCATE")
@pytest.mark.parametrize("more", ["", "CASCADE"])
def test_the_log_is_not_truncated(entry: AuditEntry, more: str) -> None:
    connection.check_constraints()  # what waits for the commit would refuse it for another reason
    with pytest.raises(IntegrityError, match=SAID), transaction.atomic():
        by_hand(f"TRUNCATE {{table}} {more}")(entry)
    assert kept(entry)


def test_the_refusal_says_why(entry: AuditEntry) -> None:
    with pytest.raises(IntegrityError, match=SAID), transaction.atomic():
        entry.delete()


def test_somebody_who_did_something_is_not_deleted(entry: AuditEntry, admin: User) -> None:
    with pytest.raises(ProtectedError):
        admin.delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        by_force(admin)
    assert kept(entry)


def by_force(user: User) -> None:
    """Past what Django looks at first; deferred checks are made at once."""
    User.objects.filter(pk=user.pk)._raw_delete("default")
    connection.check_constraints()


def test_lines_are_added_and_actors_renamed_as_ever(entry: AuditEntry, admin: User) -> None:
    User.objects.filter(pk=admin.pk).update(name="Somebody", email="gone@example.org", is_active=False)
    note(None, "member added", "mara@example.org")
    assert [str(row.actor) for row in AuditEntry.objects.order_by("pk")] == ["Somebody", "None"]


def test_no_rule_of_a_relation_would_change_a_line() -> None:
    """A deleted row never takes a line with it, or a name out of it."""
    relations = [field for field in AuditEntry._meta.get_fields() if isinstance(field, models.ForeignKey)]
    assert {field.remote_field.on_delete for field in relations} == {models.PROTECT}


@pytest.mark.django_db(transaction=True)
def test_an_operator_s_flush_is_refused_and_that_between_tests_leaves_the_seal_on(entry: AuditEntry) -> None:
    with pytest.raises(CommandError):
        call_command("flush", interactive=False, verbosity=0)
    assert kept(entry)
    empty(connection)
    assert not AuditEntry.objects.exists()
    note(None, "member added", "mara@example.org")
    with pytest.raises(IntegrityError):
        AuditEntry.objects.all().delete()
