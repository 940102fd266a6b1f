"""Make a new dataset version from what people said: rulings, and, where asked for, what annotators say together."""

from collections.abc import Mapping
from typing import NamedTuple

from slipway.data.labels.readings import together
from slipway.errors import BadInput
from slipway.project import datasets
from slipway.project.labelling.given import labels_of
from slipway.project.labelling.rulings import rulings_of
from slipway.project.labelling.subject import Subject
from slipway.records.dataset import DatasetVersion
from slipway.records.label import Decision, Ruling
from slipway.wiring import Parts
from slipway.words import count, short


class Applied(NamedTuple):
    """A version that was made with other labels.

    Attributes:
        version: The new version.
        parent: Id of the one before.
        relabelled: Rows whose label changed.
        by_rulings: Of those: by a person's ruling; the others by consensus.
        unsure: Rows that kept their label because the person was unsure.
    """

    version: DatasetVersion
    parent: str
    relabelled: int
    by_rulings: int
    unsure: int

    @property
    def words(self) -> str:
        """What changed, in words."""
        said = f"{self.relabelled:,} relabelled"
        if self.relabelled > self.by_rulings:
            said += f" ({self.by_rulings:,} by rulings, {self.relabelled - self.by_rulings:,} by consensus)"
        return said + (f", {self.unsure:,} unsure and left as they were" if self.unsure else "")


def apply(parts: Parts, mine: Subject, *, consensus: bool, by: str) -> Applied:
    """Make a version in which the labels are what people decided; the one before stays as it is.

    A ruling goes before the consensus of annotators, which goes before the label of the data.

    Args:
        parts: The project.
        mine: The labels as they are.
        consensus: Whether rows without a ruling get what annotators say together.
        by: Who.

    Raises:
        BadInput: Nothing would change.
    """
    rulings = rulings_of(parts, mine)
    wanted = _wanted(rulings)
    if consensus:
        mine.needs_classes("consensus")
        labels = labels_of(parts, mine)
        if not labels:
            raise BadInput("labels: want labels by annotators for a consensus, got none. See 'slipway label import'.")
        wanted = {c.row: c.value for c in together(labels).rows if c.row not in rulings} | wanted
    place = {name: i for i, name in enumerate(mine.names)}
    changed = {place[row]: v for row, v in wanted.items() if row in place and mine.given(place[row]) != v}
    if not changed:
        raise BadInput(
            f"labels of {mine.version.name}: want one to change, got none: {count(len(rulings), 'ruling')}, of which "
            "none differs from the label. Rule on some rows with 'slipway label next' and 'slipway label decide'."
        )
    ruled = sum(mine.names[i] in rulings for i in changed)
    unsure = sum(r.decision is Decision.UNSURE for r in rulings.values())
    people = {r.by for r in rulings.values()}
    source = (
        f"{mine.version.name} {short(mine.version.id)}, {count(len(changed), 'label')} of {mine.column} changed"
        f" ({ruled:,} by rulings of {', '.join(sorted(people)) or 'nobody'})"
    )
    version = datasets.make(
        parts,
        name=mine.version.name,
        loaded=datasets.Loaded(mine.written(changed), source),
        by=by,
        parents=(mine.version.id,),
    )
    return Applied(version, mine.version.id, len(changed), ruled, unsure)


def _wanted(rulings: Mapping[str, Ruling]) -> dict[str, str]:
    return {row: ruling.value for row, ruling in rulings.items() if ruling.value}
