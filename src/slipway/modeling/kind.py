"""What kind of run was it? Told from content hashes, so nobody has to remember."""

from slipway.records.run import Run, RunKind


def kind_of(run: Run, *, against: Run) -> RunKind:
    """Tell what a run changed against another.

    Same code and hyperparameters, other data: data-centric. Same data, other code or hyperparameters: model-centric.
    Both: mixed. Neither: a replay, whatever its seed.
    """
    model = (run.code, run.params_hash) != (against.code, against.params_hash)
    data = run.data != against.data
    if model and data:
        return RunKind.MIXED
    if data:
        return RunKind.DATA_CENTRIC
    return RunKind.MODEL_CENTRIC if model else RunKind.REPLAY
