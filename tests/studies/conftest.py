"""As in training: sums in one order."""

from tests.core.training.conftest import _one_thread as _one_thread
