"""A server on this machine that behaves like the image library's search API, well or badly."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


def honest(page, answer):
    """Leave an answer as it is."""


@dataclass
class Packed:
    """A whole body and the encoding that its head names."""

    encoding: str
    body: bytes


class LibraryServer:
    """Serves records by page, by year and by id.

    Attributes:
        records: the records, each with nasa_id, description and year.
        requests: the parameters of every request, in order.
        faults: what the next answers are instead: a status, `slow`, `slow head`, `cut`, `html`, `text`, `huge`, or
            `Packed`; one is used up each.
        lie: changes a page before it is sent: called with (page number, answer).
    """

    def __init__(self, records):
        self.records = records
        self.requests = []
        self.faults = []
        self.retry_after = None
        self.lie = honest
        self.url = ""

    def chosen(self, params):
        """The records that a question asks for."""
        if "nasa_id" in params:
            return [r for r in self.records if r["nasa_id"].lower() == params["nasa_id"].lower()]
        years = range(int(params.get("year_start", 0)), int(params.get("year_end", 9999)) + 1)
        return [r for r in self.records if r.get("year", 0) in years]

    def answer(self, params):
        """(status, answer) for a question."""
        page, size = int(params.get("page", 1)), int(params.get("page_size", 100))
        if page > 100:
            return 400, {"reason": "Maximum number of search results have been displayed. Please refine your search."}
        found = self.chosen(params)
        part = found[(page - 1) * size : page * size]
        items = [{"href": "http://192.0.2.1/x", "data": [{k: v for k, v in r.items() if k != "year"}]} for r in part]
        collection = {"version": "1.0", "items": items, "metadata": {"total_hits": len(found)}}
        if page * size < len(found):
            # The real one names a plain http address here; nobody should follow it.
            collection["links"] = [{"rel": "next", "prompt": "Next", "href": "http://192.0.2.1/never"}]
        answer = {"collection": collection}
        self.lie(page, answer)
        return 200, answer


def _handler(server):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args):
            """Say nothing."""

        def send(self, status, body, length=None, headers=()):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body) if length is None else length))
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            params = {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
            server.requests.append(params)
            fault = server.faults.pop(0) if server.faults else None
            if fault is None:
                status, answer = server.answer(params)
                self.send(status, json.dumps(answer).encode())
            elif isinstance(fault, int):
                headers = [("Retry-After", server.retry_after)] if server.retry_after else []
                self.send(fault, b'{"reason": "not now"}', headers=headers)
            elif fault == "cut":
                self.send(200, b'{"collection": {', length=5000)
                self.close_connection = True
            elif isinstance(fault, Packed):
                self.send(200, fault.body, headers=[("Content-Encoding", fault.encoding)])
            elif fault == "slow head":
                for piece in [b"HTTP/1.1 200 OK\r\n", *[b"X"] * 600]:
                    time.sleep(0.05)
                    try:
                        self.wfile.write(piece)
                        self.wfile.flush()
                    except OSError:
                        break
                self.close_connection = True
            elif fault == "slow":
                self.send(200, b"{", length=50)
                for _ in range(20):
                    time.sleep(0.05)
                    try:
                        self.wfile.write(b" ")
                        self.wfile.flush()
                    except OSError:
                        break
                self.close_connection = True
            elif fault == "huge":
                self.send(200, b" " * 300_000)
            else:
                self.send(200, b"<html>" if fault == "html" else b'{"collection": {"items": "none"}}')

    return Handler


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that goes away is no news."""


@contextmanager
def serving(records):
    """Run a server while the block lasts."""
    library = LibraryServer(records)
    http = _Quiet(("127.0.0.1", 0), _handler(library))
    library.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield library
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
