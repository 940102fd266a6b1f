"""How well people do the project's task, measured from what they read twice."""

from slipway.data.labels.human import human_level
from slipway.project.labelling.given import DATASET, labels_of
from slipway.project.labelling.rulings import rulings_of
from slipway.project.labelling.subject import subject
from slipway.records.dataset import DatasetVersion, Score
from slipway.records.label import LabelBatch, LabelQueue, QueueKind
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind
from slipway.wiring import Parts


def human_of(parts: Parts, version: DatasetVersion) -> Score | None:
    """Return a person's mean loss on rows of a version that several people read; None where nobody did.

    What a person decided in the end, such as who settled a dispute, counts as the truth.
    """
    scope = parts.scope
    read = any(batch.column == scope.task.target for _, batch, _ in parts.store.all(LabelBatch)) or any(
        queue.kind is QueueKind.SECOND_READING and queue.column == scope.task.target
        for _, queue, _ in parts.store.all(LabelQueue)
    )
    if not read or scope.task.kind is not TaskKind.BINARY:
        return None
    mine = subject(parts, dataset=version.id, column=None)
    settled = {row: ruling.value for row, ruling in rulings_of(parts, mine).items() if ruling.value}
    scoring = Scoring.of(scope.task, metric=scope.metric)
    return human_level(labels_of(parts, mine), settled=settled, scoring=scoring, nobody=(DATASET,))
