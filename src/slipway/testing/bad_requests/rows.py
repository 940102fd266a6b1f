"""Rows that do not fit: syntax, numbers that are none, types, names, ids, shapes, duplicates, depth."""

import gzip
import json
from collections.abc import Iterator

from slipway.testing.bad_requests.request import ENTITY, ROW, BadRequest, http, one_and_many, swapped, text

_TOKENS = (
    "NaN", "-NaN", "nan", "Infinity", "-Infinity", "inf", "-inf", "1e400", "-1e400", "1e309", "1e99999999",
    "1" + "0" * 400, '"NaN"', '"Infinity"', "0x10", "01", "+1", ".5", "5.", "1e", "--1", "1_000", "1,5", "½", "1 2",
    "undefined", "None", "#", "1e+", "-", "1.2.3", "\u0661",
)  # fmt: skip
_ODD = {
    "delay": ("-1", "1000.1", "1e308", "-1e-9", '"20"', "true", "[]", "{}", "[20]", '{"value": 20}', '""', "null"),
    "speed": ('"400"', "false", "[]", "{}", "[400]", '""', '"4e2"'),
    "carrier": ("1", "true", '"ZZ"', '"ev"', '""', "[]", "{}", '["EV"]', '"EV "', "0.5"),
    "note": ("1", "false", "[]", "{}", '["n"]', "1.5"),
    "night": ("1", "0", '"true"', '"yes"', "[]", "{}", "1.0", '""'),
    ENTITY: ("null", '""', "true", "1.5", "[]", "{}", '["N101"]', json.dumps("x" * 257)),
    "id": ('""', "1", "[]", "true", json.dumps("x" * 129), '"a\\u0000"', '"a\\nb"', '"\\u200b"', '"\\u2028"', "{}"),
}
_TYPOS = (
    "Delay", "DELAY", "dely", "delay ", " delay", "de lay", "delay.", "delays", "x", "", "0", "__proto__",
    "constructor",
    "a" * 5000, "delay\u0000", "dеlay", "f0000", "entity_", "id_", "prediction_id", "rows", "label", "score", "$delay",
    "delay[]", "delay/0", "../delay", "<script>", "%64elay", "\U0001f6eb",
)  # fmt: skip
_NO_JSON = (
    b"", b" ", b"\n", b"\x00", b"nul", b"tru", b"{", b"}", b"[", b"]", b'"', b"{]", b"[}", b"{'delay': 1}",
    b"{delay: 1}",
    b"delay=1&plane=N101", b"<row/>", b"<!doctype html>", b"delay: 1\nplane: N101\n", b"{} {}", b"{}{}", b"{},", b"{}x",
    b'{"delay": 1,}', b'{"delay" 1}', b'{"delay": }', b'{, "delay": 1}', b'{"delay": 1 "plane": "a"}',
    b'{"a": 1; "b": 2}',
    b'// c\n{"delay": 1}', b'{"delay": 1 /* c */}', b'{"note": "\xff"}', b'{"note": "\xed\xa0\x80"}',
    b'{"note": "a\nb"}',
    b'{"note": "a\tb"}', b'{"note": "\\x"}', b'{"note": "\\u12"}', b'{"note": "\\ud800"}',
    b'{"note": "\\udc00\\ud800"}',
    b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00", b"\x00{\x00}", b"\x1f\x8b\x08\x00", gzip.compress(b"{}"),
    b"\x80\x04\x95.", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7", b"PK\x03\x04", b"\x81\xa5delay\xcb", b"PAR1", b"ARROW1",
    b'{"rows": [', b'{"rows": [{}', b'{"rows": ]}', b"{\xc2\xa0}", b"{\x0b}", b"\x1e{}\n", b"data: {}\n\n",
)  # fmt: skip
_NO_ROW = (
    "1", "-0", "1.5", '"x"', "true", "false", "null", "[]", "[1]", "[{}]", "[[20, 400]]", "{}", '{"rows": []}',
    '{"rows": null}', '{"rows": {}}', '{"rows": 1}', '{"rows": "x"}', '{"rows": [1]}', '{"rows": [null]}',
    '{"rows": [[]]}', '{"rows": [[[]]]}', '{"rows": [{}]}', '{"rows": ["x"]}', '{"rows": [{}, {}]}', '{"rows": true}',
    '{"instances": [{"delay": 1}]}', '{"inputs": [[1, 2]]}', '{"data": {"ndarray": [[1]]}}', '{"Rows": []}',
    '{"dataframe_split": {"columns": ["delay"], "data": [[1]]}}', '{"columns": ["delay"], "data": [[1]]}',
    '{"delay": [1, 2], "plane": ["a", "b"]}', '{"row": {"delay": 1, "plane": "a"}}', '{"rows": {"0": {"delay": 1}}}',
)  # fmt: skip


