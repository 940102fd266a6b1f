"""``slipway model``: packaged models, immutable and named by their content."""

from cyclopts import App

from slipway.cli.data import SCORE_HEADS, score_row
from slipway.cli.options import COMMON, Common
from slipway.cli.pick import pick
from slipway.cli.screen import Screen, say, show, working
from slipway.records.model import Manifest
from slipway.web.story import Packaged
from slipway.words import moment, number, short

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


def _known(common: Common) -> list[Packaged]:
    return [Packaged(id=name, manifest=manifest) for name, manifest in common.open().packages()]


def _pick(word: str | None, known: list[Packaged]) -> Packaged:
    return pick(word, known, what="model", key=lambda p: p.id, name=lambda p: p.manifest.name)


def _list(screen: Screen, known: list[Packaged]) -> None:
    rows = [(short(p.id), p.manifest.name, moment(p.manifest.created_us), _from(p.manifest)) for p in known]
    screen.table(("package", "name", "made", "from"), rows, none="No model yet. 'slipway run train' makes one.")


def _from(manifest: Manifest) -> str:
    return f"run {short(manifest.provenance.run)}" if manifest.provenance.run else manifest.provenance.tool or "import"


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
            ("parity", f"{number(manifest.parity)} at most off the original on {number(manifest.parity_rows)} rows"),
        ]
    )
    screen.line()
    screen.title("Scores at packaging")
    screen.table(SCORE_HEADS, [score_row(s) for s in manifest.scores])
    screen.line()
    screen.title("Files")
    screen.table(("file", "sha256"), sorted(manifest.files.items()))
