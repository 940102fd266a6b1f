"""Do the parts of a job on several threads; stop all at the first error, or when told."""

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

P = TypeVar("P")
R = TypeVar("R")


def do_all(parts: Iterable[P], *, workers: Sequence[Callable[[P], R]], done: Callable[[R], None]) -> None:
    """Do every part once; each worker is called by one thread only.

    Graphs, tables and checksums are computed outside the interpreter's lock, so threads use all cores and share what
    processes would each hold for themselves.

    Args:
        parts: What to do, in order.
        workers: One callable a thread.
        done: Told of each part that is done, one at a time.

    Raises:
        BaseException: The first error of a worker, or KeyboardInterrupt; parts under way are finished first.

    >>> told = []
    >>> do_all([3, 1, 2], workers=[lambda n: n * n], done=told.append)
    >>> told
    [9, 1, 4]
    """
    left, taking, telling, stop = iter(parts), threading.Lock(), threading.Lock(), threading.Event()

    def work(worker: Callable[[P], R]) -> None:
        while not stop.is_set():
            with taking:
                part = next(left, None)
            if part is None:
                return
            try:
                report = worker(part)
            except BaseException:
                stop.set()
                raise
            with telling:
                done(report)

    with ThreadPoolExecutor(len(workers), thread_name_prefix="slipway-batch") as pool:
        tasks = [pool.submit(work, worker) for worker in workers]
        try:
            wait(tasks, return_when=FIRST_EXCEPTION)
        finally:
            stop.set()
    for task in tasks:
        task.result()
