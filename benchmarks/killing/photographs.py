"""Kills of what writes into photographs: `mlcap apply` and `mlcap undo`; exiftool is needed.

When an apply came to its end, each photograph has each of its tags once; when an undo did, each file is as it was before,
and none lies beside.
"""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
from collections import Counter
from pathlib import Path

from killing.process import MLCAP, Figures, killed, run, size_of
from mlcap.photos.metadata import Metadata, read_metadata
from mlcap.records.exiftool import session

PHOTOS = 24
_JPEG = bytes.fromhex(
    "ffd8ffdb004300" + "10" * 64 + "ffc0000b080008000801011100"
    "ffc4001f0000010501010101010100000000000000000102030405060708090a0b"
    "ffc40014100100000000000000000000000000000000ffda0008010100003f00ff00ffd9"
)
_CAPTIONS = (
    "STS-197 Commander Ida Moe and Pilot Jan Roe climb into the cockpit of the simulator for a practice ascent.",
    "The rocket lifts off from Launch Pad 39B with a crew of three.",
    "Expedition 71 Flight Engineer Ana Prado rests in a chair outside the capsule minutes after it landed on the steppe.",
)


def _photographs(folder: Path) -> None:
    folder.mkdir()
    texts = []
    for number in range(PHOTOS):
        path = folder / f"{number:02d}.jpg"
        path.write_bytes(_JPEG)
        texts.append({"SourceFile": str(path), "XMP-dc:Description": _CAPTIONS[number % len(_CAPTIONS)]})
    captions = folder.parent / "captions.json"
    captions.write_text(json.dumps(texts))
    command = ["exiftool", "-q", "-overwrite_original", f"-json={captions}", folder]
    subprocess.run(command, check=True)


def _digests(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


def _written(folder: Path, embed: bool) -> dict[str, Metadata]:
    """What stands in the files that were written, and no others."""
    with session() as tool:
        found = read_metadata(tool, sorted(folder.glob("[!.]*.jpg" if embed else "[!.]*.xmp")))
    return {path.name.partition(".")[0]: metadata for path, metadata in found.items()}


def _check_written(plan: Path, folder: Path, embed: bool, out: Figures) -> None:
    """Compare the files with the plan that was applied."""
    found = _written(folder, embed)
    for photo in json.loads(plan.read_text("utf-8"))["photos"]:
        metadata = found.get(Path(photo["file"]).name.partition(".")[0])
        wanted = {(t["facet"], t["value"]) for t in photo["tags"]}
        own = Counter((t.facet, t.value) for t in (metadata.own if metadata else ()))
        out.lost += len(wanted - set(own))
        out.doubled += sum(n - 1 for n in own.values())
        if metadata:
            out.doubled += sum(n - 1 for values in metadata.fields.values() for n in Counter(values).values())


def _ended(command: list[str], folder: Path, draw: random.Random, kills: bool, out: Figures) -> None:
    """Bring a command to its end, through kills where it is to be killed."""
    runs = folder / "runs"
    code: int | None = None
    while kills and (code := killed(command, folder, draw, lambda: size_of(runs.glob("*.jsonl")), 0.8)) is None:
        out.kills += 1
    code = run(command, folder) if code is None else code
    out.left += code != 0


def _kill(kills: int, draw: random.Random, folder: Path, what: str) -> Figures:
    """Kill one of the two commands."""
    out = Figures()
    photos = folder / "photos"
    _photographs(photos)
    before = _digests(photos)
    while out.kills < kills:
        embed = draw.random() < 0.5
        plan = folder / "plan.json"
        plan.unlink(missing_ok=True)
        tag = [*MLCAP, "tag", "photos", "--write", "plan.json", "--uncertain", *(["--embed"] if embed else [])]
        out.left += run(tag, folder) != 0
        _ended([*MLCAP, "apply", "plan.json", "--runs", "runs"], folder, draw, what == "apply", out)
        _check_written(plan, photos, embed, out)
        out.left += sum(p.name.startswith(".") for p in photos.iterdir())
        name = json.loads(plan.read_text("utf-8"))["run"]
        _ended([*MLCAP, "undo", name, "--runs", "runs"], folder, draw, what == "undo", out)
        after = _digests(photos)
        out.lost += sum(after.get(n) != digest for n, digest in before.items())
        out.left += len(after.keys() - before.keys())
        out.ended += 1
    return out


def kill_apply(kills: int, draw: random.Random, folder: Path) -> Figures:
    """Kill `apply`."""
    return _kill(kills, draw, folder, "apply")


def kill_undo(kills: int, draw: random.Random, folder: Path) -> Figures:
    """Kill `undo`."""
    return _kill(kills, draw, folder, "undo")
