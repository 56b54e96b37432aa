"""The pages about tools: what they show is what comes of it, in a fresh folder."""

from __future__ import annotations

import doctest
import re

import pytest
from conftest import ROOT

PAGES = ROOT / "docs" / "tools"
#: Those that need no more than the extra `dev`.
FAST = ("data-frames", "duckdb")


@pytest.mark.parametrize("name", FAST)
def test_a_page_is_as_it_says(name, tmp_path, monkeypatch):
    """Every line of Python runs where the examples are, and gives what the page shows."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    text = (PAGES / f"{name}.md").read_text("utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    test = doctest.DocTestParser().get_doctest(code, {}, name, None, 0)
    assert len(test.examples) > 5
    said = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, said.append)
    assert not said, "".join(said)


def test_every_page_is_led_to():
    """By the page that lists them, which the README names."""
    listed = (PAGES / "README.md").read_text("utf-8")
    assert not [p.name for p in PAGES.glob("*.md") if p.name != "README.md" and f"({p.name})" not in listed]
    assert "docs/tools/README.md" in (ROOT / "README.md").read_text("utf-8")
