"""A microservice as Islandora calls one: it is given the address of a caption, and answers with the tags.

    TOKEN=... python islandora.py --from https://islandora.example/ --secret ... [--port 8018]

Islandora's queue (Alpaca) sends a GET with the address of the source in `Apix-Ldp-Resource` and the user's authorization,
and keeps what is answered as a derivative. The source is fetched from below `--from` alone, so that nobody makes this service
ask elsewhere, and with the authorization that the call carries. `--secret` is what the queue's own address has to end with.
"""

import argparse
import hmac
import json
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from mlcap_service import setting, tag

#: A caption of more bytes is not read.
LARGEST = 1 << 20


class _NoWayElse(urllib.request.HTTPRedirectHandler):
    """No redirection leads elsewhere."""

    def redirect_request(self, *_):
        """None is followed."""
        return


def fetched(address, authorization):
    """The text at an address."""
    headers = {"authorization": authorization} if authorization else {}
    request = urllib.request.Request(address, headers=headers)
    with urllib.request.build_opener(_NoWayElse).open(request, timeout=30) as answer:
        return answer.read(LARGEST).decode("utf-8", errors="replace")


class Microservice(BaseHTTPRequestHandler):
    """Answers the queue."""

    def do_GET(self):
        """One caption."""
        source = self.headers.get("Apix-Ldp-Resource", "")
        if not hmac.compare_digest(urlsplit(self.path).path.encode(), f"/{self.server.secret}".encode()):
            self.answer(404, {"error": "there is nothing at this address"})
        elif not source.startswith(self.server.sources) or ".." in source or "@" in urlsplit(source).netloc:
            self.answer(403, {"error": "the source is not below the address that this service may read from"})
        else:
            try:
                text = fetched(source, self.headers.get("Authorization"))
                (record,) = tag([{"id": source, "text": text}])
            except (urllib.error.URLError, SystemExit) as error:
                self.answer(502, {"error": str(error)})
            else:
                self.answer(422 if "error" in record else 200, record)

    def answer(self, status, data):
        """Send data as JSON."""
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Nothing of a request is told."""


def main():
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="sources", required=True, metavar="ADDRESS")
    parser.add_argument("--secret", required=True)
    parser.add_argument("--port", type=int, default=8018)
    args = parser.parse_args()
    setting("TOKEN")  # Missed now, and not with the first caption.
    server = ThreadingHTTPServer(("127.0.0.1", args.port), Microservice)
    server.sources = args.sources.rstrip("/") + "/"
    server.secret = args.secret
    print(f"http://127.0.0.1:{server.server_port}/{args.secret}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
