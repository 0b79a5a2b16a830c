"""An API that misbehaves: a small threaded HTTP server whose answers a test writes itself.

    with StubApi(answer=lambda call: html(502)) as api: ... api.url ...

`token` and `answer` are called with the Call of each POST to the token address and to the API, and return an Answer, or
None to close the connection without a word.
"""
import collections
import http.server
import json
import re
import socket
import threading

SESSION = "stub-session-71c0ffee"

Call = collections.namedtuple("Call", "number query session")


class Answer:
    """cut: bytes of the body that are promised and never sent."""

    def __init__(self, body, code=200, content_type="application/json", cut=0, headers=()):
        self.body = body if isinstance(body, bytes) else body.encode()
        self.code, self.content_type, self.cut, self.headers = code, content_type, cut, headers


def answer_json(value, code=200):
    return Answer(json.dumps(value), code)


def html(code, title="Bad Gateway"):
    return Answer("<html><head><title>%s</title></head><body>%s</body></html>" % (title, title), code, "text/html")


def error(code, message="made up"):
    return answer_json({"errors": [{"message": message, "extensions": {"path": "$", "code": code}}]})


def session(_):
    return answer_json({"session_id": SESSION})


def rows_of(call, make_row):
    """The answer to a query of the hasura dialect that pages once: make_row(site, group, day) for each slice asked for."""
    where = re.search(r"where: \{(.*?)\}[,)] ?order_by", call.query).group(1)
    low, high = re.search(r"DATE_PARTITION: \{(?:_gte: (\d+), _lte: |_eq: ())(\d+)\}", where).group(1, 3)
    sites = [int(site) for site in re.findall(r"\d+", re.search(r"SITE_ID: \{(.*?)\}", where).group(1))]
    groups = re.findall(r'"(.*?)"', re.search(r"GROUP_ID: \{(.*?)\}", where).group(1))
    days = range(int(low or high), int(high) + 1)
    rows = [make_row(site, group, day) for day in days for site in sites for group in groups]
    if "_or:" in call.query or "DATE_TIME_START: {_gt" in call.query:
        rows = []
    return rows


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10

    def do_POST(self):
        api = self.server.api
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/v2/oauth/token":
            answer = api.token(json.loads(body))
            with api.lock:
                api.logins += 1
        else:
            with api.lock:
                api.queries += 1
                call = Call(api.queries, json.loads(body)["query"], self.headers.get("X-Session-Id"))
            answer = api.answer(call)
        self.close_connection = answer is None or answer.cut > 0
        if answer is not None:
            self.reply(answer)

    def reply(self, answer):
        self.send_response(answer.code)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body) + answer.cut))
        for name, value in answer.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that left is none of the test's concern."""


class StubApi:
    def __init__(self, answer, token=session, tls=None):
        """tls: a server context of ssl; the handshake of one client then waits for that of another."""
        self.answer, self.token = answer, token
        self.queries = self.logins = 0
        self.lock = threading.Lock()
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.api = self
        self.url = "http%s://127.0.0.1:%d" % ("s" if tls else "", self.server.server_address[1])
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def dead_address():
    """An address on which nobody listens: the socket is bound, so that no one else gets it, but not listening."""
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    return holder, "http://127.0.0.1:%d" % holder.getsockname()[1]
