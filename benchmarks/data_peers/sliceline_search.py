# /// script
# dependencies = ["sliceline==0.3.0"]
# [tool.peer]
# title = "sliceline"
# ///
"""The package's search. Arguments: a file of codes and losses, how many slices, depth, the fewest rows."""

import json
import os
import resource
import sys
import time

import numpy as np
from sliceline import Slicefinder

if __name__ == "__main__":
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (machine, machine))  # it fails by itself, and takes nobody with it
    held = np.load(sys.argv[1])
    most, depth, least = map(int, sys.argv[2:])
    finder = Slicefinder(alpha=0.95, k=most, max_l=depth, min_sup=least, verbose=False)
    began = time.perf_counter()
    finder.fit(held["codes"], held["loss"])
    took_s = time.perf_counter() - began
    rows = [[None if v is None else int(v) for v in r] for r in finder.top_slices_.tolist()]
    print(json.dumps({"took_s": took_s, "slices": rows}))
