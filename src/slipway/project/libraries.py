"""Which versions of which libraries models are trained with here."""

from importlib.metadata import PackageNotFoundError, version

from slipway.modeling.run import environment


def libraries() -> dict[str, str]:
    """Return the versions of the installed packages that may change what a training gives."""
    return environment(_version_of)


def _version_of(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
