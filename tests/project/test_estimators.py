"""From the user's function to what callers are answered, by each sort of estimator: answers are the estimator's own."""

import importlib.util

import numpy as np
import polars as pl
import pytest

from slipway import Project
from slipway.project import datasets
from slipway.project.user_code import load_function

MODELS = {
    "sklearn": "from sklearn.ensemble import RandomForestClassifier as M\n    m = M(n_estimators=20, max_depth=4, ",
    "lightgbm": "from lightgbm import LGBMClassifier as M\n    m = M(n_estimators=20, verbose=-1, n_jobs=1, ",
    "xgboost": "from xgboost import XGBClassifier as M\n    m = M(n_estimators=20, max_depth=3, n_jobs=1, ",
}


@pytest.mark.parametrize("tool", MODELS)
def test_what_is_served_is_what_the_estimator_says(tool, tmp_path):
    if importlib.util.find_spec(tool) is None:
        pytest.skip(f"{tool} is not installed; it comes with the extra 'boosting'")
    project = Project.init(tmp_path / "p", name="hearts")
    page, model = project.folder / "slipway.toml", project.folder / "model.py"
    head = model.read_text("utf-8").partition("\ndef train(")[0]
    fit = "random_state=seed)\n    return make_pipeline(SimpleImputer(), m).fit(X, y)\n"
    model.write_text(f"{head}\ndef train(X, y, params, seed):\n    {MODELS[tool]}{fit}", "utf-8")
    project.make_dataset()
    run = project.train(params={})
    own = load_function("model.py:train", folder=project.folder)
    table = load_function("model.py:load", folder=project.folder)()
    x = table.select(f.name for f in project.scope.fields)

    text = page.read_text("utf-8").replace('live = "radius-rule"', 'live = "learned"', 1)
    arm = f'[arms.learned]\npackage = "{run.package}"\n\n[arms.radius-rule]'
    page.write_text(text.replace("[arms.radius-rule]", arm, 1), "utf-8")
    served = Project.open(project.folder)
    served.open_route()
    table.drop("malignant").write_parquet(tmp_path / "in.parquet")
    served.score(tmp_path / "in.parquet", output=tmp_path / "out.parquet", id="sample")
    answers = pl.read_parquet(tmp_path / "out.parquet")

    ready = datasets.kept(project._parts, datasets.find(project._parts, None))
    learn = ready.labelled[ready.split.train]
    estimator = own(learn.select(x.columns), learn["malignant"].to_numpy().astype(float), {}, 0)
    said = estimator.predict_proba(x)[:, 1]
    score = answers.sort("row")["score"].to_numpy() if "row" in answers.columns else answers["score"].to_numpy()
    assert np.abs(score - said).max() < 1e-5
    assert np.unique(said).size > 20
