"""What the search reads: the words of a job or a prompt, as text of our own making (docs/decisions/0019).

SQLite answers from FTS5 tables, which triggers keep beside these rows; PostgreSQL from an index on the rows. Both come
from migration 0016.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler

from generations.models.job import Job
from generations.models.prompt import Prompt

Sql = tuple[str, list[Any]]


class Wanted(NamedTuple):
    """One token to be found: as it is, or also as the beginning of a longer one. It holds no quote and no blank."""

    token: str
    is_prefix: bool


class WordsField(models.TextField):  # type: ignore[type-arg]
    """Tokens with single blanks between them. `__match=` takes what is Wanted; a row that holds all of it is found."""


@WordsField.register_lookup
class Match(models.Lookup):
    """Each token is quoted, so none is ever read as an operator."""

    lookup_name = "match"
    prepare_rhs = False

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        column, _ = self.process_lhs(compiler, connection)
        query = " AND ".join(f'"{token}"*' if is_prefix else f'"{token}"' for token, is_prefix in self.rhs)
        return f"{column} MATCH %s", [query]

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        column, _ = self.process_lhs(compiler, connection)
        query = " & ".join(f"'{token}':*" if is_prefix else f"'{token}'" for token, is_prefix in self.rhs)
        return f"generations_tokens({column}) @@ %s::tsquery", [query]


@WordsField.register_lookup
class Holds(Match):
    """The same of rows that are at hand: SQLite's own index is not for a look at each of many rows."""

    lookup_name = "holds"

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        column, _ = self.process_lhs(compiler, connection)
        each = " AND ".join([f"instr(' ' || {column} || ' ', %s)"] * len(self.rhs))
        return each, [f" {token}" if is_prefix else f" {token} " for token, is_prefix in self.rhs]


class JobWords(models.Model):
    """The words of a job: of its prompt, its tags and its comments."""

    job = models.OneToOneField(Job, models.CASCADE, primary_key=True, related_name="words")
    words = WordsField()

    def __str__(self) -> str:
        return str(self.words)[:80]


class PromptWords(models.Model):
    """The words of a prompt."""

    prompt = models.OneToOneField(Prompt, models.CASCADE, primary_key=True, related_name="words")
    words = WordsField()

    def __str__(self) -> str:
        return str(self.words)[:80]


class _NoRows(models.Manager[Any]):
    """For tables that are joined and never listed: dumpdata asks every model, and PostgreSQL has no such table."""

    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().none()


class JobFound(models.Model):
    """SQLite's index of JobWords. FTS5 names the column that is searched like the table."""

    job = models.OneToOneField(
        Job, models.DO_NOTHING, primary_key=True, db_column="rowid", db_constraint=False, related_name="found"
    )
    words = WordsField(db_column="generations_jobwords_fts")
    objects = _NoRows()

    class Meta:
        managed = False
        db_table = "generations_jobwords_fts"

    def __str__(self) -> str:
        return str(self.pk)


class PromptFound(models.Model):
    """SQLite's index of PromptWords."""

    prompt = models.OneToOneField(
        Prompt, models.DO_NOTHING, primary_key=True, db_column="rowid", db_constraint=False, related_name="found"
    )
    words = WordsField(db_column="generations_promptwords_fts")
    objects = _NoRows()

    class Meta:
        managed = False
        db_table = "generations_promptwords_fts"

    def __str__(self) -> str:
        return str(self.pk)
