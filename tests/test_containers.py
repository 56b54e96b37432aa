"""The container files, read by the rules of their format: what they name is there, and what they run runs."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from fnmatch import fnmatch

import pytest
from conftest import ROOT
from services import serving

FILES = ("Containerfile", "Containerfile.serve")
#: Instruction -> whether its words may or must be a JSON list, None where they must not.
KNOWN = {"FROM": None, "COPY": False, "RUN": False, "USER": None, "VOLUME": False, "EXPOSE": None, "STOPSIGNAL": None}
KNOWN |= {"HEALTHCHECK": None, "ENTRYPOINT": True, "CMD": True, "ENV": None, "WORKDIR": None}


def instructions(text):
    """(instruction, its words) of a container file, comments left out and continued lines joined."""
    out, held = [], ""
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            continue
        held += line
        if held.endswith("\\"):
            held = held[:-1]
            continue
        if held.strip():
            name, _, rest = held.strip().partition(" ")
            assert name in KNOWN, held
            assert rest.strip(), held
            out.append((name, words(name, rest.strip())))
        held = ""
    assert not held, "the last line is continued by nothing"
    return out


def words(name, rest):
    """The words of an instruction."""
    options = []
    if name == "HEALTHCHECK":
        while rest.startswith("--"):
            option, _, rest = rest.partition(" ")
            assert re.fullmatch(r"--(interval|timeout|start-period|retries)=\d+s?", option), option
            options.append(option)
        assert rest.startswith("CMD ")
        return options + list_of(rest.removeprefix("CMD "))
    if rest.startswith("[") or KNOWN[name]:
        assert KNOWN[name] is not None, rest
        return list_of(rest)
    return shlex.split(rest)


def list_of(text):
    """A JSON list of words."""
    found = json.loads(text)
    assert isinstance(found, list)
    assert all(isinstance(word, str) for word in found)
    return found


@pytest.fixture(params=FILES)
def steps(request):
    """The instructions of a container file."""
    return instructions((ROOT / "examples" / request.param).read_text("utf-8"))


def test_a_container_file_is_well_formed(steps):
    """It begins with an image that is named with its version, ends with one program, and runs as nobody special."""
    names = [name for name, _ in steps]
    assert names[0] == "FROM"
    assert re.fullmatch(r"\S+/python:3\.\d+-slim-\w+", steps[0][1][0])
    assert names.count("ENTRYPOINT") == 1 == names.count("USER")
    user = dict(steps)["USER"][0]
    made = next(i for i, (name, args) in enumerate(steps) if name == "RUN" and "useradd" in args and user in args)
    assert made < names.index("USER") < names.index("ENTRYPOINT")
    made_as = steps[made][1]
    assert made_as[made_as.index("--uid") + 1] == "1000", "what is mounted is made to belong to a number"
    assert dict(steps)["STOPSIGNAL"] == ["SIGTERM"]


def test_what_a_container_file_names_is_there(steps):
    """The files that it copies, the extras that it installs and the folders that it keeps."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    run = " ".join(" ".join(args) for name, args in steps if name == "RUN")
    extras = re.search(r"/src\[([\w,]+)\]", run)[1].split(",")
    assert set(extras) <= set(project["optional-dependencies"])
    assert dict(steps)["COPY"] == [".", "/src"]
    assert (ROOT / re.search(r"-c /src/(\S+)", run)[1]).is_file()
    python = steps[0][1][0].rpartition(":")[2].partition("-")[0]
    assert python in " ".join(project["requires-python"].split()) or f":: {python}" in " ".join(project["classifiers"])
    for folder in dict(steps)["VOLUME"]:
        assert folder in run.split("mkdir ")[1].split(" && chown")[0].split()
        assert folder in dict(steps)["ENTRYPOINT"]


def test_the_service_is_watched_where_it_listens():
    """The port that is published and asked for its health is the one that `mlcap serve` has by itself."""
    from mlcap.cli.serve import command

    port = next(str(p.default) for p in command.params if p.name == "port")
    steps = dict(instructions((ROOT / "examples" / "Containerfile.serve").read_text("utf-8")))
    assert steps["EXPOSE"] == [port]
    assert f"http://127.0.0.1:{port}/health/ready" in steps["HEALTHCHECK"][-1]
    compile(steps["HEALTHCHECK"][-1], "health", "exec")


def test_the_health_is_asked_past_a_proxy(small, tmp_path):
    """With the proxy of the host in its environment, as podman gives it, the check reaches the service all the same."""
    steps = dict(instructions((ROOT / "examples" / "Containerfile.serve").read_text("utf-8")))
    (port,), check = steps["EXPOSE"], steps["HEALTHCHECK"][-1]
    with serving(tmp_path, small / "models") as found:
        code = check.replace(f"http://127.0.0.1:{port}", found.address)
        assert code != check
        env = {**os.environ, "http_proxy": "http://127.0.0.1:9", "no_proxy": ""}
        assert subprocess.run([sys.executable, "-c", code], env=env, check=False).returncode == 0
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode != 0


def test_what_is_left_out_of_an_image_is_needed_by_none():
    """Neither what the package is built of, nor the constraints; the history and environments are left out."""
    left_out = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line and line[0] != "#"]
    assert {".git", ".venv"} <= set(left_out)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = ["constraints.txt", "pyproject.toml", project["project"]["readme"], *project["project"]["license-files"]]
    needed += [*wheel["packages"], *wheel["sbom-files"], *wheel["force-include"]]
    for name in needed:
        assert (ROOT / name).exists()
        files = [p for p in (ROOT / name).rglob("*") if "__pycache__" not in p.parts] or [ROOT / name]
        for path in files:
            parts = path.relative_to(ROOT).parts
            assert not [one for one in left_out for part in parts if fnmatch(part, one.removeprefix("**/"))], path
