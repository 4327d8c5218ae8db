"""Twenty seconds of the soak, for every change; `make soak` goes on for minutes."""

from __future__ import annotations

import pytest

from tests.processes.stacks import Stacks
from tests.soak.plan import Plan
from tests.soak.run import soak_on

pytestmark = [pytest.mark.process]


def test_a_portal_whose_parts_die_every_few_seconds_loses_nothing_and_pays_nothing_twice(stacks: Stacks) -> None:
    verdict = soak_on(stacks, Plan(seconds=20, jobs=20, seed=20))
    assert not any(verdict.breaches.values()), verdict
    assert verdict.counts["created"] == 20
    assert verdict.counts["done"] > 0
