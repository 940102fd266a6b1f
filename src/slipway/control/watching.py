"""Feeds the monitors: each model on a route, each slice once, in the order in which slices are complete."""

from collections.abc import Callable, Iterable, Iterator

from slipway.control.block import Block
from slipway.control.finding_book import Told, keep_findings
from slipway.control.ledger import Ledger
from slipway.control.maturity import held_us
from slipway.control.past import DaySums
from slipway.control.post import Equipped, Post
from slipway.control.saved_post import SavedPost
from slipway.control.slices import Model, feed_sums, input_sums, outcome_sums
from slipway.control.usual_wait import UsualWaits
from slipway.errors import SlipwayError
from slipway.monitoring.watch import Watched, take
from slipway.monitoring.watch_feed import take_feed_sums, take_refused
from slipway.monitoring.watch_silence import take_silence
from slipway.ports import ControlStore
from slipway.records.alert import Finding
from slipway.records.arm import Arm, ArmKind
from slipway.records.facts import Watch
from slipway.records.looked import Looked
from slipway.records.refused_rows import RefusedRows
from slipway.records.route import Route
from slipway.records.watch import FeedSums, InputSums, OutcomeSums
from slipway.stats.coding import Coder

_FEED_US = 3_600_000_000
"""Length of the slices by which the quality of a feed is judged."""


