"""Shells complete commands, options, their values and names of files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner
from commands import every_command
from conftest import ROOT

from mlcap.cli.completion import _FILES, _FOLDERS, named
from mlcap.cli.main import COMMANDS, mlcap

#: What is written for people and is neither: names, numbers, texts.
_NEITHER = {
    *("VERSION", "NAME", "CODE", "WORDS", "FROM-TO", "URL", "SHARE", "LABELLED,GIVEN", "ADDRESS", "HOST", "TEXT"),
    *("dask://HOST:PORT", "", "RUN"),
}


def completed(words):
    """What the program answers to bash."""
    env = {"_MLCAP_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    return CliRunner().invoke(mlcap, [], prog_name="mlcap", env=env).output.splitlines()


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("mlcap mod", ["plain,models"]),
        ("mlcap tag --to js", ["plain,jsonl"]),
        ("mlcap tag --jo", ["plain,--jobs"]),
        ("mlcap tag capt", ["file,capt"]),
        ("mlcap train --models x", ["dir,x"]),
        ("mlcap watch in", ["dir,in"]),
        ("mlcap apply pl", ["file,pl"]),
        ("mlcap review import desk fi", ["file,fi"]),
    ],
)
def test_words_are_completed(words, answer):
    """Commands, values, options, files and folders."""
    assert completed(words) == answer


def texts():
    """The metavars of what is a text, of every command."""
    params = [param for _, command in every_command() for param in command.params]
    return {named(p) for p in params if isinstance(p.type, click.types.StringParamType)}


def test_every_text_is_a_place_or_known_to_be_none():
    """A new option that names a file is completed as one."""
    assert texts() <= _FILES | _FOLDERS | _NEITHER
    assert "completion" not in COMMANDS


#: Shell -> what a fresh one does with the line of the README, and then says of the command.
FRESH = {
    "bash": ["--norc", "-c", 'eval "$(_MLCAP_COMPLETE=bash_source mlcap)"; complete -p mlcap'],
    "zsh": ["-f", "-c", 'eval "$(_MLCAP_COMPLETE=zsh_source mlcap)"; echo $_comps[mlcap]'],
    "fish": [
        "-c",
        "mkdir -p ~/.config/fish/completions; _MLCAP_COMPLETE=fish_source mlcap > ~/.config/fish/completions/mlcap.fish;"
        " complete -C 'mlcap models li'",
    ],
}


@pytest.mark.parametrize("shell", FRESH)
def test_the_lines_of_the_readme_complete_in_a_fresh_shell(shell, tmp_path):
    """Where the shell is at hand: without any file of its own, nothing is said on stderr, and mlcap is completed."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    program = tmp_path / "mlcap"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mlcap "$@"\n', "utf-8")
    program.chmod(0o755)
    env = {"HOME": str(tmp_path), "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run([shell, *FRESH[shell]], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert not done.stderr
    known = {
        "bash": "_mlcap_completion mlcap",
        "zsh": "_mlcap_completion",
        "fish": "list\tList the versions, which is current",
    }
    assert known[shell] in done.stdout


def test_the_readme_has_the_lines():
    """Of each shell."""
    readme = (ROOT / "README.md").read_text("utf-8")
    assert FRESH["bash"][2].partition(";")[0] in readme
    assert "the same with `zsh_source` in `~/.zshrc`" in readme
    assert FRESH["fish"][1].rpartition(";")[0] in readme
