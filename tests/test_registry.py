"""The registry: publishing, choosing, going back, and surviving what goes wrong."""

from __future__ import annotations

import json
import multiprocessing
import os
import re

import pytest

from mlcap.errors import ArtifactError, RegistryError
from mlcap.files import replace_file
from mlcap.model.registry import Registry
from mlcap.model.registry_state import HistoryEntry, read_state


@pytest.fixture
def content(small):
    """The files of a sound version."""
    return {p.name: p.read_bytes() for p in (small / "models" / "1").iterdir()}


def test_numbers_run_on_and_nothing_is_current_unasked(tmp_path, content):
    """Versions are numbered from 1; publishing alone makes none current."""
    registry = Registry(tmp_path / "models")
    assert registry.versions() == []
    assert [registry.publish(content), registry.publish(content)] == [1, 2]
    assert registry.current() is None
    registry.make_current(2, "because")
    assert registry.load().number == 2
    assert [(c.version, c.why) for c in registry.history()] == [(2, "because")]


@pytest.mark.parametrize("name", ["0", "3", "-1", "x", "current", "1/..", "99999999999999"])
def test_unknown_versions_are_named(tmp_path, content, name):
    """A version that is not there is one error that lists those that are."""
    registry = Registry(tmp_path)
    registry.publish(content)
    with pytest.raises(RegistryError):
        registry.resolve(name)


@pytest.mark.parametrize(
    "state",
    [
        "",
        "[]",
        "{}",
        '{"current": "x", "history": []}',
        '{"history": 1}',
        '{"current": true, "history": []}',
        '{"current": 1, "history": [{"version": "x"}]}',
        '{"current": 1, "history": [{"version": 1e9}]}',
        '{"current": 1, "history": [{"version": 1, "why": 7}]}',
        '{"current": 1, "history": [], "manifests": {"1": "x"}}',
        '{"current": 1, "history": [], "manifests": {"../1": "' + "0" * 64 + '"}}',
        '{"current": 1, "history": [], "manifests": []}',
        '{"current": -1, "history": []}',
        '{"current": 1e0, "history": []}',
        '{"current": ' + "9" * 5000 + ', "history": []}',
        '{"current": 1, "history": [], "x": NaN}',
        "[" * 100_000,
        '{"current": 1, "history": [' + "[]," * 300_000 + "1]}",
    ],
)
def test_a_broken_registry_file_is_one_error(tmp_path, content, state):
    """A registry file that cannot be read is named; versions can still be used by number, none is published over it."""
    registry = Registry(tmp_path)
    registry.publish(content)
    (tmp_path / "registry.json").write_text(state)
    with pytest.raises(RegistryError) as caught:
        registry.current()
    assert "\n" not in str(caught.value)
    assert registry.load("1").number == 1
    with pytest.raises(RegistryError):
        registry.publish(content)
    assert registry.versions() == [1]


def test_a_registry_file_that_is_no_file_is_one_error(tmp_path, content):
    """A link or a pipe in its place is not read, and nobody waits for it."""
    registry = Registry(tmp_path)
    registry.make_current(registry.publish(content), "x")
    path = tmp_path / "registry.json"
    path.rename(tmp_path / "elsewhere.json")
    for put in (lambda: path.symlink_to(tmp_path / "elsewhere.json"), lambda: os.mkfifo(path), path.mkdir):
        put()
        with pytest.raises(RegistryError, match="cannot be read"):
            registry.current()
        path.rmdir() if path.is_dir() else path.unlink()


def _flipped(path, place, bit):
    """A file with one bit turned round."""
    data = bytearray(path.read_bytes())
    data[place] ^= 1 << bit
    path.write_bytes(bytes(data))


def test_a_flipped_bit_of_a_manifest_is_found(tmp_path, content):
    """Wherever it is, also where the manifest says the same with it as without."""
    registry = Registry(tmp_path)
    registry.publish(content)
    path = tmp_path / "1" / "manifest.json"
    good = path.read_bytes()
    places = [*range(0, len(good), 97), good.index(b"\n ") + 1]
    for number, place in enumerate(places):
        _flipped(path, place, number % 8)
        with pytest.raises(ArtifactError, match="differs from its digest in the registry"):
            registry.load("1")
        with pytest.raises(ArtifactError):
            registry.manifest_data(1)
        path.write_bytes(good)
    path.write_bytes(good.replace(b"\n ", b"\n  "))
    with pytest.raises(ArtifactError, match="differs from its digest"):
        registry.load("1")


def test_a_file_that_grew_is_no_longer_the_one_published(tmp_path, content):
    """A card that somebody wrote on is told as what it is, not by its size."""
    registry = Registry(tmp_path)
    registry.publish(content)
    with open(tmp_path / "1" / "card.md", "a", encoding="utf-8") as card:
        card.write("Ours.\n")
    with pytest.raises(ArtifactError, match=r"card\.md: differs from its digest"):
        registry.load("1")


