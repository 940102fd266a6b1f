"""Which models on a route have a monitor that could find nothing: its silence would pass for good news."""

from slipway.control.equip import equip
from slipway.errors import SlipwayError
from slipway.monitoring.blind import blind
from slipway.records.arm import ArmKind
from slipway.records.route import Route
from slipway.wiring import Parts


def blind_monitors(parts: Parts) -> list[str]:
    """Return a sentence for each model on a route whose monitor could find nothing or cannot look, with the way out."""
    found = []
    for arm in {a.name: a for _, route, _ in parts.store.all(Route) for a in route.arms}.values():
        if arm.kind is not ArmKind.MODEL:
            continue
        try:
            equipped = equip(arm, blobs=parts.blobs, scope=parts.scope)
        except SlipwayError as error:
            found.append(f"The monitor of {arm.name} cannot look: {error}")
            continue
        if equipped is not None and (why := blind(equipped.monitor)):
            found.append(why)
    return found
