"""Where the monitor of one model stands, and which slices it has been fed."""

from typing import NamedTuple

from slipway.control.saved_post import SavedPost, save_post
from slipway.control.slices import Model
from slipway.monitoring.watch import Monitor, Watched, begin, is_spoiled
from slipway.records.looked import Looked


class Equipped(NamedTuple):
    """A model and its monitor."""

    model: Model
    monitor: Monitor


class Post:
    """Where one monitor stands, and which slices it has been fed.

    Args:
        equipped: The model and its monitor.
        saved: Where it stood when it was kept; None begins anew.
    """

    def __init__(self, equipped: Equipped, *, saved: SavedPost | None) -> None:
        self.equipped = equipped
        self.watched: Watched = saved.watched(equipped.monitor) if saved else begin(equipped.monitor)
        self.inputs_upto_us = saved.inputs_upto_us if saved else 0
        self.outcomes_upto_us = saved.outcomes_upto_us if saved else 0
        self.feed_upto_us = saved.feed_upto_us if saved else 0

    @property
    def came_upto_us(self) -> int:
        """Up to which moment all that came was fed: nobody asks for its X again.

        Where outcomes are summed by parts of the rows, X is asked for once more when they have come.
        """
        upto_us = [self.inputs_upto_us]
        if self.equipped.monitor.feed:
            upto_us.append(self.feed_upto_us)
        if self.equipped.monitor.instruments.parts is not None:
            upto_us.append(self.outcomes_upto_us)
        return min(upto_us)

    @property
    def looked(self) -> Looked:
        """What it has looked at."""
        monitor, upto_us = self.equipped.monitor, self.inputs_upto_us
        slice_us = monitor.instruments.slice_us
        return Looked(
            model=monitor.model,
            unit=monitor.instruments.unit,
            slice_us=slice_us,
            slices=self.watched.track.inputs.fed,
            rows=sum(sums.rows for sums in self.watched.track.inputs.slices),
            inputs_upto_us=self.inputs_upto_us,
            outcomes_upto_us=self.outcomes_upto_us,
            feed_upto_us=None if monitor.feed is None else self.feed_upto_us,
            spoiled=is_spoiled(self.watched, start_us=upto_us - slice_us, end_us=upto_us),
        )

    def saved(self, *, route: str, model: str) -> SavedPost:
        """Return where it stands, for a restart to go on from."""
        return save_post(
            self.watched,
            route=route,
            model=model,
            inputs_upto_us=self.inputs_upto_us,
            outcomes_upto_us=self.outcomes_upto_us,
            feed_upto_us=self.feed_upto_us,
        )