class Watching:
    """Keeps the monitors of all models that are on a route.

    A monitor is a function of the journal: after a restart it reads all slices again and comes to the same findings.

    Args:
        store: Control store.
        equip: Makes model and monitor of an arm; None where its package has no reference.
        wait_us: How long outcomes are waited for; also an attribute. With 0 monitors wait for as long as outcomes have
            usually taken (:mod:`slipway.control.usual_wait`).
        refused: Returns that more rows are refused than is usual, or None.
        by: Whom the audit trail names.
    """

    def __init__(
        self,
        store: ControlStore,
        *,
        equip: Callable[[Arm], Equipped | None],
        wait_us: int,
        refused: Callable[[], RefusedRows | None] = lambda: None,
        by: str = "monitor",
    ) -> None:
        self._store, self._equip, self.wait_us, self._by, self._refused = store, equip, wait_us, by, refused
        self.forget()

    def forget(self) -> None:
        """Be as if no slice had been fed: the journal is read anew."""
        self._posts: dict[tuple[str, str], Post | None] = {}
        self._blind: dict[tuple[str, str], str] = {}
        self._coders: dict[str, Coder | None] = {}
        self._models_of: dict[str, Model | None] = {}
        self._saved: dict[tuple[str, str], SavedPost] = {}
        self._usual = UsualWaits()

    def coder(self, arm: str) -> Coder | None:
        """Return how the inputs of an arm are coded; None where no monitor watches it.

        Raises:
            Unavailable: The store does not answer.
        """
        if arm not in self._coders:
            for _, route, _ in self._store.all(Route):
                for model in self._models(route):
                    if (post := self._post(route.name, model)) is not None:
                        self._coders[model.name] = post.equipped.model.coder
            self._coders.setdefault(arm, None)
        return self._coders[arm]

    def fed(self, block: Block) -> bool:
        """Tell whether all inputs of a day were summed: no monitor asks for its X again."""
        posts = [post for (route, _), post in self._posts.items() if post is not None and route == block.route]
        return all(post.came_upto_us >= block.end_us for post in posts)

    def sums_of(self, block: Block, *, ledger: Ledger) -> tuple[DaySums, ...]:
        """Return what came true on a day of each model that answered on it; one whose package is gone is left out."""
        found = []
        for name, arm, _ in self._store.all(Arm):
            model = self._model(arm) if arm.kind is ArmKind.MODEL else None
            if model is None:
                continue
            sums = outcome_sums(
                block,
                model=model,
                ledger=ledger,
                start_us=block.start_us,
                end_us=block.end_us,
                wait_us=held_us(self.wait_us),
            )
            if sums.labelled:
                found.append(
                    DaySums(
                        route=block.route,
                        model=name,
                        start_us=block.start_us,
                        labelled=sums.labelled,
                        loss=sums.loss,
                        expected=sums.expected,
                    )
                )
        return tuple(found)

    def saved(self) -> tuple[SavedPost, ...]:
        """Return where all monitors stand."""
        standing = [
            post.saved(route=route, model=model) for (route, model), post in self._posts.items() if post is not None
        ]
        return (*standing, *self._saved.values())

    def looked(self) -> tuple[Looked, ...]:
        """Return what each monitor has looked at, by this process or by the one that it went on from."""
        return tuple(post.looked for post in tuple(self._posts.values()) if post is not None)

    def restore(self, saved: Iterable[SavedPost]) -> None:
        """Go on from where monitors stood; before the first step."""
        self._saved = {(post.route, post.model): post for post in saved}

    def look(self, ledger: Ledger, *, now_us: int, problems: list[str]) -> None:
        """Feed the monitors of all models on a route what is complete; nothing is stored."""
        self._coders = {arm: coder for arm, coder in self._coders.items() if coder is not None}
        for _, route, _ in self._store.all(Route):
            for arm in self._models(route):
                if (post := self._post(route.name, arm)) is not None:
                    self._feed(post, route=route, ledger=ledger, now_us=now_us)
        problems.extend(self._blind.values())

    def store(self, now_us: int) -> Told:
        """Store the findings that changed, by the routes as they are now, in one transaction, and return their ids."""
        on_routes, told = set[str](), dict[str, tuple[Finding, ...]]()
        for _, route, _ in self._store.all(Route):
            for arm in self._models(route):
                on_routes.add(arm.name)
                if (post := self._posts.get((route.name, arm.name))) is not None:
                    told[arm.name] = (*told.get(arm.name, ()), *post.watched.findings)
        return keep_findings(self._store, told=told, on_routes=on_routes, now_us=now_us, by=self._by)

    def watches(self, route: Route, *, arms: tuple[str, ...], ledger: Ledger, now_us: int) -> tuple[Watch, ...]:
        """Feed the monitors of some arms of a route, and return where they stand; what is fed is not fed again."""
        found = []
        for arm in self._models(route):
            post = self._post(route.name, arm) if arm.name in arms else None
            if post is not None:
                self._feed(post, route=route, ledger=ledger, now_us=now_us)
                found.append(
                    Watch(
                        arm=arm.name,
                        inputs_upto_us=post.inputs_upto_us,
                        outcomes_upto_us=post.outcomes_upto_us,
                        finding=post.watched.open,
                    )
                )
        return tuple(found)

    def _models(self, route: Route) -> Iterator[Arm]:
        named = {*(s.arm for s in route.shares), *route.shadows}
        return (arm for arm in route.arms if arm.kind is ArmKind.MODEL and arm.name in named)

    def _post(self, route: str, arm: Arm) -> Post | None:
        key = (route, arm.name)
        if key not in self._posts:
            try:
                equipped = self._equip(arm)
            except SlipwayError as error:
                self._blind[key] = f"monitor of {arm.name}: {error}"
                equipped = None
            self._posts[key] = None if equipped is None else Post(equipped, saved=self._saved.pop(key, None))
        return self._posts[key]

    def _model(self, arm: Arm) -> Model | None:
        if arm.name not in self._models_of:
            try:
                equipped = self._equip(arm)
            except SlipwayError:
                equipped = None
            self._models_of[arm.name] = equipped.model if equipped else None
        return self._models_of[arm.name]

    def _speaks(self, post: Post, *, route: Route) -> bool:
        """Tell whether a monitor tells what rows of a route are refused: that of whom most of them were meant for."""
        named = {arm.name: arm for arm in self._models(route)}
        for share in sorted(route.shares, key=lambda s: -s.share):
            found = self._post(route.name, named[share.arm]) if share.arm in named else None
            if found is not None and found.equipped.monitor.feed is not None:
                return found is post
        return False

    def _feed(self, post: Post, *, route: Route, ledger: Ledger, now_us: int) -> None:
        refused = self._refused() if self._speaks(post, route=route) else None
        post.watched = take_refused(post.watched, monitor=post.equipped.monitor, refused=refused, now_us=now_us)
        blocks = [b for b in ledger.blocks(route.name) if b.end_us > min(post.came_upto_us, post.outcomes_upto_us)]
        ready: list[tuple[int, int, FeedSums | InputSums | OutcomeSums]] = [
            slice_ for block in blocks for slice_ in self._came(post, block=block, ledger=ledger, now_us=now_us)
        ]
        ready += self._came_true(post, blocks=blocks, ledger=ledger, now_us=now_us)
        for complete_us, _, sums in sorted(ready, key=lambda r: r[:2]):
            monitor = post.equipped.monitor
            if isinstance(sums, FeedSums):
                if sums.rows:
                    post.watched = _silent_before(post, sums=sums, blocks=ledger.blocks(route.name))
                post.watched = take_feed_sums(post.watched, monitor=monitor, sums=sums, now_us=complete_us)
                post.feed_upto_us = sums.end_us
                continue
            post.watched = take(post.watched, monitor=monitor, sums=sums, now_us=complete_us)
            if isinstance(sums, InputSums):
                post.inputs_upto_us = sums.end_us
            else:
                post.outcomes_upto_us = sums.end_us
        if post.equipped.model.arm in {*(s.arm for s in route.shares if s.share > 0), *route.shadows}:
            over_us = now_us // _FEED_US * _FEED_US
            post.watched = take_silence(post.watched, monitor=post.equipped.monitor, upto_us=over_us)

    def _came(
        self, post: Post, *, block: Block, ledger: Ledger, now_us: int
    ) -> Iterator[tuple[int, int, FeedSums | InputSums]]:
        """Yield (moment of completeness, order, sums) of what came in the slices of a day that are complete and new."""
        length, model = post.equipped.monitor.instruments.slice_us, post.equipped.model
        if post.equipped.monitor.feed is not None:
            for end_us in range(block.start_us + _FEED_US, min(block.end_us, now_us) + 1, _FEED_US):
                if end_us > post.feed_upto_us:
                    start_us = end_us - _FEED_US
                    yield end_us, -1, feed_sums(block, model=model, ledger=ledger, start_us=start_us, end_us=end_us)
        for start_us in range(block.start_us, block.end_us, length):
            end_us = start_us + length
            if post.inputs_upto_us < end_us <= now_us:
                yield end_us, 0, input_sums(block, model=model, ledger=ledger, start_us=start_us, end_us=end_us)

    def _came_true(
        self, post: Post, *, blocks: list[Block], ledger: Ledger, now_us: int
    ) -> Iterator[tuple[int, int, OutcomeSums]]:
        """Yield the same of what came true. Slices are taken in their order, so none is complete before an earlier."""
        length, complete_us = post.equipped.monitor.instruments.slice_us, 0
        for block in blocks:
            wait_us = self.wait_us or self._usual.of(block, ledger=ledger)
            for end_us in range(block.start_us + length, block.end_us + 1, length):
                if end_us <= post.outcomes_upto_us:
                    continue
                complete_us = max(complete_us, end_us + wait_us)
                if complete_us > now_us:
                    return
                span = {"start_us": end_us - length, "end_us": end_us, "wait_us": wait_us}
                yield complete_us, 1, outcome_sums(block, model=post.equipped.model, ledger=ledger, **span)


def _silent_before(post: Post, *, sums: FeedSums, blocks: Iterable[Block]) -> Watched:
    """Return where a monitor stood just before rows came; a silence of the whole route is told, however late.

    Where others on the route got rows meanwhile, the model was off it, which is no silence.
    """
    silent = take_silence(post.watched, monitor=post.equipped.monitor, upto_us=sums.start_us)
    if silent is post.watched or silent.feed is None:
        return post.watched
    since_us, upto_us = silent.feed.last_us, sums.start_us
    here = (block for block in blocks if block.end_us > since_us and block.start_us < upto_us)
    others = any(((block.at_us >= since_us) & (block.at_us < upto_us)).any() for block in here)
    return post.watched if others else silent
