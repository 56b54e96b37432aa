"""Shells complete commands, options, their values and names of files."""

from __future__ import annotations

import shutil
import subprocess

import click
import pytest
from click.testing import CliRunner
from conftest import ROOT

from mlcap.cli.completion import _FILES, _FOLDERS
from mlcap.cli.main import COMMANDS, mlcap

#: What is written for people and is neither: names, numbers, texts.
_NEITHER = {
    *("VERSION", "NAME", "CODE", "WORDS", "FROM-TO", "URL", "SHARE", "LABELLED,GIVEN", "ADDRESS", "HOST", "TEXT"),
    *("dask://HOST:PORT", "", "KEY"),
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
    ],
)
def test_words_are_completed(words, answer):
    """Commands, values, options, files and folders."""
    assert completed(words) == answer


def texts_of(command):
    """The metavars of what is a text, of a command and of those within it."""
    for param in command.params:
        if isinstance(param.type, click.types.StringParamType):
            yield (param.metavar or "").strip("[].")
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            yield from texts_of(command.get_command(click.Context(command), name))


def test_every_text_is_a_place_or_known_to_be_none():
    """A new option that names a file is completed as one."""
    assert set(texts_of(mlcap)) <= _FILES | _FOLDERS | _NEITHER
    assert "completion" not in COMMANDS


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_lines_of_the_readme_are_sound(shell):
    """Where the shell is at hand, it takes the script."""
    assert f"_MLCAP_COMPLETE={shell}_source mlcap" in (ROOT / "README.md").read_text("utf-8") or shell == "zsh"
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = CliRunner().invoke(mlcap, [], prog_name="mlcap", env={"_MLCAP_COMPLETE": f"{shell}_source"}).output
    assert "COMP_WORDS" in script
    subprocess.run([shell, "-n"], input=script, text=True, check=True)
