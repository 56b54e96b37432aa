"""Kills of what writes model versions: `mlcap train`, `mlcap adapt` and `mlcap models promote`.

Whenever one was killed, every version that was there is there and loads, and one of them is current. When one came to
its end, the registry holds one version more, and nothing beside its versions and its file.
"""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

from killing.process import MLCAP, Figures, killed, run
from mlcap.errors import MlcapError
from mlcap.model.registry import Registry

_SCENES = {
    "launch": "The rocket lifts off from the pad in a cloud of steam",
    "landing": "The capsule drops onto the steppe below its parachute",
    "ceremony": "Guests lay roses at the wall beside the band",
    "other": "A crane waits near the hangar with its hook down",
}
_ROLES = {"commander": "Commander", "pilot": "Pilot"}


def labels(folder: Path, count: int) -> Path:
    """A folder of labelled captions of so many missions."""
    rows = []
    for number in range(count):
        for event, scene in _SCENES.items():
            role = [*_ROLES][number % 2]
            text = f"{scene} on day {number}, watched by {_ROLES[role]} Bo Ek{'aeiou'[number % 5]}r from platform {number * 7}."
            rows.append(
                {"id": f"{event}-{number}", "text": text, "event": event, "crew_role": [role], "mission": f"m{number}"}
            )
    folder.mkdir()
    (folder / "captions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def _names(models: Path) -> frozenset[str]:
    """What lies in the registry; the lock is taken before the work, and tells nothing."""
    return frozenset(p.name for p in models.iterdir() if p.name != ".lock") if models.exists() else frozenset()


class _Checked:
    """A registry that is looked at after each kill and each end.

    Args:
        out: takes what is found.
    """

    def __init__(self, models: Path, out: Figures) -> None:
        self.registry, self.out = Registry(models), out
        self.known = self.registry.versions()
        self.noted = len(self.registry.history())
        self.current = self.registry.current()

    def after_a_kill(self, most: int = 1) -> None:
        """Every version is there and whole, at most so many are new, and what is current is one of them."""
        there = self.registry.versions()
        for number in {*self.known, *there}:
            try:
                self.registry.load(str(number))
            except MlcapError as error:
                print(error)
                self.out.lost += 1
        self.out.doubled += max(0, len(there) - len(self.known) - most)
        history = self.registry.history()
        self.out.doubled += max(0, len(history) - self.noted - most)
        # Before the first promotion none is.
        current, self.current = self.current, self.registry.current()
        self.out.lost += self.current not in there and (current, self.current) != (None, None)
        self.out.lost += any(one.version not in there for one in history[self.noted :])
        self.known, self.noted = there, len(history)

    def after_the_end(self, new: int) -> None:
        """There are so many versions more than at the last look, and nothing lies beside."""
        before = len(self.known)
        self.after_a_kill()
        self.out.ended += 1
        self.out.lost += max(0, before + new - len(self.known))
        self.out.doubled += max(0, len(self.known) - before - new)
        self.out.left += len(_names(self.registry.folder) - {"registry.json", *map(str, self.known)})


def _kill_makers(command: list[str], kills: int, draw: random.Random, folder: Path, longest: float) -> Figures:
    """Kill a command that makes a version, and have it come to its end now and then."""
    out = Figures()
    models = folder / "models"
    checked = _Checked(models, out)
    while out.kills < kills:
        for _ in range(min(10, kills - out.kills)):
            # Half of the kills come anywhere in the run, half about when the version is written.
            early = draw.random() < 0.5
            works = None if early else (lambda: _names(models))
            code = killed(command, folder, draw, works, longest if early else 0.05)
            out.kills += code is None
            out.left += code not in (None, 0)
            if code == 0:
                checked.after_the_end(1)
            else:
                checked.after_a_kill()
        code = run(command, folder)
        out.left += code != 0
        checked.after_the_end(1)
        # A registry that grows is read ever longer.
        for number in checked.known[:-2]:
            if number != checked.registry.current():
                checked.registry.remove(number)
        checked.known = checked.registry.versions()
    return out


def kill_train(kills: int, draw: random.Random, folder: Path) -> Figures:
    """Kill training."""
    labels(folder / "labels", 8)
    command = [*MLCAP, "train", "--labels", "labels", "--models", "models", "--folds", "2", "--jobs", "1", "--force"]
    return _kill_makers(command, kills, draw, folder, 3.0)


def kill_adapt(kills: int, draw: random.Random, folder: Path) -> Figures:
    """Kill adapting, whose registry holds the shipped version at first."""
    labels(folder / "labels", 8)
    command = [*MLCAP, "adapt", "--labels", "labels", "--models", "models", "--folds", "2", "--force"]
    (folder / "models").mkdir()
    out = Figures()
    checked = _Checked(folder / "models", out)
    while not checked.known:
        # The shipped version is put there before the adapted one is made.
        out.kills += killed(command, folder, draw, lambda: _names(folder / "models"), 6.0) is None
        checked.after_a_kill(2)
    more = _kill_makers(command, kills - out.kills, draw, folder, 4.0)
    return Figures(*(a + b for a, b in zip(vars(out).values(), vars(more).values(), strict=True)))


def kill_promote(kills: int, draw: random.Random, folder: Path) -> Figures:
    """Kill promotions of one of two versions, and then of the other."""
    out = Figures()
    models = folder / "models"
    labels(folder / "labels", 8)
    train = [*MLCAP, "train", "--labels", "labels", "--models", "models", "--folds", "2", "--jobs", "1", "--force"]
    out.left += run(train, folder) != 0
    shutil.copytree(models / "1", models / "2")
    checked = _Checked(models, out)
    number = 2
    while out.kills < kills:
        command = [*MLCAP, "models", "promote", str(number), "--models", "models", "--labels", "labels"]
        command += ["--force"] if draw.random() < 0.5 else []
        while (
            code := killed(command, folder, draw, lambda: _history(models), 0.02 if draw.random() < 0.5 else 2.0)
        ) is None:
            out.kills += 1
            checked.after_a_kill()
        out.left += code != 0
        checked.after_the_end(0)
        out.lost += checked.registry.current() != number
        number = 3 - number
    return out


def _history(models: Path) -> tuple[frozenset[str], bytes]:
    try:
        return _names(models), (models / "registry.json").read_bytes()
    except FileNotFoundError:
        return _names(models), b""
