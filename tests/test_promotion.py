"""The gate of promotion in small archives: what is clearly worse on what is at hand does not become current unsaid."""

from __future__ import annotations

import json

import pytest
from conftest import few_records, mlcap, write_jsonl

from mlcap.labels.held_out import draw_held_out
from mlcap.types import LabelledCaption


def _captions(sizes):
    return [
        LabelledCaption(f"{m}-{k}", "x", {"event": ("launch", "landing")[k % 2], "crew_role": ()}, m, "own")
        for m, size in sizes.items()
        for k in range(size)
    ]


@pytest.mark.parametrize(
    ("sizes", "drawn"),
    [
        ([6] * 10, 2),
        ([5] * 8, 2),
        ([30, *[6] * 9], 2),
        ([3] * 9, 2),
        ([10] * 3, 0),
        ([1, 2, 30, 30, 30, 30], 2),
    ],
)
def test_at_least_two_missions_are_held_out_where_there_are_enough(sizes, drawn):
    """One mission says nothing of how others would do; few missions, or few captions, are left to train on."""
    captions = _captions({f"m{n}": size for n, size in enumerate(sizes)})
    single = [c for c in captions if c.labels["event"] == "launch"]
    found = draw_held_out(captions)
    assert len(found) >= drawn
    assert found == draw_held_out(list(reversed(captions)))
    assert len(draw_held_out(single)) <= 3


def _albums(path, held, bad=False):
    """Labels of ten albums of six captions, one of which is held out; what is bad is labelled wrong everywhere else."""
    values = ["launch", "landing", "fit-check", "ceremony", "training", "on-orbit", "other"]
    path.mkdir()
    records = [{**r, "mission": f"album-{n % 10}"} for n, r in enumerate(few_records(9)[:60])]
    for record in records:
        if bad and record["mission"] != held:
            record["event"] = values[(values.index(record["event"]) + 3) % 7]
            record["crew_role"] = [] if record["crew_role"] else ["pilot"]
    write_jsonl(path / "captions.jsonl", records)
    (path / "held-out.toml").write_text(f'missions = ["{held}"]', "utf-8")
    return path


def test_one_held_out_mission_bars_what_is_clearly_worse(tmp_path):
    """Six captions of one mission held out by both are compared on; the line says that one mission is all there is."""
    _albums(tmp_path / "good", "album-3")
    _albums(tmp_path / "bad", "album-3", bad=True)
    _albums(tmp_path / "other", "album-4", bad=True)
    here = ("--models", "m", "--folds", "2", "--jobs", "1")
    run = lambda *args, check: mlcap(*args, cwd=tmp_path, check=check)  # noqa: E731
    run("train", "--labels", "good", *here, check=0)
    done = run("train", "--labels", "bad", *here, check=5)
    assert "clearly worse than version 1 on 6 held-out captions" in done.err
    assert json.loads(run("models", "list", "--json", "--models", "m", check=0).out)["current"] == 1
    assert "clearly worse" in run("models", "promote", "2", "--labels", "good", "--models", "m", check=5).err
    done = run("train", "--labels", "good", *here, check=0)
    assert "on 6 captions that both held out" in done.err
    assert "all of one mission, which says little of others" in done.err
    done = run("train", "--labels", "other", *here, check=0)
    assert "not compared: of the 60 labelled captions at hand the two versions held out none in common" in done.err
    (tmp_path / "empty").mkdir()
    done = mlcap("models", "promote", "1", "--models", "../m", cwd=tmp_path / "empty", check=0)
    assert "not compared: no labelled caption is at hand; name --labels and --captions" in done.err
