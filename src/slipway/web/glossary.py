"""The few words of the page that a newcomer may not know, said in one sentence each; docs/glossary.md says more."""

TERMS: tuple[tuple[str, str], ...] = (
    ("Arm", "Whatever can answer a request: a packaged model, the system that exists, a rule."),
    ("Shadow", "An arm that sees every request and decides nothing; its answers are compared with the live ones."),
    ("Canary", "A stage in which the candidate answers a small share of the entities, picked by chance."),
    (
        "Confidence sequence",
        "An interval that is right at every moment at once, so one may look as often as one likes.",
    ),
    ("E-value", "Evidence against 'all is well': how many times one's stake would have grown by betting against it."),
    ("Margin", "How much worse than the present still counts as not worse."),
    (
        "Verdict",
        "Pass, fail or hold, with its evidence. Silence is never a pass: no data holds, and a hold has a deadline.",
    ),
    ("Data drift", "The inputs changed. The model may still be right about each of them."),
    ("Concept drift", "The same inputs now mean something else: the model's errors are not explained by its inputs."),
    ("Gap", "Realised minus expected loss: what today's inputs do not explain."),
)
"""Term and sentence, in the order in which the page uses them."""
