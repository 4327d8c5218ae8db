"""The tree around a clip: who is shown, who is not, and how much is asked for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from generations.models import Job, State, User
from generations.services.lineage import NODES_MOST, UP_MOST, Tree, family
from tests.marks import BOTH_DATABASES_IN_TEST_ALL

pytestmark = [pytest.mark.django_db, *BOTH_DATABASES_IN_TEST_ALL]
MakeJob = Callable[..., Job]


def told(tree: Tree | None) -> Any:
    """The tree as nested lists of texts."""
    assert tree
    text = tree.job.prompt.text if tree.is_open else "private"
    return [text + ("*" if tree.is_here else ""), *(told(child) for child in tree.children)]


def test_a_job_alone_has_no_lineage_and_costs_one_query(
    make_job: MakeJob, member: User, django_assert_max_num_queries: Any
) -> None:
    job = make_job()
    with django_assert_max_num_queries(2):
        assert family(job, member) is None


def test_ancestors_siblings_and_children(
    make_job: MakeJob, member: User, stranger: User, django_assert_max_num_queries: Any
) -> None:
    root = make_job(State.DONE, "Root")
    parent = make_job(State.DONE, "Parent", derived_from=root, derived_as="edit")
    make_job(text="Uncle", derived_from=root)
    here = make_job(text="Here", derived_from=parent)
    make_job(text="Sister", derived_from=parent)
    make_job(text="Secret", derived_from=parent, visibility="me", author=stranger)
    child = make_job(text="Child", derived_from=here)
    make_job(text="Grandchild", derived_from=child)
    with django_assert_max_num_queries(3):
        tree = told(family(here, member))
    assert tree == ["Root", ["Parent", ["Here*", ["Child"]], ["Sister"]]]
    assert ["Secret"] in told(family(here, stranger))[1]


def test_a_private_ancestor_keeps_the_line_together_and_private_children_are_not_told_of(
    make_job: MakeJob, member: User, stranger: User
) -> None:
    root = make_job(State.DONE, "Root")
    hidden = make_job(text="Hidden", derived_from=root, visibility="me", author=stranger)
    here = make_job(text="Here", derived_from=hidden)
    for number in range(NODES_MOST):
        make_job(text=f"Secret {number}", derived_from=here, visibility="me", author=stranger)
    assert told(family(here, member)) == ["Root", ["private", ["Here*"]]]
    make_job(text="Child", derived_from=root)
    assert told(family(root, member)) == ["Root*", ["Child"]]
    alone = make_job(text="Alone")
    make_job(text="Secret", derived_from=alone, visibility="me", author=stranger)
    assert family(alone, member) is None


def test_long_lines_and_large_families_are_cut(make_job: MakeJob, member: User) -> None:
    last = make_job(text="0")
    for number in range(1, UP_MOST + 5):
        last = make_job(text=str(number), derived_from=last)
    for number in range(NODES_MOST):
        make_job(text=f"child {number}", derived_from=last)
    tree = family(last, member)
    assert tree
    assert tree.goes_on_above
    assert tree.job.prompt.text == "4"
    assert str(told(tree)).count("[") == NODES_MOST


def test_a_job_outlives_its_parent(make_job: MakeJob, member: User) -> None:
    parent = make_job()
    child = make_job(derived_from=parent, derived_as="take")
    parent.delete()
    child.refresh_from_db()
    assert (child.derived_from, child.derived_as) == (None, "take")
    assert family(child, member) is None
