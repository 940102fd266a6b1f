"""The data plane for files: rows of a table are refused, dealt, asked, journalled and answered as requests are.

A job works in parts, a few ten thousand rows each; each part is read on its own, so memory does not grow with the
table, any thread may take the next one, and a job that was killed goes on with the parts that are not done.

Serving and this floor share every rule: what fits (:mod:`slipway.serving.tabular`), who is dealt to whom
(:mod:`slipway.serving.live_route`), what the journal may hold (:mod:`slipway.serving.privacy`). Only the pace differs:
nobody waits for one row, so a part is one batch an arm and one tick of the journal.
"""
