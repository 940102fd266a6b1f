"""Charts as inline SVG: numbers in, markup out. Pure; no script, no network, no fixed width.

Across, everything is placed in percent, so that a chart fills a phone and a desk screen alike; down, and for text,
in pixels, so that nothing shrinks below legible. Colour never carries meaning alone, each chart has a title and a
description for those who hear it, and a table of its numbers for those who want them.
"""
