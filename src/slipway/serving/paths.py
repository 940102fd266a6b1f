"""What of a path logs and traces may tell: who mistypes may type anything, a name for instance. Pure."""

import re

_SHAPES = (
    (re.compile(r"/(predict|outcomes|metrics|openapi\.json|docs)"), r"/\1"),
    (re.compile(r"/(predict|outcomes|metrics|openapi\.json|docs)/[^/]*"), r"/\1/{route}"),
    (re.compile(r"(/v2)?/health/(live|ready)"), r"\1/health/\2"),
    (re.compile(r"/v2"), "/v2"),
    (re.compile(r"/v2/models/[^/]*(/ready|/infer|)"), r"/v2/models/{model}\1"),
    (re.compile(r"/v2/models/[^/]*/versions/[^/]*(/ready|/infer|)"), r"/v2/models/{model}/versions/{version}\1"),
)


def shape_of(target: str) -> str:
    """Return the endpoint that a target asks for, as one of few, or an empty string where it is none of ours.

    >>> [shape_of(t) for t in ("/predict?who=Ann", "/predict/Ann", "/v2/models/hearts/infer", "/Ann", "/predict/Ann/x")]
    ['/predict', '/predict/{route}', '/v2/models/{model}/infer', '', '']
    """
    path = target.partition("?")[0]
    return next((found.expand(shape) for form, shape in _SHAPES if (found := form.fullmatch(path))), "")


def asks_rows(target: str) -> bool:
    """Tell whether a target is one that takes rows to be answered.

    >>> [asks_rows(t) for t in ("/predict", "/v2/models/hearts/infer", "/outcomes", "/predict/Ann/x")]
    [True, True, False, False]
    """
    shape = shape_of(target)
    return shape.startswith("/predict") or shape.endswith("/infer")


def told_path(target: str, *, status: int) -> str:
    """Return a path for a log: as it was asked for where it was one of ours, else no more of it than is one of ours.

    >>> [
    ...     told_path(f"/{asked}", status=s)
    ...     for asked, s in (("predict/hearts?q=Ann", 200), ("docs/Ann", 404), ("Ann", 403))
    ... ]
    ['/predict/hearts', '/docs/{route}', '']
    """
    return target.partition("?")[0][:200] if status < 400 else shape_of(target)
