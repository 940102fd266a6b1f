"""Put what a benchmark printed into a page of the documentation, between the marks that are the benchmark's own."""


def put(page, *, report, name):
    """Return a page with the report between its marks, ``<!-- benchmarks/NAME.py: begin -->`` and ``... end -->``.

    Raises:
        SystemExit: A mark is missing.
    """
    begin, finish = (f"<!-- benchmarks/{name}.py: {word} -->\n" for word in ("begin", "end"))
    before, mark, rest = page.partition(begin)
    _, end, after = rest.partition(finish)
    if not mark or not end:
        raise SystemExit(f"page: want the marks {begin.strip()} and {finish.strip()}, each on a line of its own.")
    return f"{before}{mark}\n{report}\n{end}{after}"
