"""`mlcap review`: a desk from the command line."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import zipfile

import httpx
import pytest
from conftest import ROOT, mlcap, mlcap_process, without, write_jsonl
from desks import Steered, captions, decide_all, make_desk, want_all
from test_adapt import distinct

import mlcap as package
from mlcap.errors import install_extra
from mlcap.review.addresses import OPEN, ServedAt, keep_address, kept_addresses, opened_once
from mlcap.review.desk import Desk
from mlcap.web.serving import bound_socket


@pytest.fixture
def decided(tmp_path, tagger):
    """The folder of a desk on which twelve captions are decided, all of them automatic and of the audit."""
    with want_all(make_desk(tmp_path, Steered(tagger), audit=1.0)) as desk:
        decide_all(desk, "Ada", most=12)
    return tmp_path / "desk"


def start(folder, *args, small):
    """`mlcap review open` in a process of its own, and the addresses that it prints."""
    command = [
        sys.executable,
        "-m",
        "mlcap",
        "review",
        "open",
        *map(str, args),
        "--no-browser",
        "--models",
        small / "models",
    ]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    assert line, process.stderr.read()
    return process, line.split(": ", 1)[1].strip()


def test_a_desk_opens_works_and_ends_with_everything_kept(tmp_path, small):
    """The printed address lets in; a decision made there is on the desk after an interrupt, and the next start goes on."""
    write_jsonl(tmp_path / "captions.jsonl", [*captions(), {"id": "bad"}])
    process, link = start(tmp_path, "desk", "captions.jsonl", "--name", "Ada", "--audit", "100%", small=small)
    try:
        with httpx.Client(base_url=link.split("/enter")[0], headers={"origin": link.split("/enter")[0]}) as client:
            client.get(link)
            page = client.get("/card").text
            form = {"nonce": re.search(r'name="nonce" value="([^"]+)"', page)[1], "f.event": "launch"}
            assert client.post("/decide", data=form).status_code == 303
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode in (0, 3)
    assert "Traceback" not in said
    assert "1 record could not be read" in said
    done = mlcap("review", "status", "desk", "--json", cwd=tmp_path, check=0)
    assert json.loads(done.out)["progress"]["decided"] == 1
    assert json.loads(done.out)["unreadable"][0]["error"].startswith("has no caption")
    invited = mlcap("review", "invite", "desk", "Bo", cwd=tmp_path, check=0)
    assert re.fullmatch(r"Bo: http://127\.0\.0\.1:\d+/enter\?token=\S+\n", invited.out)


def test_a_desk_opens_where_it_was(tmp_path, small):
    """A second start has the address of the first, so that pages and links of then hold; another port where that is taken."""
    write_jsonl(tmp_path / "captions.jsonl", captions(6))
    addresses = []
    for _ in range(2):
        process, link = start(tmp_path, "desk", "captions.jsonl", small=small)
        addresses.append(link.partition("/enter")[0])
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert addresses[0] == addresses[1]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(addresses[0].rpartition(":")[2])))
        taken.listen()
        process, link = start(tmp_path, "desk", "captions.jsonl", small=small)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert link.partition("/enter")[0] != addresses[0]


def test_status_is_told_in_words(decided):
    """The text tells what is done, what the audit says, and what would tell more."""
    out = mlcap("review", "status", decided, cwd=decided, check=0).out
    assert "40 captions" in out
    assert re.search(
        r"of the automatic events at least \d+\.\d% are right with 95% confidence \(n \d+, \d+ right\)", out
    )
    assert "would tell" in out
    assert all(len(line) < 120 for line in out.splitlines())


FORMS = {"labels": "o.jsonl", "csv": "o.csv", "prodigy": "p.jsonl", "label-studio": "s.json", "argilla": "a.json"}


def test_an_export_replaces_exports_of_its_form_alone(decided, tmp_path):
    """The desk's source, another form and a person's file stay; what the same form wrote makes room."""
    source = tmp_path / "captions.jsonl"
    theirs = {"labels.csv": "id,text,event\n1,A rocket.,launch\n", "tasks.json": '[{"data": {}, "annotations": []}]'}
    for name, text in theirs.items():
        (tmp_path / name).write_text(text, "utf-8")
    run = lambda form, out, code: mlcap("review", "export", decided, "--to", form, "-o", out, cwd=tmp_path, check=code)  # noqa: E731
    before = source.read_bytes()
    for form, out in FORMS.items():
        assert "captions.jsonl: is an input as well" in run(form, "captions.jsonl", 6).err
        run(form, out, 0)
        run(form, out, 0)
        for name in theirs:
            assert f"{name}: is there and no {form} of `mlcap review export`" in run(form, name, 6).err
        for other in FORMS.keys() - {form}:
            assert f"no {other} of" in run(other, out, 6).err
    assert source.read_bytes() == before
    assert {name: (tmp_path / name).read_text("utf-8") for name in theirs} == theirs


def test_an_exported_folder_replaces_no_taxonomy_of_a_person(decided, tmp_path):
    """A folder is exported again, and a taxonomy without an export beside it stays."""
    for _ in range(2):
        mlcap("review", "export", decided, "-o", "mine", cwd=tmp_path, check=0)
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "taxonomy.toml").write_text("# ours\n", "utf-8")
    done = mlcap("review", "export", decided, "-o", "theirs", cwd=tmp_path, check=6)
    assert "taxonomy.toml: is there and no taxonomy of" in done.err
    assert [p.name for p in (tmp_path / "theirs").iterdir()] == ["taxonomy.toml"]


def test_export_feeds_training_and_evaluation(decided, tmp_path, small):
    """The exported folder passes `labels check`, and the file is measured by `evaluate`."""
    mlcap("review", "export", decided, "-o", "my-labels", cwd=tmp_path, check=0)
    mlcap("labels", "check", "--labels", "my-labels", cwd=tmp_path, check=0)
    mlcap("evaluate", "my-labels/captions.jsonl", "--models", small / "models", cwd=tmp_path, check=0)
    lines = mlcap("review", "export", decided, cwd=tmp_path, check=0).out.splitlines()
    assert len(lines) == 12


def test_a_desk_whose_only_source_is_mistyped_is_not_opened(decided, tmp_path, small):
    """Nothing is served where no source could be read; with one that can be, the fault of the other is told alone."""
    args = ("review", "open", decided, "typo.jsonl", "--terminal", "--models", small / "models")
    done = mlcap(*args, cwd=tmp_path, check=2)
    assert "there is no such file" in done.err
    assert "no source could be read, so the desk is not opened" in done.err
    assert "there is no such file" in mlcap(*args, "captions.jsonl", cwd=tmp_path, stdin=b"", check=3).err


def test_import_tells_what_it_took(decided, tmp_path, small):
    """New, known and faulty records are counted, and the exit code says that some failed."""
    rows = [{"id": "n1", "text": "Divers wait.", "event": "training"}, {"id": "n2", "text": "x", "event": "picnic"}]
    write_jsonl(tmp_path / "in.jsonl", rows)
    args = ("review", "import", decided, "in.jsonl", "--models", small / "models")
    assert "1 new decision, 0 known already" in mlcap(*args, cwd=tmp_path, check=3).err
    assert "0 new decisions, 1 known already" in mlcap(*args, cwd=tmp_path, check=3).err


def test_contradictory_rows_of_an_import_are_told(decided, tmp_path, small):
    """A caption that has different labels in one file is counted; rows that say the same are no contradiction."""
    given = (("n1", "training"), ("n1", "launch"), ("n2", "launch"), ("n2", "launch"))
    write_jsonl(tmp_path / "in.jsonl", [{"id": n, "text": f"Divers wait, {n}.", "event": e} for n, e in given])
    done = mlcap("review", "import", decided, "in.jsonl", "--models", small / "models", cwd=tmp_path, check=0)
    assert "in.jsonl: gives 1 caption different labels in several rows, n1 for one; the last stands" in done.err


def test_a_second_open_leaves_the_first_its_address(tmp_path, small, tagger):
    """Where a desk is open already is told with an exit code, and what is remembered of it and invitations stay."""
    with make_desk(tmp_path, tagger, captions(6)) as desk, bound_socket("127.0.0.1", 0) as sock:
        place = ServedAt(f"http://127.0.0.1:{sock.getsockname()[1]}", *sock.getsockname())
        keep_address(desk.store, OPEN, place)
        invited = desk.store.one("SELECT count(*) FROM tokens")
        with opened_once(desk.store):
            options = ("--no-browser", "--models", small / "models")
            done = mlcap("review", "open", "desk", *options, cwd=tmp_path, check=2)
        assert f"is open at {place.address} already" in done.err
        assert kept_addresses(desk.store)[OPEN] == place
        assert desk.store.one("SELECT count(*) FROM tokens") == invited
        with opened_once(desk.store):  # The lock goes with whoever held it.
            pass


@pytest.mark.parametrize("command", [("review", "open", "desk", "captions.jsonl", "--no-browser"), ("serve", "desk")])
@pytest.mark.parametrize(
    ("option", "value"),
    [("--cell", "x,y"), ("--host", "203.0.113.7"), ("--host", ""), ("--public", "ftp://x"), ("--allow", "http://x")],
)
def test_a_bad_option_is_told_before_anything_is_made(command, option, value, tmp_path, small):
    """The option is named, and there is no folder yet."""
    if command[0] == "serve" and option == "--cell":
        return
    write_jsonl(tmp_path / "captions.jsonl", captions(6))
    done = mlcap(*command, option, value, "--models", small / "models", cwd=tmp_path, check=2)
    assert option in done.err
    assert not (tmp_path / "desk").exists()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("open", "none"), "name the captions"),
        (("open", "none", "missing.jsonl"), "there is no such file"),
        (("status", "none"), "is no desk"),
        (("export", "none"), "is no desk"),
        (("open", "none", "x.jsonl", "--audit", "120%"), "a share from 0 to 1"),
        (("open", "none", "x.jsonl", "--name", " "), "names nobody"),
        (("invite", "none", "Bo"), "is no desk"),
    ],
)
def test_wrong_use_is_one_line(tmp_path, small, args, words):
    """What cannot be done is told in one line with what to try, and leaves nothing behind."""
    models = ("--models", small / "models") if args[0] == "open" else ()
    done = mlcap("review", *args, *models, *(("--no-browser",) if args[0] == "open" else ()), cwd=tmp_path, check=2)
    assert words in done.err
    assert done.out == ""
    assert not list(tmp_path.iterdir())


def test_without_the_extra_the_desk_says_what_to_install(tmp_path, small):
    """Where FastAPI is missing, one line says how to get it, and the terminal still works."""
    write_jsonl(tmp_path / "captions.jsonl", captions())
    (tmp_path / "missing").mkdir()
    env = without("fastapi", tmp_path / "missing")
    code = "import importlib.util as u, sys; f = u.find_spec; u.find_spec = lambda n, *a: None if n == 'fastapi' else f(n, *a);"
    code += "from mlcap.cli.main import main; sys.exit(main())"
    args = ["review", "open", "desk", "captions.jsonl", "--models", str(small / "models")]
    done = subprocess.run(
        [sys.executable, "-c", code, *args],
        cwd=tmp_path,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "pip install 'mlcap[desk]'" in done.stderr


def test_help_loads_no_web(tmp_path):
    """`mlcap review --help` and the status of a desk load neither FastAPI nor scikit-learn."""
    code = "import sys; from mlcap.cli.main import main; main(['review', '--help']); print([m for m in sys.modules if m in ('fastapi', 'sklearn', 'uvicorn')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_watched_folder_can_be_put_on_a_desk(tmp_path, small, tagger):
    """Results of `mlcap watch` come with their tags and version."""
    (tmp_path / "inbox").mkdir()
    write_jsonl(tmp_path / "inbox" / "a.jsonl", captions()[:6])
    models = ("--models", small / "models")
    mlcap(
        "watch", "inbox", "--out", "out", "--once", "--settle", "0", "--every", "0.01", *models, cwd=tmp_path, check=0
    )
    with Desk.open(tmp_path / "desk", tagger.facets) as desk:
        added = desk.add(tagger, [str(tmp_path / "out")])
        assert (added.new, added.unreadable) == (6, ())
        assert {r[0] for r in desk.store.rows("SELECT model FROM suggestions")} == {tagger.version}


def test_errors_of_the_disk_are_told(tmp_path, small):
    """A desk where a file stands is one line with the exit code of outputs."""
    (tmp_path / "desk").write_text("a file", "utf-8")
    write_jsonl(tmp_path / "captions.jsonl", captions())
    done = mlcap_process(
        "review", "open", "desk", "captions.jsonl", "--no-browser", "--models", small / "models", cwd=tmp_path
    )
    assert done.returncode == 6
    assert done.err.count("\n") == 1


def test_the_loop_closes_with_better_suggestions(tmp_path, tagger):
    """Decisions are exported, a version is adapted to them, and it suggests for open captions what people decided of their like."""
    rows = distinct()
    records = [{k: r[k] for k in ("id", "text", "mission")} for r in rows]
    wanted = {r["id"]: r["event"] for r in rows}
    with want_all(make_desk(tmp_path, tagger, records)) as desk:
        decide_all(desk, "Ada", lambda card: {"event": wanted[card.caption.id], "crew_role": []}, most=36)
        mlcap("review", "export", tmp_path / "desk", "-o", "my-labels", cwd=tmp_path, check=0)
        mlcap("adapt", "--labels", "my-labels", "--models", "models", "--folds", "2", cwd=tmp_path, check=0)
        assert desk.renew(package.load(models=str(tmp_path / "models"))) == 12
        question = "SELECT c.id, s.tags FROM places p JOIN captions c ON c.number = p.caption JOIN suggestions s ON s.number = p.suggestion WHERE p.state = 'open'"
        found = {r["id"]: json.loads(r["tags"])["event"] for r in desk.store.rows(question)}
    assert len(found) == 12
    assert sum(found[name] == wanted[name] for name in found) >= 11


@pytest.mark.slow
def test_the_wheel_holds_the_desk(tmp_path, small):
    """What the wheel installs serves a card, its style and its script, with the version that ships."""
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path / "wheel"), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = (tmp_path / "wheel").glob("mlcap-*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    write_jsonl(tmp_path / "captions.jsonl", captions())
    command = [
        sys.executable,
        "-m",
        "mlcap",
        "review",
        "open",
        "desk",
        "captions.jsonl",
        "--name",
        "Ada",
        "--no-browser",
    ]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "installed")}
    process = subprocess.Popen(
        [*command, "--audit", "1"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    link = process.stdout.readline().split(": ", 1)[1].strip()
    try:
        with httpx.Client(base_url=link.split("/enter")[0]) as client:
            client.get(link)
            page = client.get("/card").text
            assert 'name="nonce"' in page
            for path in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
                assert client.get(path).status_code == 200
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    origin = "import mlcap.desk; print(mlcap.desk.__file__)"
    where = subprocess.run(
        [sys.executable, "-c", origin], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert str(tmp_path / "installed") in where.stdout


def test_the_hint_names_the_pip_of_this_python(tmp_path, monkeypatch):
    """Where the PATH has none, or another, the one beside the Python that runs, as short as it can be written."""
    own = tmp_path / "venv" / "bin"
    own.mkdir(parents=True)
    for name in ("python", "pip"):
        (own / name).write_text("#!/bin/sh\n")
        (own / name).chmod(0o755)
    monkeypatch.setattr("sys.executable", str(own / "python"))
    monkeypatch.chdir(tmp_path)
    for path, said in ((str(own), "pip"), (str(tmp_path), "venv/bin/pip")):
        monkeypatch.setenv("PATH", path)
        assert install_extra("desk") == f"install it with: {said} install 'mlcap[desk]'"


#: Reads a desk and an inbox as another user, in a process that has loaded its modules before.
_AS_NOBODY = """
import encodings.idna, importlib.readers, os, sys
from mlcap.cli.main import main
folder = sys.argv[1]
looks = [["review", "status", folder + "/desk"], ["review", "export", folder + "/desk", "--to", "csv"]]
looks.append(["watch", folder + "/in", "--out", folder + "/out", "--status"])
main(["tag", folder + "/none.jsonl", folder + "/labels.csv"])
print("--- warm", flush=True)
before = [main(look) for look in looks]
os.setgroups([]); os.setgid(65534); os.setuid(65534)
print("--- dropped", flush=True)
print("--- dropped", file=sys.stderr, flush=True)
after = [main(look) for look in looks]
refused = main(["review", "import", folder + "/desk", folder + "/labels.csv"])
print("--- tagged", flush=True)
private = main(["tag", folder + "/private/in/a.jsonl", folder + "/labels.csv"])
unlisted = main(["watch", folder + "/private/in", "--out", folder + "/none", "--once"])
sys.exit((before, after, refused, private, unlisted) != ([0, 0, 0], [0, 0, 0], 6, 3, 6))
"""


@pytest.mark.slow
@pytest.mark.skipif(os.getuid() != 0, reason="needs root to drop to another user")
def test_what_may_not_be_written_can_be_read(decided, small, for_everybody):
    """Status and labels of a desk and of an inbox on a share that is not one's own; a change is one clear line."""
    shutil.copytree(decided, for_everybody / "desk")
    (for_everybody / "in").mkdir()
    write_jsonl(for_everybody / "in" / "a.jsonl", [{"id": "a", "text": "A crane waits."}])
    watched = mlcap(
        "watch",
        for_everybody / "in",
        "--out",
        for_everybody / "out",
        "--once",
        "--models",
        small / "models",
        cwd=for_everybody,
    )
    assert watched.returncode == 0, watched.err
    (for_everybody / "labels.csv").write_text("id,text,event\na,A crane waits.,other\n")
    subprocess.run(["chmod", "-R", "a+rX,go-w", str(for_everybody)], check=True)
    (for_everybody / "private" / "in").mkdir(parents=True)
    (for_everybody / "private").chmod(0o700)
    held = sorted(str(p) for p in for_everybody.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-c", _AS_NOBODY, str(for_everybody)], cwd="/", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    as_owner, _, as_nobody = done.stdout.partition("--- warm\n")[2].partition("--- dropped\n")
    as_nobody, _, tagged = as_nobody.partition("--- tagged\n")
    assert as_nobody == as_owner
    assert json.loads(tagged)["id"] == "a", "the other input goes on"
    assert "12 decided" in as_nobody
    told = done.stderr.partition("--- dropped\n")[2].splitlines()
    assert {
        f"mlcap: {for_everybody}/desk/desk.sqlite: cannot be written (attempt to write a readonly database); free space or open the folder",
        f"mlcap: {for_everybody}/private/in/a.jsonl: cannot be read (Permission denied)",
        f"mlcap: {for_everybody}/private/in: may not be used (Permission denied); ask for the right to it or name another",
    } <= set(told)
    assert sorted(str(p) for p in for_everybody.rglob("*")) == held
