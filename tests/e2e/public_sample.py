#!/usr/bin/python3
"""The sample program of the API's public documentation, acted out against the simulator.

Usage: public_sample.py PATH/TO/innerspace-sim

What the documentation shows: a token for client_id, client_secret and audience; a query with operationName, variables
and query under X-Session-Id; a 401 means that the session expired: get a new token and try once more. Prints a line per
step; ends with 0 when every step went as documented, else 1.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time

import requests

AUDIENCE = "https://global-config.innerspace.io"
GROUP = "00000000-0000-0000-0000-000000000000"
WORLD = ["--buildings", "2", "--sites", "2", "--groups", "3", "--from", "2025-04-28", "--to", "2025-05-04"]
QUERY = """
query MyQuery {
  BUILDING_INSIGHTS(
    where: {
      DATE_PARTITION: {_eq: 20250501}
      BUILDING_ID: {_eq: 71}
      SITE_ID: {_eq: 900000222}
      GROUP_ID: {_eq: "00000000-0000-0000-0000-000000000000"}
      GRANULARITY: {_eq: "PT1H"}
    }
    order_by: {DATE_TIME_START: desc}
  ) {
    DATE_TIME_START
    OCCUPANCY_MEAN
  }
}
"""
SECONDS_TO_START = 30


class Failure(Exception):
    """A step that did not go as documented."""


def expect(condition, what):
    if not condition:
        raise Failure(what)


def step(text):
    print("ok   " + text, flush=True)


class Client:
    """The documented client: one session at a time, renewed on a 401, one retry."""

    def __init__(self, base_url):
        self.base_url = base_url
        self.http = requests.Session()
        self.http.trust_env = False
        self.session_id = None
        self.logins = 0

    def authenticate(self, secret="demo-secret"):
        answer = self.http.post(
            self.base_url + "/v2/oauth/token",
            json={"client_id": "demo", "client_secret": secret, "audience": AUDIENCE},
            timeout=30,
        )
        answer.raise_for_status()
        self.session_id = answer.json()["session_id"]
        self.logins += 1

    def post(self):
        body = {"operationName": "MyQuery", "variables": {}, "query": QUERY}
        return self.http.post(
            self.base_url + "/v2/api", json=body, headers={"X-Session-Id": self.session_id}, timeout=30
        )

    def query(self):
        answer = self.post()
        if answer.status_code == 401:
            self.authenticate()
            answer = self.post()
        answer.raise_for_status()
        return answer.json()


def wait_for_port(path, process):
    deadline = time.monotonic() + SECONDS_TO_START
    while not os.path.exists(path):
        expect(process.poll() is None, "the simulator ended early")
        expect(time.monotonic() < deadline, "the simulator did not start")
        time.sleep(0.01)
    with open(path, encoding="ascii") as file:
        return int(file.read())


def truth(simulator):
    """The same slice from the simulator's own dump, newest first."""
    dump = subprocess.run([simulator, "--dump", "csv", *WORLD], check=True, capture_output=True, text=True)
    rows = [
        row
        for row in csv.DictReader(dump.stdout.splitlines())
        if (row["BUILDING_ID"], row["SITE_ID"], row["DATE_PARTITION"]) == ("71", "900000222", "20250501")
        and row["GROUP_ID"] == GROUP
        and row["GRANULARITY"] == "PT1H"
    ]
    return [
        (row["DATE_TIME_START"], float(row["OCCUPANCY_MEAN"]) if row["OCCUPANCY_MEAN"] else None)
        for row in reversed(rows)
    ]


def act(client, wanted):
    """The documented conversation; every session of the simulator answers two requests."""
    try:
        client.authenticate(secret="not-the-secret")
        raise Failure("a wrong secret was accepted")
    except requests.HTTPError as error:
        expect(error.response.status_code == 401, "a wrong secret is not answered by 401")
    step("a wrong secret is refused with 401")
    client.authenticate()
    step("the right one gets a session")
    for number in range(1, 6):
        logins = client.logins
        answer = client.query()
        expect("errors" not in answer, "the query was refused: %s" % answer)
        rows = [(row["DATE_TIME_START"], row["OCCUPANCY_MEAN"]) for row in answer["data"]["BUILDING_INSIGHTS"]]
        expect(len(rows) == 24, "%d rows instead of 24" % len(rows))
        expect(rows == wanted, "the rows are not those of the simulator's dump")
        renewed = ", after a 401 and a new login" if client.logins > logins else ""
        step("query %d: 24 rows, newest first, as in the dump%s" % (number, renewed))
    expect(client.logins == 3, "%d logins for 5 queries of 2 a session, instead of 3" % client.logins)
    step("5 queries of 2 a session took 3 logins")


def run(simulator, dialect):
    print("dialect " + dialect, flush=True)
    with tempfile.TemporaryDirectory() as directory:
        port_file = os.path.join(directory, "port")
        stats_file = os.path.join(directory, "stats.json")
        arguments = ["--port", "0", "--port-file", port_file, "--stats-file", stats_file, "--time-limit", "120"]
        arguments += ["--session-requests", "2", "--dialect", dialect, *WORLD]
        process = subprocess.Popen([simulator, *arguments])
        try:
            port = wait_for_port(port_file, process)
            step("the simulator listens")
            act(Client("http://127.0.0.1:%d" % port), truth(simulator))
        finally:
            process.terminate()
            status = process.wait(timeout=30)
        expect(status == 0, "the simulator ended with %d" % status)
        with open(stats_file, encoding="utf-8") as file:
            stats = json.load(file)
        expect(stats["logins"] == 3 and stats["logins_refused"] == 1, "logins in the statistics: %s" % stats)
        expect(stats["expired"] == 2 and stats["operations"] == {"MyQuery": 5}, "statistics: %s" % stats)
        step("the simulator ended cleanly and counted the same")


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 64
    try:
        for dialect in ("hasura", "documented"):
            run(sys.argv[1], dialect)
    except (Failure, requests.RequestException, subprocess.SubprocessError, OSError, ValueError) as error:
        print("FAIL %s" % error, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
