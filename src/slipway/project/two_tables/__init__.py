"""Any two tables: what moved between a reference and what there is now, without a project, a server or a model of ours.

The tests and the words are those of the monitors of a server; only where the rows come from differs.
"""

from slipway.project.two_tables.run import Terms, watch_two_tables

__all__ = ["Terms", "watch_two_tables"]