def bad_rows() -> Iterator[BadRequest]:
    """Yield them, each body once."""
    for body in _NO_JSON:
        yield BadRequest("malformed JSON", http(body))
    good = text(dict(ROW))
    for end in range(3, len(good), 4):
        yield BadRequest("JSON cut short", http(good[:end]))
    for name in ("delay", "speed"):
        for token in _TOKENS:
            for body in one_and_many(swapped(**{name: token})):
                yield BadRequest("no number", http(body))
    for shape in _NO_ROW:
        yield BadRequest("no row", http(shape.encode()))
    yield from _values()
    yield from _crowds()
    yield from _twice()
    yield from _deep()


def _values() -> Iterator[BadRequest]:
    for name, values in _ODD.items():
        for value in values:
            for body in one_and_many(swapped(**{name: value})):
                yield BadRequest(f"a value that does not fit: {name}", http(body))
    for name in _TYPOS:
        for body in one_and_many(text({**ROW, name: 1})):
            yield BadRequest("an extra field", http(body))
    for left_out in ("delay", ENTITY):
        for body in one_and_many(text({n: v for n, v in ROW.items() if n != left_out})):
            yield BadRequest("a missing field", http(body))


def _crowds() -> Iterator[BadRequest]:
    same = text({"rows": [dict(ROW), dict(ROW)]})
    yield BadRequest("two rows with one id", http(same), status=409)
    yield BadRequest("rows and more", http(text({"rows": [dict(ROW)], "more": 1})))
    yield BadRequest("rows and more", http(text({"rows": [dict(ROW)], **ROW})))
    row = b'{"delay":1,"plane":"a"}'
    for count in (10_001, 50_000, 150_000):
        body = b'{"rows":[' + b",".join([row] * count) + b"]}"
        yield BadRequest("too many rows", http(body), status=413)
    for padding in (4 << 20, 5 << 20, 6 << 20):
        yield BadRequest("a huge body", http(b" " * padding + text(dict(ROW))), status=413)
    for size in (1 << 20, (4 << 20) - 300):
        yield BadRequest("a huge text", http(text({**ROW, "carrier": "E" * size})))
        yield BadRequest("a huge name", http(text({**ROW, "c" * size: 1})))


def _twice() -> Iterator[BadRequest]:
    for name, value in ROW.items():
        again = f'"{name}": {json.dumps(value)}'.encode()
        for twin in (again, again.replace(b'"', b'"\\u00%02x' % ord(name[0]), 1).replace(name[0].encode(), b"", 1)):
            body = text(dict(ROW))[:-1] + b", " + twin + b"}"
            if json.loads(b"{" + twin + b"}") == {name: value}:
                for one in one_and_many(body):
                    yield BadRequest("a name that comes twice", http(one))
    twice = b'{"rows": [' + text(dict(ROW)) + b'], "rows": [' + text(dict(ROW)) + b"]}"
    yield BadRequest("a name that comes twice", http(twice))


def _deep() -> Iterator[BadRequest]:
    for depth in (2, 50, 300, 480, 900, 1_000, 10_000, 100_000):
        lists, objects = "[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth
        for nested in (lists, objects, "[" * depth, '{"a":' * depth):
            yield BadRequest("deep nesting", http(nested.encode()))
        for nested in (lists, objects):
            yield BadRequest("deep nesting in a field", http(swapped(speed=nested)))
            yield BadRequest("deep nesting in an unknown field", http(swapped(more=nested)))
