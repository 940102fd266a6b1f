"""The front page of the floor lists its modules, all of them, in order."""

import pkgutil
import re

import slipway.stats


def test_all_modules_are_listed_in_order():
    listed = re.findall(r"^([a-z_]+)  +\S", slipway.stats.__doc__, flags=re.MULTILINE)
    assert listed == sorted(info.name for info in pkgutil.iter_modules(slipway.stats.__path__))
