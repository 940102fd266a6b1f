"""What kind of run was it? Told from hashes, and the hashes held against what is kept."""

from slipway.errors import Corrupt, NotFound
from slipway.modeling.kind import kind_of
from slipway.modeling.run import hash_code, hash_params
from slipway.project.comparing import sources_of
from slipway.records.base import Record
from slipway.records.dataset import DatasetVersion
from slipway.records.run import Run, RunKind
from slipway.wiring import Parts
from slipway.words import short


class Kind(Record, frozen=True, kw_only=True):
    """What kind of run it was.

    Attributes:
        run: Its id.
        against: Id of the run before it, or None for the first.
        kind: What it changed against that; None for the first.
        evidence: One sentence each on code, hyperparameters and data.
    """

    run: str
    against: str | None
    kind: RunKind | None
    evidence: tuple[str, ...]


def kind_proven(parts: Parts, run: Run, *, against: Run | None) -> Kind:
    """Tell what a run changed against another, after its hashes were held against what is kept.

    Raises:
        Corrupt: Kept sources or hyperparameters are not those that the hash names.
        NotFound: Kept sources or the dataset version are gone.
    """
    files = sources_of(parts, run)
    if hash_code(files) != run.code or hash_params(run.params) != run.params_hash:
        raise Corrupt(
            f"run {run.id[:12]}: want code and hyperparameters that its hashes name, got others. Restore them."
        )
    if run.data not in {id_ for id_, _, _ in parts.store.all(DatasetVersion)}:
        raise NotFound(f"run {run.id[:12]}: want its dataset version {run.data[:12]}, found none.")
    code = f"its {len(files)} files are kept and hash to it" if len(files) > 1 else "its file is kept and hashes to it"
    evidence = (
        f"code {_told(run.code, against.code if against else None)}; {code}",
        f"hyperparameters {_told(run.params_hash, against.params_hash if against else None)}; they hash to it",
        f"data {_told(run.data, against.data if against else None)}; the id is the hash of the rows",
    )
    kind = None if against is None else kind_of(run, against=against)
    return Kind(run=run.id, against=against.id if against else None, kind=kind, evidence=evidence)


def _told(now: str, before: str | None) -> str:
    if before is None:
        return short(now)
    return f"{short(now)} as before" if now == before else f"{short(before)} -> {short(now)}"
