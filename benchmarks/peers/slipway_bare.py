# /// script
# dependencies = []
# [tool.peer]
# title = "Slipway, bare"
# own = true
# setup = "{python} {file} make"
# command = "{python} {file} serve"
# path = "/predict"
# body = "named"
# many = {path = "/v2/models/bench/infer", body = "v2-entity"}
# binary = {path = "/v2/models/bench/infer", body = "v2-entity-binary"}
# ///
"""Two workers and one arm: each row is checked, dealt and answered, and nothing is journalled, shadowed or watched.

Nobody can run this: the journal is put aside here so that its cost can be told.
"""

import multiprocessing
import os
import sys
from pathlib import Path

from slipway.ports import Position
from slipway.serving import start
from slipway.serving.config_file import config_of, save_config
from slipway.storage.layout import Layout
from slipway.storage.routes import publish


class Nowhere:
    """Takes frames and keeps none."""

    def __init__(self, *args, **kwargs):
        pass

    def append(self, frames):  # noqa: ARG002 - as a journal is called
        return Position("nowhere", 0)

    def close(self):
        pass


def worker(folder, slot):
    start.SegmentWriter = Nowhere
    start.run_worker([folder], slot=slot, parent=os.getppid())


if __name__ == "__main__":
    work = Path(os.environ["WORK"])
    if sys.argv[1] == "make":
        from slipway_all import make

        project = make(work, shadow=False)
        save_config(config_of(project.scope), layout=Layout(work))
        publish(project.route(), folder=Layout(work).routes)  # which otherwise control does
    else:
        workers = [multiprocessing.Process(target=worker, args=(work, slot)) for slot in range(2)]
        for process in workers:
            process.start()
        for process in workers:
            process.join()