def test_a_registry_of_an_older_mlcap_learns_the_digests(tmp_path, content):
    """Without digests its versions load, and say so; publishing or promoting notes what is there."""
    registry = Registry(tmp_path)
    registry.publish(content)
    registry.make_current(1, "trained")
    old = {"current": 1, "history": [{"when": "2026-01-01T00:00:00Z", "version": 1, "why": "trained"}]}
    for change in (lambda: registry.publish(content), lambda: registry.make_current(1, "again")):
        (tmp_path / "registry.json").write_text(json.dumps(old))
        assert not registry.load().recorded
        assert registry.history()[0].identity == ""
        change()
        assert registry.load().recorded
        assert registry.history()[0] == HistoryEntry("2026-01-01T00:00:00Z", 1, "trained")


def test_versions_have_names_of_their_own(tmp_path, content):
    """Two versions of one number in two registries are told apart; a version is asked for by number or identity."""
    other = dict(content)
    other["manifest.json"] = content["manifest.json"].replace(b'"command": "', b'"command": "other ')
    a, b = Registry(tmp_path / "a"), Registry(tmp_path / "b")
    a.publish(content)
    b.publish(other)
    a.make_current(1, "x")
    identity = a.load("1").identity
    assert re.fullmatch("1-[0-9a-f]{8}", identity)
    assert identity == a.identity(1) == a.history()[0].identity
    assert identity != b.load("1").identity
    assert a.load(identity).number == a.load(identity[:6]).number == 1
    with pytest.raises(RegistryError, match=f"has no version {identity}; its version 1 is {b.identity(1)}"):
        b.load(identity)
    for name in ("1-", "1-abc", "1-ABCDEF01", "9-" + identity[2:], "1-" + "0" * 65):
        with pytest.raises(RegistryError):
            a.resolve(name)


def test_a_link_is_no_version(tmp_path, content):
    """A link beside the versions is neither loaded nor removed."""
    registry = Registry(tmp_path / "models")
    registry.publish(content)
    (tmp_path / "models" / "2").symlink_to(tmp_path / "models" / "1")
    assert registry.versions() == [1]
    with pytest.raises(RegistryError, match="no version 2"):
        registry.remove(2)


def test_a_version_that_is_removed_takes_its_digest_along(tmp_path, content):
    """The next version of the number is known by its own manifest."""
    registry = Registry(tmp_path)
    registry.publish(content)
    registry.publish(content)
    registry.remove(2)
    assert list(read_state(tmp_path).manifests) == [1]
    other = {**content, "manifest.json": content["manifest.json"] + b" "}
    assert registry.publish(other) == 2
    assert registry.load("2").recorded


def test_what_a_killed_writer_left_is_swept(tmp_path, content):
    """Half-written folders beside the versions are no versions and go with the next publication."""
    registry = Registry(tmp_path)
    (tmp_path / ".new-abc").mkdir()
    (tmp_path / ".new-abc" / "idf.npy").write_bytes(b"half")
    assert registry.versions() == []
    assert registry.publish(content) == 1
    assert not list(tmp_path.glob(".new-*"))


def test_a_failed_write_leaves_nothing(tmp_path, content, monkeypatch):
    """When the disk is full, no version appears and the message says so."""

    def full(folder, files):
        (folder / "idf.npy").write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mlcap.model.registry.write_files", full)
    registry = Registry(tmp_path)
    with pytest.raises(RegistryError, match="No space left"):
        registry.publish(content)
    assert registry.versions() == []
    assert not list(tmp_path.glob(".new-*"))


def _publish(folder, content):
    registry = Registry(folder)
    for _ in range(3):
        registry.make_current(registry.publish(content), "race")


def test_two_writers_lose_nothing(tmp_path, content):
    """Publications and promotions at the same moment all arrive."""
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_publish, args=(tmp_path, content)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
        assert writer.exitcode == 0
    registry = Registry(tmp_path)
    assert registry.versions() == list(range(1, 10))
    assert sorted(c.version for c in registry.history()) == list(range(1, 10))


def _publish_for_ever(folder, content):
    registry = Registry(folder)
    while True:
        registry.make_current(registry.publish(content), "loop")


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_the_registry_whole(tmp_path, content):
    """Killed fifty times while publishing and promoting, the registry is readable and every version in it complete."""
    import random
    import time

    context = multiprocessing.get_context("spawn")
    rng = random.Random(1)
    for _ in range(50):
        writer = context.Process(target=_publish_for_ever, args=(tmp_path, content))
        writer.start()
        known = len(Registry(tmp_path).versions()) if tmp_path.exists() else 0
        deadline = time.monotonic() + 60
        while len(Registry(tmp_path).versions()) == known and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(rng.random() * 0.08)
        writer.kill()
        writer.join()
        registry = Registry(tmp_path)
        numbers = registry.versions()
        assert registry.current() is None or registry.current() in numbers
        registry.load(str(numbers[-1]))
    for number in registry.versions():
        registry.load(str(number))
    history = [c.version for c in registry.history()]
    assert history == sorted(set(history))
    assert set(history) <= set(registry.versions())


def test_a_file_is_replaced_at_once(tmp_path):
    """The new content stands whole, with nothing left beside it."""
    path = tmp_path / "f.json"
    path.write_text("old")
    replace_file(path, json.dumps({"new": 1}).encode())
    assert json.loads(path.read_text()) == {"new": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["f.json"]
