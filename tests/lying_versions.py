"""Model versions that lie: a sound one, changed at random, has to be refused or to tag as before.

    python tests/lying_versions.py MODELS 10000

prints, as JSON, what became of each kind, how much memory it took at most and whether any code was run.
`damaged`: a file is changed as accidents change it, and the digests are those of the sound one.
`forged`: what a file says is changed, and every digest is mended, the registry's too. Such a version is another one, so
it may give other tags; but it loads within bounds or is refused, and what it gives is sound.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import struct
import sys
import tempfile
from collections import Counter
from pathlib import Path

from mlcap.errors import ArtifactError
from mlcap.features.extract import extract
from mlcap.model.registry import Registry
from mlcap.model.tagging import Tagger

CAPTIONS = (
    "A crane lifts the capsule onto the recovery ship at sea.",
    "Divers lower Mission Specialist Bo Ek into the pool for a practice spacewalk.",
    "STS-197 Commander Ida Moe waves from the steps of the van. Moe and Pilot Jan Roe will launch on May 9.",
    "Flight Engineer Marta Lind tries her seat liner in the capsule.",
    "Technicians in white coats roll the rocket to the pad.",
    "",
)
#: What numbers, texts and parts of JSON are replaced by.
ODD = (
    *("null", "true", "[]", "{}", '""', '"x"', "0", "-1", "1", "0.5", "2", "1e6", "-1e6", "1e7", "1e-300", "1e308"),
    *("1e999", "-1e999", "NaN", "Infinity", "1" * 400, "9" * 5000, "9223372036854775807", '"\\ud800"', '"\\u001b[2J"'),
    *("[" * 40 + "]" * 40, "[" * 5000 + "]" * 5000, '{"a":' * 50 + "1" + "}" * 50, "[" + "0," * 5000 + "0]"),
    '"' + "x" * 100_000 + '"',
)
MARK = "@HERE@"


def damaged(rng, files):
    """A file changed as accidents change it: (name, new content)."""
    name = rng.choice(sorted(files))
    data = bytearray(files[name])
    at = rng.randrange(len(data))
    if rng.random() < 0.5:
        at = rng.randrange(min(len(data), 400))
    length = rng.choice([1, 1, 4, 64, 4096])
    kind = rng.choice(["flip", "flip", "flip", "cut", "end", "double", "zeros", "token", "other", "empty"])
    if kind == "flip":
        data[at] ^= 1 << rng.randrange(8)
    elif kind == "cut":
        del data[at : at + length]
    elif kind == "end":
        del data[at:]
    elif kind == "double":
        data[at:at] = data[at : at + length]
    elif kind == "zeros":
        data[at : at + length] = bytes(length)
    elif kind == "token":
        data[at:at] = rng.choice(ODD).encode()
    elif kind == "other":
        data = bytearray(files[rng.choice(sorted(files))])
    else:
        data.clear()
    return name, bytes(data)


def places(data, so_far=()):
    """Every place in nested data."""
    yield so_far
    if isinstance(data, dict | list):
        for key in data if isinstance(data, dict) else range(len(data)):
            yield from places(data[key], (*so_far, key))


def edited_json(rng, content):
    """JSON with one place replaced, renamed, taken away or doubled."""
    data = json.loads(content)
    # By depth first, so that the many places far down do not hide the others.
    by_depth = {}
    for place in places(data):
        if place:
            by_depth.setdefault(len(place), []).append(place)
    place = rng.choice(by_depth[rng.choice(sorted(by_depth))])
    holder = data
    for key in place[:-1]:
        holder = holder[key]
    kind = rng.choice(["odd", "odd", "odd", "gone", "renamed", "doubled"])
    if kind == "odd":
        holder[place[-1]] = MARK
        return json.dumps(data).replace(f'"{MARK}"', rng.choice(ODD)).encode("utf-8", "surrogatepass")
    if kind == "gone":
        del holder[place[-1]]
    elif isinstance(holder, list):
        holder.insert(0, holder[place[-1]])
    else:
        value = holder.pop(place[-1]) if kind == "renamed" else holder[place[-1]]
        holder[rng.choice(["", "x", "../x", "\x1b[2J", "event", "1", "a" * 5000])] = value
    return json.dumps(data).encode()


def array_bytes(shape, body, kind="<f4", order="False"):
    """An array file, as its head says it is."""
    head = f"{{'descr': {kind!r}, 'fortran_order': {order}, 'shape': {shape}, }}".encode()
    head += b" " * (64 - (len(head) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + body


def edited_array(rng, content):
    """An array of which values, shape or kind are others."""
    start = 10 + int.from_bytes(content[8:10], "little")
    head, body = content[:start], bytearray(content[start:])
    count = len(body) // 4
    kind = rng.choice(["all", "all", "some", "some", "shape", "kind", "code"])
    value = struct.pack(
        "<f", rng.choice([0.0, -0.0, 1.0, -1.0, 1e-40, 3e38, -3e38, 1e6, 1e7, math.nan, math.inf, -math.inf])
    )
    if kind == "all":
        return head + value * count
    if kind == "some":
        for _ in range(rng.choice([1, 10])):
            at = 4 * rng.randrange(max(1, count))
            body[at : at + 4] = value
        return head + bytes(body)
    if kind == "shape":
        shape = rng.choice(
            ["(1,)", "(0, 0)", "(7, 999999999)", "(999999999, 999999999)", "()", f"({count},)", "(-1, 7)"]
        )
        return array_bytes(shape, bytes(body))
    if kind == "code":
        return array_bytes("__import__('os').abort()", bytes(body))
    return array_bytes(
        "(7,)", b"\x80\x04cos\nabort\n(tR.", rng.choice(["|O", "<f8", ">f4", "<i4"]), rng.choice(["True", "False"])
    )


def edited_vocabulary(rng, content):
    """A vocabulary with another block: more columns than weights, names that are none, names twice."""
    data = json.loads(content)
    block = rng.choice(sorted(data))
    kind = rng.choice(["many", "twice", "none", "odd", "shorter", "order"])
    if kind == "many":
        data[block] = [f"n{i}" for i in range(rng.choice([1, 100, 100_000, 500_000]))]
    elif kind == "twice":
        data[block] += data[block][:1]
    elif kind == "none":
        del data[block]
    elif kind == "odd":
        data[block] = [rng.choice([None, 7, [], {}, "\x1b[2J", "\0"])] * rng.choice([1, 2, 1000])
    elif kind == "shorter":
        data[block] = data[block][1:]
    else:
        data[block] = data[block][::-1]
    return json.dumps(data).encode()


def bomb(rng, files):
    """A version of few bytes that asks for much memory: facets of many values, blocks of many columns, none stored."""
    manifest, vocabulary = json.loads(files["manifest.json"]), json.loads(files["vocabulary.json"])
    values, columns = rng.choice([(1000, 60_000), (1000, 1000), (30, 300_000), (5000, 10), (2, 390_000)])
    names = [f"{i:x}" for i in range(columns)]
    blocks = {block: [] for block in vocabulary}
    blocks.update({rng.choice(["header", "codes", "mentions", "people"]): names})
    multiple = rng.random() < 0.5
    numbers = {key: [1] * values for key in ("intercept", "slope", "offset", "thresholds")}
    manifest["facets"] = {"event": {"multiple": multiple, "value": [{"name": f"v{i}"} for i in range(values)]}}
    manifest["blocks"], manifest["calibration"] = {"event": []}, {"event": numbers}
    manifest["review"] = {"single": {} if multiple else {"event": [0] * values}, "whole": 0}
    made = {
        "vocabulary.json": json.dumps(blocks).encode(),
        "idf.npy": array_bytes("(0,)", b""),
        "event.common.npy": array_bytes(f"({values}, 0)", b""),
        "card.md": files["card.md"],
        "evaluation.json": b"null",
    }
    if multiple:
        made["event.mentions.npy"] = array_bytes(f"({values}, {len(blocks['mentions'])})", b"")
    return mended(made, manifest)


def mended(content, manifest):
    """Files and a manifest that has their digests."""
    manifest["files"] = {
        name: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)} for name, data in content.items()
    }
    return {**content, "manifest.json": json.dumps(manifest).encode()}


def forged(rng, files):
    """A version of which one file says something else, all digests mended."""
    kind = rng.choice(["manifest", "manifest", "manifest", "array", "array", "vocabulary", "other", "bomb"])
    if kind == "bomb":
        return bomb(rng, files)
    if kind == "manifest":
        return {**files, "manifest.json": edited_json(rng, files["manifest.json"])}
    content = {name: data for name, data in files.items() if name != "manifest.json"}
    if kind == "array":
        name = rng.choice([n for n in sorted(content) if n.endswith(".npy")])
        content[name] = edited_array(rng, content[name])
    elif kind == "vocabulary":
        content["vocabulary.json"] = edited_vocabulary(rng, content["vocabulary.json"])
    else:
        name = rng.choice(["card.md", "evaluation.json"])
        content[name] = rng.choice(ODD).encode("utf-8", "surrogatepass")
    return mended(content, json.loads(files["manifest.json"]))


class Trial:
    """A registry in a folder of its own, with one version that is changed and set right again.

    Args:
        models: a registry whose current version is sound.
        folder: to work in.
    """

    def __init__(self, models, folder):
        source = Registry(Path(models))
        self.registry = Registry(Path(folder))
        version = source.folder / str(source.current())
        self.files = {p.name: p.read_bytes() for p in version.iterdir()}
        self.registry.make_current(self.registry.publish(self.files), "sound")
        self.place = self.registry.folder / "1"
        self.state = self.registry.folder / "registry.json"
        self.sound = self.state.read_bytes()
        self.features = [extract(text) for text in CAPTIONS]
        self.expected = self._tags()

    def _tags(self):
        version = self.registry.load("1")
        tagged = Tagger(version.artifact, "1").tag_features(self.features)
        for one in tagged:
            assert_sound(one)
        return [one.as_record() for one in tagged]

    def damaged(self, rng):
        """What becomes of a version that an accident has changed: `refused`, `same` or `other`."""
        name, data = damaged(rng, {**self.files, "registry.json": self.sound})
        path = self.state if name == "registry.json" else self.place / name
        try:
            path.write_bytes(data)
            return self._outcome()
        finally:
            path.write_bytes(self.sound if path == self.state else self.files[name])

    def forged(self, rng):
        """What becomes of a version that somebody has changed with care."""
        content = forged(rng, self.files)
        digest = hashlib.sha256(content["manifest.json"]).hexdigest()
        changed = {n: d for n, d in content.items() if d != self.files.get(n)}
        gone = set(self.files) - set(content)
        try:
            for name in gone:
                (self.place / name).unlink()
            for name, data in changed.items():
                (self.place / name).write_bytes(data)
            self.state.write_text(json.dumps({"current": 1, "history": [], "manifests": {"1": digest}}))
            return self._outcome()
        finally:
            for name in changed:
                (self.place / name).unlink(missing_ok=True)
            for name in gone | set(changed) & set(self.files):
                (self.place / name).write_bytes(self.files[name])
            self.state.write_bytes(self.sound)

    def _outcome(self):
        try:
            return "same" if self._tags() == self.expected else "other"
        except ArtifactError as error:  # Any other error ends the trial.
            return "refused" if len(str(error).splitlines()) == 1 else str(error)


def assert_sound(tagged):
    """Every probability is one, and what is given is a value or some."""
    for facet in tagged.facets.values():
        assert all(0 < p < 1 for p in facet.probabilities.values()), tagged
    assert isinstance(tagged.needs_review, bool)


#: What Python tells when it begins to run code that it did not have before.
RUNS_CODE = ("exec", "compile", "import", "pickle.find_class", "marshal.loads", "ctypes.dlopen", "subprocess.Popen")
RUNS_CODE += ("os.system", "os.exec", "os.posix_spawn", "os.fork", "code.__new__", "function.__new__")


def peak_mb():
    """The most memory that this program has taken, in mebibytes; what getrusage says is as much as its parent took."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def try_many(models, count, seed):
    """Try so many changed versions, and give what became of them."""
    rng = random.Random(seed)
    ran, watching = [], []
    sys.addaudithook(lambda event, _args: ran.append(event) if watching and event in RUNS_CODE else None)
    outcomes = {"damaged": Counter(), "forged": Counter()}
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(models, folder)
        before = peak_mb()
        watching.append(True)
        for number in range(count):
            kind = "damaged" if number % 2 else "forged"
            outcomes[kind][getattr(trial, kind)(rng)] += 1
        watching.clear()
        assert trial._tags() == trial.expected
    return {**outcomes, "code": Counter(ran), "peak_mb": peak_mb(), "sound_mb": before}


if __name__ == "__main__":
    print(json.dumps(try_many(sys.argv[1], int(sys.argv[2]), int((sys.argv[3:] or ["1"])[0]))))
