"""`mlcap compare`: two versions side by side."""

from __future__ import annotations

import json
import re
import shutil

import pytest
from conftest import few_records, mlcap, write_jsonl
from fixed import FACETS, fixed_captions, fixed_tags, same_as_golden, tagged_caption

from mlcap.cli.compare import comparison_lines
from mlcap.evaluation.versions import BETTER, NEITHER, WORSE, side_by_side, verdict

ANSI = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(scope="module")
def two(weak, tmp_path_factory):
    """A second registry with a weaker version, and a gold file with extra fields."""
    folder = tmp_path_factory.mktemp("two")
    shutil.copytree(weak, folder / "weak")
    write_jsonl(folder / "gold.jsonl", [{**r, "odd": 1} for r in few_records(20)])
    return folder


def run(small, *args, cwd, check=0):
    """Run with the small registry."""
    return mlcap("compare", *args, "--models", small / "models", cwd=cwd, check=check)


def test_comparison_by_hand():
    """A version against the truth: every wrong tag counts as better, and the matrices differ by what was wrong."""
    captions, tags = fixed_captions(), fixed_tags()
    sure = {f.name: dict.fromkeys(f.names, 0.5) for f in FACETS}
    true = [tagged_caption(c.labels, sure, (), "2") for c in captions]
    found = side_by_side(FACETS, captions, tags, true)
    by_name = {d.metric: d for d in found.metrics}
    assert by_name["scene accuracy"].first == pytest.approx(6 / 9)
    assert by_name["scene accuracy"].second == 1
    assert by_name["scene accuracy"].difference == pytest.approx(3 / 9)
    assert found.matrices["scene"] == ((2, 0, -2, 0), (0, 1, 0, -1), (0, 0, 0, 0), (0, 0, 0, 0))
    assert {verdict(c) for c in found.changed_tags} == {BETTER}
    back = side_by_side(FACETS, captions, true, tags)
    assert {verdict(c) for c in back.changed_tags} == {WORSE}
    low, high = by_name["scene accuracy"].interval
    assert low <= by_name["scene accuracy"].difference <= high


def test_the_interval_is_paired():
    """Of two versions that never differ the interval is nothing wide, however unsure each metric is."""
    captions, tags = fixed_captions(), fixed_tags()
    found = side_by_side(FACETS, captions, tags, tags)
    assert all(d.interval == (0, 0) for d in found.metrics if d.interval)
    assert found.changed_tags == ()


def test_comparison_looks_as_agreed():
    """Metrics, matrix and changes equal their golden file, within 80 columns."""
    captions, tags = fixed_captions(3), fixed_tags(3)
    turned = [*tags[9:], *tags[:9]]
    found = side_by_side(FACETS, captions, tags, turned)
    lines = comparison_lines("1", "models-b\x1b/2", FACETS, captions, found, 2)
    assert NEITHER in {verdict(c) for c in found.changed_tags}
    text = ANSI.sub("", "\n".join(lines)) + "\n"
    same_as_golden("compare.txt", text)
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text


def test_versions_are_named_by_number_or_folder(small, two):
    """A number, current, a version's folder and a registry's folder all name a version."""
    gold = two / "gold.jsonl"
    for name in ("1", "current", small / "models", small / "models" / "1"):
        assert "no tag differs" in run(small, "current", name, gold, cwd=two).out
    data = json.loads(run(small, "1", "weak", gold, "--json", cwd=two).out)
    assert data["captions"] == 140
    assert data["changed_tags"]
    assert all(c["before"] != c["after"] and c["id"] and c["text"] for c in data["changed_tags"])
    assert sum(map(sum, data["matrices"]["event"])) == 0
    text = run(small, "1", "weak", gold, "--show", "1", cwd=two).out
    assert "right -> wrong" in text
    assert max(map(len, text.splitlines())) <= 80


def test_one_caption_can_be_compared(small, two):
    """One caption gives metrics without intervals; a facet without labels gives none."""
    one = write_jsonl(two / "one.jsonl", [{"id": 1, "text": "A <script> \x1b[31m crane waits.", "event": "other"}])
    out = run(small, "1", "weak", one, cwd=two).out
    assert re.search(r"event accuracy\s+\d\.\d{3}\s+\d\.\d{3}\s+[+-]\d\.\d{3}  -", out)
    assert "crew_role micro" not in out
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("1", "9", "gold.jsonl"), 4, "no version 9"),
        (("1", "x", "gold.jsonl"), 4, "names no model version"),
        (("1", "1", "gone.jsonl"), 2, "gone.jsonl"),
        (("1", "1"), 2, "GOLD"),
    ],
)
def test_wrong_use_is_one_line(small, two, args, code, words):
    """A version or file that is not there is one line and the documented exit code."""
    done = run(small, *args, cwd=two, check=code)
    assert words in done.err
    assert done.err.count("\n") == 1
