"""Processes are killed and frozen under a running stream; nothing acknowledged may be lost, nothing doubled."""

import pytest

pytest.register_assert_rewrite("tests.crash.truth")
