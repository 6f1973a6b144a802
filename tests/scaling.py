"""How processor time grows with the size of the input: linear growth passes, quadratic growth fails."""

import gc
import time
from collections.abc import Callable
from typing import TypeVar

FACTOR = 8
LIMIT = 2 * FACTOR  # linear work takes 8 times as long, quadratic work 64 times
ATTEMPTS = 3

Input = TypeVar("Input")


def assert_linear(work: Callable[[Input], object], make: Callable[[int], Input], size: int) -> None:
    """Fail if `work(make(n))` takes far more than 8 times the processor time when n is 8 times as large.

    `size` is the larger n. Choose it so that linear work takes a fraction of a second and quadratic work seconds.
    Only the processor time of this process counts, without garbage collection, and one attempt in three has to be
    fast enough: other processes on the machine make no difference.
    """
    small, large = make(size // FACTOR), make(size)
    measured = []
    for _ in range(ATTEMPTS):
        short, long = _seconds(work, small), _seconds(work, large)
        if long < LIMIT * short:
            return
        measured.append(f"{long / short:.0f} times ({long:.3f} s instead of {short:.3f} s)")
    raise AssertionError(f"{FACTOR} times the input takes {', '.join(measured)}")


def _seconds(work: Callable[[Input], object], argument: Input) -> float:
    gc.disable()
    try:
        start = time.process_time()
        work(argument)
        return time.process_time() - start
    finally:
        gc.enable()
