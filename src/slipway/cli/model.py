"""``slipway model``: packaged models, immutable and named by their content."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from slipway.cli.data import show_scores
from slipway.cli.options import COMMON, Common
from slipway.cli.pick import pick
from slipway.cli.screen import Screen, say, show, working
from slipway.records.model import Manifest
from slipway.web.story import Packaged
from slipway.words import moment, number, short

if TYPE_CHECKING:
    from slipway.project import Project

app = App(name="model")


@app.command(name="list", sort_key=0)
def list_(*, common: Common = COMMON) -> int:
    """List the packaged models, oldest first."""
    return show(_known(common), human=_list, common=common)


@app.command(name="show", sort_key=1)
def show_(model: str | None = None, /, *, common: Common = COMMON) -> int:
    """Show a packaged model: what it takes and gives, its scores, where it came from.

    Args:
        model: Package id, start of one, or name; the newest if not given.
        common: What every command takes.
    """
    return show(_pick(model, _known(common)), human=_page, common=common)


@app.command(sort_key=2)
def verify(model: str | None = None, /, *, common: Common = COMMON) -> int:
    """Read a package's every file again, check each against its hash, and ask the model its recorded examples.

    Ends with 1 if anything differs.

    Args:
        model: Package id, start of one, or name; the newest if not given.
        common: What every command takes.
    """
    project = common.open()
    chosen = _pick(model, _known(common))
    with working("verifying"):
        found = project.verify_package(chosen.id)
    return show(found, human=say(found.sentences), common=common, holds=found.holds)


@app.command(sort_key=3)
def card(
    model: str | None = None,
    /,
    *,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
    common: Common = COMMON,
) -> int:
    """Show a model's card: what it is for, how good it is, where it is worse, what is not known of it.

    Args:
        model: Package id, start of one, or name; the newest if not given.
        out: Write it here instead; a name that ends in .html makes a page, any other Markdown.
        common: What every command takes.
    """
    project = common.open()
    chosen = _pick(model, _known(common)).id
    text = project.shelf.card(chosen)
    if out is None:
        return show({"card": text}, human=lambda screen, _: screen.line(text), common=common)
    out.write_text(_card_page(project, chosen, text) if out.suffix == ".html" else text, encoding="utf-8")
    return show({"card": str(out)}, human=say((f"The card is in {out}.",)), common=common)


def _card_page(project: "Project", package: str, text: str) -> str:
    from slipway.modeling.card import WORSE  # noqa: PLC0415 - only wanted where a page is made
    from slipway.web.card_page import as_page  # noqa: PLC0415 - as above
    from slipway.web.charts.headroom import CAPTION  # noqa: PLC0415 - as above
    from slipway.web.figure import draw_headroom  # noqa: PLC0415 - as above

    slices = [s for run in project.runs() if run.package == package for s in run.slices if s.headroom > 0]
    picture = draw_headroom(slices, metric=project.scope.metric.name) if slices else ""
    return as_page(text, picture=picture, below=WORSE, caption=CAPTION)


@app.command(sort_key=4)
def sign(
    model: str | None = None,
    /,
    *,
    key: Path | None = None,
    common: Common = COMMON,
) -> int:
    """Sign a package again, in the place of whoever signed it before.

    Args:
        model: Package id, start of one, or name; the newest if not given.
        key: File of 32 secret bytes; the project's own key if not given.
        common: What every command takes.
    """
    project = common.open()
    chosen = _pick(model, _known(common))
    signer = project.shelf.sign(chosen.id, key=key)
    told = f"Package {short(chosen.id)} is signed with the key whose public half is {signer}."
    return show({"package": chosen.id, "public_key": signer}, human=say((told,)), common=common)


@app.command(sort_key=5)
def signer(*, key: Path | None = None, common: Common = COMMON) -> int:
    """Show the public half of the key that signs packages here: what others write into model.trusted_keys.

    It is another key than those of 'slipway key', which let callers ask the server.

    Args:
        key: File of 32 secret bytes; the project's own key if not given.
        common: What every command takes.
    """
    found = common.open().shelf.signer(key=key)
    return show({"public_key": found}, human=say((found,)), common=common)


@app.command(name="import", sort_key=6)
def import_(
    path: str,
    /,
    *,
    name: str | None = None,
    rows: Path | None = None,
    answers: str | None = None,
    trust: Annotated[list[str] | None, Parameter(name="--trust")] = None,
    common: Common = COMMON,
) -> int:
    """Package a model that others made: an .onnx or .skops file, an MLflow model folder, or file.py:function.

    It is measured on rows with their truth, and its card says what nobody knows. Nothing pickled is ever loaded.

    Args:
        path: The file, the folder, or a function of the project that returns a fitted estimator or ONNX bytes.
        name: Name of the package; the project's if not given.
        rows: Parquet or CSV file with fields and truth; what the newest dataset version held out if not given.
        answers: Column of the rows with what the original answered, to measure parity of an ONNX file.
        trust: A type that a skops file may hold besides those known to be harmless; may be given several times.
        common: What every command takes.
    """
    project = common.open()
    with working("importing"):
        made = project.shelf.take(
            path, name=name or project.scope.project.name, rows=rows, answers=answers, trust=trust or ()
        )
    return show(_pick(made, _known(common)), human=_page, common=common)


@app.command(sort_key=7)
def export(
    model: str | None = None,
    /,
    *,
    mlflow: str,
    experiment: str | None = None,
    register: str | None = None,
    common: Common = COMMON,
) -> int:
    """Hand a package to an MLflow server: a run with metrics, tags and files, and a registered version; read back.

    Args:
        model: Package id, start of one, or name; the newest if not given.
        mlflow: The server's tracking address, such as http://127.0.0.1:5000.
        experiment: Name of the experiment; the project's if not given.
        register: Name in the model registry; the package's if not given.
        common: What every command takes.
    """
    project = common.open()
    chosen = _pick(model, _known(common))
    with working("exporting"):
        done = project.shelf.export_mlflow(
            chosen.id,
            url=mlflow,
            experiment=experiment or project.scope.project.name,
            registered=register or chosen.manifest.name,
        )
    told = (
        f"{mlflow} holds run {done.run} of experiment {done.experiment} and version {done.registered}; {done.metrics} "
        f"metrics and {done.files} files were read back equal."
    )
    return show(done, human=say((told,)), common=common)


def _known(common: Common) -> list[Packaged]:
    return [Packaged(id=name, manifest=manifest) for name, manifest in common.open().packages()]


def _pick(word: str | None, known: list[Packaged]) -> Packaged:
    return pick(word, known, what="model", key=lambda p: p.id, name=lambda p: p.manifest.name)


def _list(screen: Screen, known: list[Packaged]) -> None:
    rows = [(short(p.id), p.manifest.name, moment(p.manifest.created_us), _from(p.manifest)) for p in known]
    screen.table(("package", "name", "made", "from"), rows, none="No model yet. 'slipway run train' makes one.")


def _from(manifest: Manifest) -> str:
    return manifest.provenance.tool or "import"


def _parity(manifest: Manifest) -> str:
    if not manifest.parity_rows:
        return "not measured: it came without its original"
    return f"{number(manifest.parity)} at most off the original on {number(manifest.parity_rows)} rows"


def _page(screen: Screen, packaged: Packaged) -> None:
    manifest, signature = packaged.manifest, packaged.manifest.signature
    screen.title(f"Model {manifest.name} {short(packaged.id)}")
    screen.facts(
        [
            ("package", packaged.id),
            ("made", moment(manifest.created_us)),
            ("from", f"{_from(manifest)}, data {short(manifest.provenance.data) or 'unknown'}"),
            ("tool", manifest.provenance.tool or "unknown"),
            ("takes", ", ".join(f"{f.name} ({f.kind})" for f in signature.fields)),
            ("gives", f"{signature.kind}, 1 from {number(signature.threshold)}"),
            ("parity", _parity(manifest)),
            ("not known", " ".join(manifest.provenance.unknown) or "-"),
        ]
    )
    screen.line()
    screen.title("Scores at packaging")
    show_scores(screen, manifest.scores)
    screen.line()
    screen.title("Files")
    screen.table(("file", "sha256"), sorted(manifest.files.items()))
