"""exiftool, which reads and writes metadata: one process for a whole command, by its documented `-stay_open` protocol."""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlcap.bounded_json import values_in
from mlcap.errors import PhotoError

#: Defines the namespace `XMP-mlcap`.
CONFIG = Path(__file__).with_name("exiftool.config")
#: Seconds after which exiftool is given up on, for one request.
PATIENCE = 120.0
#: Files that one request should name.
BATCH = 32
#: An answer of more bytes, or of more values, than this is refused.
_LARGEST_ANSWER = 256 << 20
_MOST_VALUES = 3_000_000
_PR_SET_PDEATHSIG = 1
# Found before the fork, after which little may be done.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def exiftool_path() -> str | None:
    """Where exiftool is, None where it is not installed."""
    return shutil.which("exiftool")


def argument(text: str) -> str:
    """One argument as a line of exiftool's argument file.

    Raises:
        PhotoError: it holds a line end, which would make two arguments of one.
    """
    if any(c in text for c in "\r\n\0"):
        raise PhotoError("a name or value holds a line end")
    return text


def _end_with_parent() -> None:
    """Let the system end exiftool when mlcap is killed; it would wait for more requests for ever (prctl(2))."""
    assert _libc
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class ExifTool:
    """One exiftool process; it starts with the first request and ends with `close`.

    It is our own few lines because the usual wrapper reads without end when exiftool dies, and stops for good
    when exiftool warns more than a pipe holds.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115

    def _start(self) -> subprocess.Popen[bytes]:
        path = exiftool_path()
        if path is None:
            raise PhotoError("exiftool is missing; install it (Debian: libimage-exiftool-perl) or give sidecars alone")
        command = [path, "-config", str(CONFIG), "-stay_open", "True", "-@", "-"]
        # EXIF has no mark of its encoding; taken for the Western one, no byte is lost (`mlcap.records.mojibake`).
        command += ["-common_args", "-charset", "filename=utf8", "-charset", "exif=latin", "-G1", "-struct"]
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        try:
            return subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=environment,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
            )
        except OSError as error:
            raise PhotoError(f"exiftool cannot be started ({error.strerror or error})") from error

    def execute(self, *arguments: str) -> tuple[str, str]:
        """Make one request and give (its output, its messages).

        Raises:
            PhotoError: exiftool is missing, died or does not answer.
        """
        request = "\n".join(argument(a) for a in arguments)
        try:
            request_bytes = request.encode("utf-8")
        except UnicodeEncodeError as error:
            raise PhotoError("a name or value is no Unicode text") from error
        if self._process is None:
            self._process = self._start()
        assert self._process.stdin
        # The end of an answer is marked by a number that no file can know, so that none can hold it.
        number = secrets.randbelow(10**18) + 10**18
        self._errors.seek(0)
        self._errors.truncate()
        try:
            self._process.stdin.write(request_bytes + f"\n-execute{number}\n".encode())
            self._process.stdin.flush()
            output = self._answer(self._process, f"{{ready{number}}}".encode())
        except OSError as error:
            self._kill()
            raise PhotoError("exiftool ended unexpectedly; run the command again") from error
        except BaseException:
            # Stopped: it may hang, and what it still answers must not be taken for the answer to the next request.
            self._kill()
            raise
        self._errors.seek(0)
        return output.decode("utf-8", errors="replace"), self._errors.read().decode("utf-8", errors="replace").strip()

    def _answer(self, process: subprocess.Popen[bytes], ready: bytes) -> bytes:
        assert process.stdout
        data = bytearray()
        deadline = time.monotonic() + PATIENCE
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while ready not in data[-len(ready) - 8 :]:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    self._kill()
                    raise PhotoError(f"exiftool gave no answer within {PATIENCE:.0f} s")
                piece = os.read(process.stdout.fileno(), 1 << 16)
                if not piece or len(data) > _LARGEST_ANSWER:
                    raise BrokenPipeError
                data += piece
        return bytes(data[: data.rindex(ready)])

    def read(self, paths: Sequence[str], tags: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Read tags of files: path as given -> tag with its group -> value, all numbers as text.

        Raises:
            PhotoError: exiftool is missing, died or does not answer.
        """
        output, _ = self.execute("-j", "-n", *(f"-{t}" for t in tags), *paths)
        try:
            if values_in(output) > _MOST_VALUES:
                raise PhotoError(f"its metadata hold more than {_MOST_VALUES} values")
            rows = json.loads(output or "[]", parse_int=str, parse_float=str)
        except (ValueError, RecursionError) as error:
            raise PhotoError("exiftool's answer cannot be understood; is it of version 12.15 or later?") from error
        return {row["SourceFile"]: row for row in rows}

    def _kill(self) -> None:
        if self._process:
            self._process.kill()
            self.close()

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            process.communicate(b"-stay_open\nFalse\n", timeout=10)
        except (subprocess.TimeoutExpired, OSError, ValueError):
            process.kill()
            process.communicate()


_running: list[ExifTool] = []


@contextmanager
def session() -> Iterator[ExifTool]:
    """One exiftool for everything within; a session within a session is the same one."""
    if _running:
        yield _running[-1]
        return
    tool = ExifTool()
    _running.append(tool)
    try:
        yield tool
    finally:
        _running.remove(tool)
        tool.close()
        tool._errors.close()  # noqa: SLF001
