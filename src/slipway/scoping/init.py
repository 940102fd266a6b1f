"""The files of a new project, named; writing them down is left to who may touch the disk."""

from importlib.resources import files

from slipway.records.base import check_name
from slipway.scoping.values import word_like

PLACEHOLDER = "starter-project"
"""The name that the files carry until they have one."""

_FILES = {"slipway.toml": "slipway.toml", "model.py": "model.py", "gitignore": ".gitignore", "README.md": "README.md"}


def starter_files(name: str) -> dict[str, str]:
    """Return the text of each file of a new project, by file name; the project runs as it is.

    Args:
        name: Name of the project, a checked word.

    Raises:
        BadInput: The name is none; :func:`name_of` makes one of any folder's name.

    >>> sorted(starter_files("hearts"))
    ['.gitignore', 'README.md', 'model.py', 'slipway.toml']
    """
    check_name("project", name)
    folder = files("slipway.scoping.starter")
    texts = {target: folder.joinpath(source).read_text(encoding="utf-8") for source, target in _FILES.items()}
    return {target: text.replace(PLACEHOLDER, name) for target, text in texts.items()}


def name_of(folder: str) -> str:
    """Return the checked word nearest to a folder's name.

    >>> name_of("My Model (v2)"), name_of("2024")
    ('my-model-v2', 'project')
    """
    return word_like(folder) or "project"
