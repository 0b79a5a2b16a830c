"""The API as the workers of a test see it: a simulator, in front of which answers can be held back or spoilt.

    with gate.Gate(simulator) as api:
        api.judge = lambda call: gate.error(500) if call.worker == 0 else None

`judge` is called with each Call before it is passed on, and may wait. What it returns instead of None is the answer.
`simulator` may be changed for another one while programs run: their job names the address of the gate.
"""
import collections
import json
import re
import threading
import urllib.error
import urllib.request

import rig  # for the path to stub_api
import stub_api

# worker: which of them asks, counted from 0 in the order in which they logged in. building, first, last: of the slices
# that are asked for, None when it is about something else.
Call = collections.namedtuple("Call", "worker building first last query")
BUILDING = re.compile(r"BUILDING_ID: \{_eq: (\d+)\}")
DAYS = re.compile(r"DATE_PARTITION: \{(?:_gte: (\d+), _lte: (\d+)|_eq: (\d+))\}")


def error(code):
    return stub_api.html(code, "spoilt")


def call_of(worker, query):
    building, days = BUILDING.search(query), DAYS.search(query)
    if not building or not days:
        return Call(worker, None, None, None, query)
    first, last, only = days.groups()
    return Call(worker, int(building[1]), int(first or only), int(last or only), query)


class Gate(stub_api.StubApi):
    def __init__(self, simulator):
        self.simulator = simulator
        self.judge = lambda call: None
        self.sessions = []
        self.counts = collections.Counter()  # of calls, for each worker
        super().__init__(self.see, self.log_in)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def pass_on(self, path, body, headers=()):
        request = urllib.request.Request(self.simulator.url + path, json.dumps(body).encode(),
                                         dict(headers, **{"Content-Type": "application/json"}))
        try:
            with urllib.request.urlopen(request, timeout=rig.harness.RUN_LIMIT) as answer:
                return stub_api.Answer(answer.read(), answer.status)
        except urllib.error.HTTPError as answer:
            with answer:
                return stub_api.Answer(answer.read(), answer.code)

    def log_in(self, body):
        answer = self.pass_on("/v2/oauth/token", body)
        with self.lock:
            self.sessions.append(json.loads(answer.body)["session_id"])
        return answer

    def see(self, call):
        with self.lock:
            worker = self.sessions.index(call.session)
            self.counts[worker] += 1
        spoilt = self.judge(call_of(worker, call.query))
        return spoilt or self.pass_on("/v2/api", {"query": call.query, "variables": {}}, {"X-Session-Id": call.session})


class Hold:
    """A judge that lets nobody through until it is told to, and says who waits.

    of: which calls for slices it is about, a function of the call; all others pass. then: a judge of them, once they may.
    """

    def __init__(self, of=lambda call: True, then=lambda call: None):
        self.of, self.then = of, then
        self.waiting = []
        self.opened = threading.Event()

    def __call__(self, call):
        if call.building is None or not self.of(call):
            return None
        if not self.opened.is_set():
            self.waiting.append(call)
            self.opened.wait(rig.harness.RUN_LIMIT)
        return self.then(call)

    def open(self):
        self.opened.set()
