"""Servers on loopback for the tests of remote files: HTTP with every bad habit, S3, and a hub of data sets."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote


class Web(ThreadingHTTPServer):
    """An HTTP server of a few files.

    Parameters
    ----------
    files : dict of str to bytes
        By path, as ``/a.jsonl``.
    ranges : bool
        Whether it answers requests for parts.
    has_length : bool
        Whether it says how long a file is.
    drops : int
        So many answers of more than ``drop_above`` bytes end after half of them.
    """

    daemon_threads = True

    def __init__(self, files, ranges=True, has_length=True, drops=0, drop_above=1 << 10):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files, self.ranges, self.has_length = files, ranges, has_length
        self.drops, self.drop_above = drops, drop_above
        self.statuses = {}
        self.sent = []
        self.after_request = lambda number: None

    def url(self, path):
        return f"http://127.0.0.1:{self.server_port}{path}"

    @property
    def bytes_sent(self):
        return sum(self.sent)

    def handle_error(self, request, client_address):
        pass  # a client that goes away


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_HEAD(self):
        self._answer(has_body=False)

    def do_GET(self):
        self._answer(has_body=True)

    def _answer(self, has_body):
        server, path = self.server, self.path.partition("?")[0]
        status = server.statuses.get(path, 200 if path in server.files else 404)
        if status != 200:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        whole = server.files[path]
        body, status = whole, 200
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if asked and server.ranges:
            start, end = int(asked[1]), int(asked[2] or len(whole) - 1)
            body, status = whole[start : end + 1], 206
        self.send_response(status)
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-{start + len(body) - 1}/{len(whole)}")
        if server.has_length:
            self.send_header("Content-Length", str(len(body)))
        else:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.send_header("ETag", f'"{hashlib.md5(whole, usedforsecurity=False).hexdigest()}"')
        self.end_headers()
        if not has_body:
            return
        if server.drops and len(body) > server.drop_above:
            server.drops -= 1
            body = body[: len(body) // 2]
            self.close_connection = True
        self.wfile.write(body)
        self.wfile.flush()
        server.sent.append(len(body))
        server.after_request(len(server.sent))


@contextmanager
def serving(files, kind=Web, **habits):
    """Run a server in a thread."""
    with kind(files, **habits) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def memory_system():
    """Return fsspec's memory file system, empty."""
    import fsspec

    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    return system


@contextmanager
def s3_server():
    """Run moto's S3 with an empty bucket ``news``; the environment is as for a user of it."""
    import boto3
    import fsspec
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    chosen = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    before = {name: os.environ.get(name) for name in chosen}
    os.environ.update(chosen)
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    try:
        client = boto3.client("s3")
        client.create_bucket(Bucket="news")
        yield client
        client.close()
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value
        fsspec.get_filesystem_class("s3").clear_instance_cache()
        server.stop()


class Hub(Web):
    """The part of the Hugging Face hub that reading a data set ``owner/name`` takes; files by their paths in it."""

    def __init__(self, files):
        super().__init__({f"/datasets/owner/name/resolve/main/{path}": data for path, data in files.items()})
        self.RequestHandlerClass = _HubHandler
        self.data_set = files

    def entry(self, path):
        data = self.data_set.get(path)
        if data is not None:
            oid = hashlib.sha1(data, usedforsecurity=False).hexdigest()
            return {"type": "file", "oid": oid, "size": len(data), "path": path}
        return {"type": "directory", "oid": "0" * 40, "size": 0, "path": path}


class _HubHandler(_Handler):
    def do_GET(self):
        path = unquote(self.path.partition("?")[0])
        hub = self.server
        if found := re.fullmatch(r"/api/datasets/owner/name/tree/main/?(.*)", path):
            above = f"{found[1]}/" if found[1] else ""
            below = [name.removeprefix(above).split("/") for name in hub.data_set if name.startswith(above)]
            depth = 99 if "recursive=true" in self.path.lower() else 1
            names = {above + "/".join(parts[:n]) for parts in below for n in range(1, 1 + min(len(parts), depth))}
            self._json([hub.entry(name) for name in sorted(names)])
        elif path.startswith("/api/datasets/owner/name"):
            self._json({"id": "owner/name", "sha": "0" * 40, "siblings": []})
        elif path.startswith("/api/"):
            self._json({"error": "Repository not found"}, 404, {"X-Error-Code": "RepoNotFound"})
        else:
            super().do_GET()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        is_json = body.startswith("{")
        paths = json.loads(body)["paths"] if is_json else parse_qs(body)["paths"]
        files = self.server.data_set
        known = [path for path in paths if path in files or any(name.startswith(f"{path}/") for name in files)]
        self._json([self.server.entry(path) for path in known])

    def _json(self, answer, status=200, headers=()):
        data = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(data)),
            **dict(headers),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
