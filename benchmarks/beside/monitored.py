"""The server of benchmarks/watched_serving.py: ``monitored.py make``, then ``monitored.py alone|watched|traced``.

Each has two workers, a canary of 5 %, a shadow, and each row in the journal before its reply. ``alone`` has nobody who
reads that; ``watched`` has control with its monitors; ``traced`` sends one request in a hundred to a collector besides,
which runs here and throws it away.
"""

import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec

from slipway import Project
from slipway.records.tracing import Tracing
from slipway.serving.config_file import config_of
from slipway.serving.supervisor import Hosted, Supervisor
from slipway.storage.layout import Layout
from slipway.storage.routes import publish


class Sink(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def serve(work, *, how):
    project = Project.open(work)
    config = config_of(project.scope, folder=work)
    if how == "traced":
        sink = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
        threading.Thread(target=sink.serve_forever, daemon=True).start()
        traces = Tracing(endpoint=f"http://127.0.0.1:{sink.server_port}", share=0.01)
        config = msgspec.structs.replace(config, tracing=traces)
    publish(project.route(), folder=Layout(work).routes)
    Supervisor(Hosted(config, work), control=how != "alone").run()


if __name__ == "__main__":
    if sys.argv[1] == "make":
        from slipway_all import make

        make(Path(os.environ["WORK"]), shadow=True)
    else:
        serve(Path(os.environ["WORK"]), how=sys.argv[1])
