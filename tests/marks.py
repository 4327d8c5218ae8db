"""Marks with a rule of their own."""

from __future__ import annotations

import os

import pytest

BOTH_DATABASES_IN_TEST_ALL = [pytest.mark.databases]
"""For tests that say little more on a second database: on PostgreSQL they run in `make test-all` only."""

if os.environ.get("PORTAL_TEST_ON") == "postgresql":
    BOTH_DATABASES_IN_TEST_ALL.append(pytest.mark.matrix)
