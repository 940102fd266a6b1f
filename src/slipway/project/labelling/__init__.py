"""Labels of a project's data: taken in, ranked, handed to people, and made into new versions."""

from slipway.project.labelling.desk import LabelDesk

__all__ = ["LabelDesk"]
