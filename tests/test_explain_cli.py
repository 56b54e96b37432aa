"""`mlcap explain` as a person uses it."""

from __future__ import annotations

import json
import re

import pytest
from conftest import ROOT, mlcap, mlcap_process, without, write_jsonl

LINER = "Flight Engineer Marta Lind tries her seat liner. Lind and Soyuz Commander Pavel Orlov will launch on May 9."
NASTY = 'Pilot <script>alert("x")</script> Bo Ek\x1b[31m waves &amp; smiles. <img src=x onerror=alert(1)>'


def run(small, *args, check=0, **rest):
    """Run `mlcap explain` with the small model."""
    return mlcap("explain", "--models", small / "models", *args, cwd=small, check=check, **rest)


def test_text_is_readable_at_80_columns_without_colour(small):
    """Piped output has no escape codes and no line of more than 80 columns, and names zones, mentions and review."""
    out = run(small, "--text", LINER).out
    assert max(map(len, out.splitlines())) <= 80
    assert "\x1b" not in out
    for words in ("lead", "background", "not shown", "review:", "intercept", "score before calibration", "softmax"):
        assert words in out


def test_printed_pushes_add_up_to_the_printed_score(small):
    """The rows of the event's table and the intercept add up to the score, but for rounding."""
    out = run(small, "--text", LINER, "--most", "5").out
    block = out[out.index("event: ") :].split("= score before calibration")[0]
    numbers = [float(n) for n in re.findall(r"^ {4,}([+-]\d+\.\d\d)  ", block, re.MULTILINE)]
    assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=0.01 * len(numbers))


def test_json_offsets_and_sums_hold(small):
    """Offsets of codes and mentions cut out their words, and listed pushes, rest and intercept make the score."""
    for most in ("0", "3"):
        data = json.loads(run(small, "--text", LINER, "--to", "json", "--most", most).out)
        for part in (*data["codes"], *data["mentions"]):
            assert LINER[part["start"] : part["end"]] == part["text"]
        for facet in data["facets"].values():
            for value in facet["values"].values():
                listed = sum(c["push"] for c in value["contributions"])
                assert listed + value["rest"]["push"] + value["intercept"] == pytest.approx(value["score"])
                assert most == "0" or len(value["contributions"]) <= 3


def test_a_file_gives_one_object_a_line_and_goes_on_after_errors(small, tmp_path):
    """A record that cannot be read becomes a line with its error, the others are explained, the exit code is 3."""
    path = tmp_path / "in.jsonl"
    path.write_text(
        json.dumps({"id": "a", "text": LINER, "colour": [1]}) + "\n{broken\n" + json.dumps({"text": "x"}), "utf-8"
    )
    done = run(small, path, "--to", "json", check=3)
    first, second, third = map(json.loads, done.out.splitlines())
    assert first["id"] == "a"
    assert "no JSON" in second["error"]
    assert third["text"] == "x"
    assert "ERROR" in run(small, path, check=3).out


def test_captions_stay_text_everywhere(small, tmp_path):
    """Markup of a caption is escaped in HTML, and control characters reach no terminal."""
    path = write_jsonl(tmp_path / "in.jsonl", [{"id": "<b>1</b>", "text": NASTY}])
    page = run(small, path, "--to", "html").out
    assert "<script" not in page
    assert "<img" not in page
    assert "<b>" not in page
    assert "script&gt;" in re.sub(r"</?mark[^>]*>", "", page)  # Whether the word is marked is the version's affair.
    out = run(small, path).out
    assert "\x1b" not in out
    assert "\x1b" not in run(small, path, env={"NO_COLOR": "1"}).out
    assert json.loads(run(small, path, "--to", "json").out)["text"] == NASTY


def test_html_needs_no_network(small, tmp_path):
    """The page forbids itself every request, and loads nothing by an address."""
    page = run(small, "--text", LINER, "--to", "html").out
    assert "default-src &#39;none&#39;" in page
    assert not re.search(r"(?:src|href)=|url\(", page)


def test_mentioned_lists_what_is_not_depicted(small):
    """The launch and the commander of the background are listed, as text and with offsets."""
    data = json.loads(run(small, "--text", LINER, "--mentioned", "--to", "json").out)
    found = {(m["facet"], m["value"]): [LINER[a:b] for a, b in m["spans"]] for m in data["mentioned"]}
    assert found["crew_role", "commander"] == ["Commander"]
    assert found["event", "launch"] == ["launch"]
    assert data["tags"]["event"] not in {v for f, v in found if f == "event"}
    assert "commander" in run(small, "--text", LINER, "--mentioned").out


def test_mentioned_passes_over_places_and_headers(small):
    """A launch pad mentions no launch, and a credit mentions nobody."""
    text = "A crane waits at the launch pad. Photo credit: NASA/Launch Team"
    assert json.loads(run(small, "--text", text, "--mentioned", "--to", "json").out)["mentioned"] == []


def test_global_lists_the_strongest_features_of_every_value(small):
    """Every value has features for and against, strongest first, and no caption is read."""
    data = json.loads(run(small, "--global", "--to", "json", "--most", "4").out)
    assert set(data) == {"model", "facets"}
    assert set(data["facets"]) == {"event", "crew_role"}
    for value in data["facets"]["event"].values():
        pushes = [f["push"] for f in value["for"]]
        assert len(pushes) == 4
        assert pushes == sorted(pushes, reverse=True)
    out = run(small, "--global").out
    assert all(f"event: {name}" in out for name in data["facets"]["event"])
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--text", "a", "b.txt"), "either --text or files"),
        (("-", "-"), "once only"),
        (("--text", "a", "--from", "txt"), "go with files"),
        (("--global", "--text", "a"), "leave out captions"),
        (("--global", "--to", "html"), "--to text or --to json"),
        (("--mentioned", "--to", "html", "--text", "a"), "--to text or --to json"),
        (("missing.jsonl",), "no such file"),
        (("--most", "-1", "--text", "a"), "most"),
    ],
)
def test_wrong_use_is_one_line(small, args, words):
    """Options that do not go together, or files that are not there, are one clear line and exit code 2."""
    done = run(small, *args, check=2)
    assert words in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_an_empty_caption_is_told(small, text):
    """An empty caption is an unreadable record, not a crash."""
    assert "empty" in run(small, "--text", text, check=3).out


def test_html_without_the_extra_says_what_to_install(small, monkeypatch, tmp_path):
    """Where Jinja2 is missing, one line names the extra; text and JSON go on working."""
    explain = ("explain", "--models", small / "models", "--text", "x")
    here = {"cwd": small, "env": without("jinja2", tmp_path)}
    assert "mlcap[report]" in mlcap_process(*explain, "--to", "html", **here, check=2).err
    mlcap_process(*explain, "--to", "json", **here, check=0)


def test_explaining_imports_no_drawing(small):
    """Text and JSON need neither Jinja2 nor matplotlib nor scikit-learn."""
    import subprocess
    import sys

    code = "import sys, mlcap.cli.explain; print([m for m in ('jinja2', 'matplotlib', 'sklearn') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True).strip() == "[]"
