"""Readiness for production: the ML Test Score, item by item, each with its evidence.

The 28 items, their four sections, half a point for what was done by hand and written down, a full one for what a system
does by itself again and again, and the minimum of the four sums as the score: all as in the paper.

Reference:
    Breck, Cai, Nielsen, Salib and Sculley (2017), The ML Test Score: A Rubric for ML Production Readiness and Technical
    Debt Reduction, IEEE Big Data, sections II to VI.
"""

from enum import StrEnum

from slipway.errors import BadInput
from slipway.records.base import Record


class Section(StrEnum):
    """The four sections; the weakest one is the score."""

    DATA = "data"
    MODEL = "model"
    INFRASTRUCTURE = "infrastructure"
    MONITORING = "monitoring"


class Item(StrEnum):
    """The 28 items, numbered within their sections as the paper does."""

    DATA_1 = "data-1"
    DATA_2 = "data-2"
    DATA_3 = "data-3"
    DATA_4 = "data-4"
    DATA_5 = "data-5"
    DATA_6 = "data-6"
    DATA_7 = "data-7"
    MODEL_1 = "model-1"
    MODEL_2 = "model-2"
    MODEL_3 = "model-3"
    MODEL_4 = "model-4"
    MODEL_5 = "model-5"
    MODEL_6 = "model-6"
    MODEL_7 = "model-7"
    INFRA_1 = "infra-1"
    INFRA_2 = "infra-2"
    INFRA_3 = "infra-3"
    INFRA_4 = "infra-4"
    INFRA_5 = "infra-5"
    INFRA_6 = "infra-6"
    INFRA_7 = "infra-7"
    MONITOR_1 = "monitor-1"
    MONITOR_2 = "monitor-2"
    MONITOR_3 = "monitor-3"
    MONITOR_4 = "monitor-4"
    MONITOR_5 = "monitor-5"
    MONITOR_6 = "monitor-6"
    MONITOR_7 = "monitor-7"

    @property
    def section(self) -> Section:
        """The section it counts in."""
        return _SECTIONS[self.value.partition("-")[0]]

    @property
    def asks(self) -> str:
        """What it asks, as the paper names it."""
        return _TITLES[self]


_SECTIONS = {
    "data": Section.DATA,
    "model": Section.MODEL,
    "infra": Section.INFRASTRUCTURE,
    "monitor": Section.MONITORING,
}

_TITLES = {
    Item.DATA_1: "Feature expectations are captured in a schema",
    Item.DATA_2: "All features are beneficial",
    Item.DATA_3: "No feature's cost is too much",
    Item.DATA_4: "Features adhere to meta-level requirements",
    Item.DATA_5: "The data pipeline has appropriate privacy controls",
    Item.DATA_6: "New features can be added quickly",
    Item.DATA_7: "All input feature code is tested",
    Item.MODEL_1: "Model specs are reviewed and submitted",
    Item.MODEL_2: "Offline and online metrics correlate",
    Item.MODEL_3: "All hyperparameters have been tuned",
    Item.MODEL_4: "The impact of model staleness is known",
    Item.MODEL_5: "A simpler model is not better",
    Item.MODEL_6: "Model quality is sufficient on important data slices",
    Item.MODEL_7: "The model is tested for considerations of inclusion",
    Item.INFRA_1: "Training is reproducible",
    Item.INFRA_2: "Model specs are unit tested",
    Item.INFRA_3: "The ML pipeline is integration tested",
    Item.INFRA_4: "Model quality is validated before serving",
    Item.INFRA_5: "The model is debuggable",
    Item.INFRA_6: "Models are canaried before serving",
    Item.INFRA_7: "Serving models can be rolled back",
    Item.MONITOR_1: "Dependency changes result in notification",
    Item.MONITOR_2: "Data invariants hold for inputs",
    Item.MONITOR_3: "Training and serving are not skewed",
    Item.MONITOR_4: "Models are not too stale",
    Item.MONITOR_5: "Models are numerically stable",
    Item.MONITOR_6: "Computing performance has not regressed",
    Item.MONITOR_7: "Prediction quality has not regressed",
}

NONE, HALF, FULL = 0.0, 0.5, 1.0
"""Nothing shown; done by hand, in part or attested; done by the system each time."""


class Attestation(Record, frozen=True, kw_only=True):
    """Somebody's word that an item is met where no record can show it. Worth half a point, and in the audit trail.

    Attributes:
        item: Which item.
        by: Who says so.
        why: What was done, when, and where the result can be read.
        at_us: When it was said.
        withdrawn: Whether the word was taken back.
    """

    item: Item
    by: str
    why: str
    at_us: int
    withdrawn: bool = False

    def __post_init__(self) -> None:
        for name in ("by", "why"):
            if not getattr(self, name).strip():
                raise BadInput(f"attest {self.item}: want {name} to say something, got nothing.")


class Mark(Record, frozen=True, kw_only=True):
    """What one item is worth, and why.

    Attributes:
        item: Which item.
        points: 0, 0.5 or 1.
        sentence: What the evidence says.
        evidence: Records it rests on, each ``kind id``.
        way_out: What would earn more; empty at a full point.
        against: Whether a test was made and said no; nobody's word outweighs that.
        attested: Whether it rests on somebody's word.
    """

    item: Item
    points: float
    sentence: str
    evidence: tuple[str, ...] = ()
    way_out: str = ""
    against: bool = False
    attested: bool = False

    def __post_init__(self) -> None:
        if self.points not in (NONE, HALF, FULL):
            raise BadInput(f"mark {self.item}: want 0, 0.5 or 1 point, got {self.points}.")


class Readiness(Record, frozen=True, kw_only=True):
    """All items at one moment, about one model.

    Attributes:
        package: Id of the package it is about; empty where there is none yet.
        at_us: When.
        marks: One for each of the 28 items, in their order.
    """

    package: str
    at_us: int
    marks: tuple[Mark, ...]

    def __post_init__(self) -> None:
        if tuple(m.item for m in self.marks) != tuple(Item):
            raise BadInput(f"readiness: want one mark for each of the {len(Item)} items in order, got others.")

    def sums(self) -> dict[Section, float]:
        """Return the points of each section, 0 to 7."""
        return {s: sum(m.points for m in self.marks if m.item.section is s) for s in Section}

    @property
    def score(self) -> float:
        """The ML Test Score: the least of the four sums."""
        return min(self.sums().values())

    @property
    def meaning(self) -> str:
        """What the paper's Table V says of such a score."""
        return next(words for most, words in _MEANINGS if self.score <= most)


_MEANINGS = (
    (0.0, "more of a research project than a productionized system"),
    (1.0, "not totally untested, but serious holes in reliability are possible"),
    (2.0, "a first pass at basic productionization; more investment may be needed"),
    (3.0, "reasonably tested; more of the tests and procedures may be automated"),
    (5.0, "strong automated testing and monitoring, fit for mission-critical systems"),
    (7.0, "exceptional automated testing and monitoring"),
)
"""The paper's Table V: highest score of a band, and what it means."""
