"""The section on readiness: the score, each mark with links that lead somewhere, and nobody's text as markup."""

import re

import msgspec

from slipway.records.readiness import Item, Mark, Readiness
from slipway.web.report import render


def marks(**special):
    return tuple(special.get(i.name) or Mark(item=i, points=0.5, sentence="so.", way_out="More.") for i in Item)


def test_the_score_its_sections_and_links_that_lead_somewhere(data):
    full = Mark(
        item=Item.INFRA_6, points=1.0, sentence="let through.", evidence=("verdict o1-2", "package " + "a" * 64)
    )
    no = Mark(item=Item.MODEL_6, points=0.0, sentence="<b>where</b> age > 60.", way_out="Look.", against=True)
    found = Readiness(package="a" * 64, at_us=0, marks=marks(INFRA_6=full, MODEL_6=no))
    page = render(msgspec.structs.replace(data, readiness=found))
    section = page[page.index('<section id="readiness">') : page.index('<section id="audit">')]
    assert "ML Test Score 3 of 7: reasonably tested" in section
    assert "Infrastructure: 4 of 7" in section
    assert "<li><b>model-6</b> Look.</li>" in section
    assert "&lt;b&gt;where&lt;/b&gt;" in section
    assert all(item.asks.replace("'", "&#39;") in section for item in Item)
    targets = set(re.findall(r'href="#([a-z]+)"', section))
    assert targets == {"rollouts", "models"}
    assert all(f'id="{target}"' in page for target in targets)


def test_a_report_without_it_has_no_such_section(data):
    assert "readiness" not in render(data)
