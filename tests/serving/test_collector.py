"""What is loaded is not looked at again by the collector, and what cannot be reached is still let go."""

import gc
import subprocess
import sys

_SCRIPT = """
import gc
from slipway.serving.collector import collect_seldom
collect_seldom()
frozen, looked, rounds = gc.get_freeze_count(), [], []
gc.callbacks.append(lambda phase, info: looked.append(info["generation"]) if phase == "start" else None)
held = [[i] for i in range(15_000)]
print(frozen, len(looked))
for _ in range(30_000):
    ring = []
    ring.append(ring)
print(len(looked))
"""


def test_what_is_in_use_is_looked_at_seldom_and_cycles_still_go():
    ran = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True)
    frozen, while_held, in_all = map(int, ran.stdout.split())
    assert frozen > 1000
    assert while_held == 0  # Python's own threshold would have looked some twenty times
    assert in_all > 0
    assert gc.isenabled()
