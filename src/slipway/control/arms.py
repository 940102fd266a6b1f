"""Find an arm by name: those that the project registered, then those that the scope states."""

from slipway.errors import NotFound, nearest
from slipway.ports import ControlStore
from slipway.records.arm import Arm


def find_arm(name: str, *, store: ControlStore, stated: tuple[Arm, ...]) -> Arm:
    """Return the arm of that name.

    Args:
        name: As registered, such as by packaging a model, or as in ``[arms]`` of the scope.
        store: Control store.
        stated: Arms of the scope.

    Raises:
        NotFound: Nobody has that name; the message lists who there is.
    """
    known = {arm.name: arm for arm in stated} | {arm.name: arm for _, arm, _ in store.all(Arm)}
    if name not in known:
        raise NotFound(
            f"arm {name}: want one of {sorted(known) or 'none yet'}.{nearest(name, known)} "
            "Package a model, or state the arm in slipway.toml."
        )
    return known[name]
