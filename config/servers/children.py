"""Child processes that do not outlive us."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with_parent(with_signal: signal.Signals) -> Callable[[], None]:
    """What a child calls before it becomes its program, to get `with_signal` when we end, even by kill -9.

    Linux only; elsewhere the call does nothing, and what was left is found at the next start.
    """
    parent = os.getpid()
    if sys.platform != "linux":
        return lambda: None
    prctl = ctypes.CDLL(None).prctl  # looked up before the fork

    def ask_kernel() -> None:
        prctl(PR_SET_PDEATHSIG, with_signal, 0, 0, 0)
        if os.getppid() != parent:  # we were gone before the kernel knew
            os._exit(1)

    return ask_kernel
