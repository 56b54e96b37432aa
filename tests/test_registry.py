"""The registry: publishing, choosing, going back, and surviving what goes wrong."""

from __future__ import annotations

import json
import multiprocessing

import pytest

from mlcap.errors import RegistryError
from mlcap.model.registry import Registry, replace_file


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
    assert registry.load()[0] == 2
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
    ],
)
def test_a_broken_registry_file_is_one_error(tmp_path, content, state):
    """A registry file that cannot be read is named; versions can still be used by number."""
    registry = Registry(tmp_path)
    registry.publish(content)
    (tmp_path / "registry.json").write_text(state)
    with pytest.raises(RegistryError):
        registry.current()
    assert registry.load("1")[0] == 1


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
