"""How an arm is asked, as the file says it: read, refused with the way out, and written back."""

import pytest

from slipway.errors import BadFile
from slipway.records.arm import Arm, ArmKind, Device, JsonShape, Reading
from slipway.scoping.parse import parse
from slipway.scoping.write import write


def page(example, arm):
    """The example of the reference page, with another arm beside its own."""
    return example.replace("[arms.present]", f"[arms.other]\n{arm}\n\n[arms.present]")


ARMS = {
    'url = "https://h/x"\nretry = true\nca = "certs/h.pem"\n'
    'json = { rows = "in", score = "out.p", names = { dep_delay = "late" } }': Arm(
        name="other",
        kind=ArmKind.HTTP,
        url="https://h/x",
        retry=True,
        ca="certs/h.pem",
        json=JsonShape(rows="in", score="out.p", names=(("dep_delay", "late"),)),
    ),
    'function = "f.py:g"\nmemory_mb = 256\nprocesses = 1\nenv = ["CACHE"]\ntimeout_ms = 50': Arm(
        name="other",
        kind=ArmKind.PYTHON,
        function="f.py:g",
        memory_mb=256,
        processes=1,
        env=("CACHE",),
        timeout_ms=50,
    ),
    f'package = "{"a" * 64}"\ndevice = "cuda"': Arm(
        name="other", kind=ArmKind.MODEL, package="a" * 64, device=Device.CUDA
    ),
    'people = "the desk"\nanswer = "4h"\nfallback = "present"': Arm(
        name="other", kind=ArmKind.PERSON, people="the desk", answer_s=14400, fallback="present"
    ),
    'people = "the desk"\nanswer = "90s"\nfallback = "none"\n'
    'reading = { lease = "5min", undo = "0s", second = 0.1, settle = 0.5, first = "unsure" }': Arm(
        name="other",
        kind=ArmKind.PERSON,
        people="the desk",
        answer_s=90,
        fallback="none",
        reading=Reading(lease_s=300, undo_s=0, second=0.1, settle=0.5, first="unsure"),
    ),
    'runtime = "lookup"\noptions = { factor = 1.0, deep = true, from = "table" }': Arm(
        name="other",
        kind=ArmKind.PLUGIN,
        runtime="lookup",
        options=(("factor", 1.0), ("deep", True), ("from", "table")),
    ),
}


@pytest.mark.parametrize(("text", "arm"), ARMS.items(), ids=[a.kind for a in ARMS.values()])
def test_an_arm_is_read_and_written_back(example, text, arm):
    scope = parse(page(example, text))
    assert scope.arms[0] == arm
    assert parse(write(scope)) == scope
    assert len({arm, scope.arms[0]}) == 1, "workers keep loaded arms by what they are"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('rule = "dep_delay > 1"\ndevice = "cuda"', "want 'device' only beside 'package'"),
        ('rule = "dep_delay > 1"\nretry = true', "want 'retry' only beside 'url'"),
        ('url = "http://h/x"\nprocesses = 4', "want 'processes' only beside 'function'"),
        ('url = "http://h/x"\njson = { rows = "in" }', "'score', the keys to the answer"),
        ('url = "http://h/x"\njson = { score = "p", row = "in" }', "Did you mean 'rows'?"),
        ('url = "http://h/x"\njson = { score = "p", names = { a = 1 } }', "'names' as a table"),
        ('url = "http://h/x"\njson = "p"', "a table such as"),
        ('url = "https://h/x"\nca = "/etc/ssl/ca.pem"', "in the project's folder"),
        ('function = "f.py:g"\nenv = ["TOKEN=abc"]', "Names only, no values"),
        ('runtime = "lookup"\noptions = { deep = [1] }', "'deep' is none"),
        (f'package = "{"a" * 64}"\ndevice = "gpu"', "'cpu', 'cuda' or 'auto'"),
        ('function = "f.py:g"\nmemory_mb = 0', "> 0"),
        ('people = "desk"\nfallback = "none"', "the time within which people answer"),
        ('people = "desk"\nanswer = "1h"', "what counts after it"),
        ('people = "desk"\nanswer = "1h"\nfallback = "presen"', "Did you mean 'present'?"),
        ('people = "desk"\nanswer = "1h"\nfallback = "other"', "must answer at once"),
        ('people = "desk"\nanswer = "1h"\nfallback = "none"\nreading = { secnd = 1 }', "Did you mean 'second'?"),
        ('people = "desk"\nanswer = "1h"\nfallback = "none"\nreading = { second = 5 }', "'second'"),
        ('rule = "dep_delay > 1"\nanswer = "1h"', "want 'answer_s' only beside 'people'"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_way_out(example, text, says):
    with pytest.raises(BadFile) as caught:
        parse(page(example, text))
    assert says in str(caught.value)
    assert "arms.other" in str(caught.value)
