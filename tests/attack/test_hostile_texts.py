"""Texts of a server that would drive a terminal, break a line of the log or end a text early: none gets out as it came."""
import json
import re
import unittest

import stage
import insights_stub
import stub_api
from stage import NASTY


TEXT = NASTY.replace("\x00", "")  # a text with a NUL is no text to a table


class HostileTexts(stage.Attack):
    """stage.Attack looks for raw characters in all that is said."""

    def said_by(self, *args, codes):
        results = [self.attack(*args, *more, "job.yaml", codes=codes)
                   for more in (["-vv"], ["-vv", "--log-format", "json"], ["-vv", "--color", "always", "-q"])]
        for line in results[1].err.splitlines():
            json.loads(line)
        return results

    def test_an_error_message_a_code_and_a_path(self):
        for code in (200, 400, 500):
            reply = stub_api.answer_json({"errors": [{"message": NASTY, "extensions": {"code": NASTY, "path": NASTY}}]}, code)
            with self.subTest(code=code):
                api = self.stub(lambda call, reply=reply: reply)
                self.write(api.url)
                results = self.said_by("run", codes=(75,))
                self.assertIn("?[2Jb?]0;owned", results[0].out)
                # What was stored is shown again by another command.
                self.attack("status", "job.yaml", codes=(0,))
                shown = self.attack("status", "--json", "job.yaml", codes=(0,)).json()
                self.assertIsNotNone(shown["last_run"])

    def test_a_refused_login(self):
        api = self.stub(None, token=lambda call: stub_api.answer_json({"error": NASTY, "session_id": NASTY}, 401))
        self.write(api.url)
        self.said_by("run", codes=(77,))

    def test_a_session_that_would_add_a_header(self):
        for session in ("a\r\nX-Evil: 1", "a\nb", "a\x00b", "", "x" * 5000, "a\x1b[31m"):
            with self.subTest(session=session[:20]):
                api = self.stub(None, token=lambda call, session=session: stub_api.answer_json({"session_id": session}))
                self.write(api.url)
                self.attack("run", "-vv", "job.yaml", codes=(77,))
                self.assertEqual(api.queries, 0)

    def test_headers_and_a_status_line(self):
        head = ("200 \x1b[2J\x07owned\r\nServer: \x1b]0;x\x07\r\nX-\x1b[31m: \x9b2J\r\nContent-Encoding: \x1b[5m\r\n"
                "Retry-After: \x1b[2J\r\nContent-Type: text/html; \x1b[2J")
        raw = ("HTTP/1.1 %s\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}" % head).encode("latin-1")
        server = self.serve(stage.after_login(lambda connection, _: connection.sendall(raw)))
        self.write(server.url)
        self.said_by("run", codes=(75,))

    def test_rows_of_a_nasty_group_and_start(self):
        def reply(call):
            rows = [{"BUILDING_ID": 71, "SITE_ID": 1, "GROUP_ID": TEXT, "GRANULARITY": "P1D",
                     "DATE_PARTITION": 20250531, "DATE_TIME_START": NASTY, "OCCUPANCY_MEAN": NASTY}]
            return stub_api.answer_json({"data": {"BUILDING_INSIGHTS": rows}})
        api = self.stub(reply)
        self.write(api.url)
        self.said_by("run", codes=(65,))
        self.attack("status", "job.yaml", codes=(0,))
        with self.database() as database:
            self.assertEqual(database.rows([]), {})
            self.assertGreater(database.one("SELECT count(*) FROM rejects"), 0)

    def test_a_value_is_data_and_stays_as_it_came(self):
        def reply(call):
            return stub_api.answer_json(json.loads(insights_stub.data(call).body, object_hook=lambda item: dict(
                item, OCCUPANCY_MEAN=TEXT) if "OCCUPANCY_MEAN" in item else item))
        api = self.stub(lambda call: reply(call) if "BUILDING_INSIGHTS" in call.query else stub_api.error("not-found"))
        self.write(api.url)
        self.said_by("run", codes=(0,))
        with self.database() as database:
            self.assertEqual(database.all("SELECT OCCUPANCY_MEAN FROM building_insights"), [(TEXT,)])


class HostileNames(stage.Attack):
    """discover and check --online print what the server calls its things."""

    TABLES = {"SITE": ["ID", "BUILDING_ID", "SITE_CODE", "FLOOR_ID", "TIME_ZONE"], "FLOOR": ["ID"]}

    def reply(self, call):
        query = call.query
        if "__" in query:
            return stub_api.error("validation-failed", NASTY)
        if "BUILDING_INSIGHTS" in query:
            return stub_api.answer_json({"data": {"BUILDING_INSIGHTS": [
                {"SITE_ID": 1, "GROUP_ID": group, "GRANULARITY": TEXT} for group in ("g", TEXT, "\u202etxt")]}})
        root = re.search(r"\{ *([A-Z_]+)", query).group(1)
        columns = re.search(r"\{([A-Z_ ]+)\}", query).group(1).split()
        ids = {"ID": 1, "BUILDING_ID": 71, "SITE_ID": 1, "FLOOR_ID": 1}
        return stub_api.answer_json({"data": {root: [{name: ids.get(name, TEXT) for name in columns}]}})

    def test_names_in_a_block_for_a_job(self):
        api = self.stub(self.reply)
        self.write(api.url)
        result = self.attack("discover", "job.yaml", codes=(0,))
        self.assertIn("owned", result.out, "the names are shown")
        # The block is a job again, whatever the names are.
        text = (self.folder / "job.yaml").read_text()
        (self.folder / "job.yaml").write_text(text.replace(stage.BUILDINGS, result.out))
        self.attack("check", "job.yaml", codes=(0,))

    def test_a_zone_of_the_server_is_looked_up_as_a_name_and_not_as_a_path(self):
        zones = ["../../../../etc/passwd", "/etc/passwd", "../../../../dev/zero", "posix/../../../../dev/zero", "."]
        for zone in zones:
            with self.subTest(zone=zone):
                def reply(call, zone=zone):
                    answer = self.reply(call)
                    if "TIME_ZONE" in call.query:
                        content = json.loads(answer.body)
                        next(iter(content["data"].values()))[0]["TIME_ZONE"] = zone
                        return stub_api.answer_json(content)
                    return answer
                api = self.stub(reply)
                self.write(api.url)
                self.assertNotIn("    time_zone:", self.attack("discover", "job.yaml", codes=(0,)).out)

    def test_a_schema_with_names_that_are_none(self):
        for name in (NASTY, 'X" INTEGER); DROP TABLE runs; --', "X) { __typename } #", "", "a b", "é"):
            with self.subTest(name=name):
                def reply(call, name=name):
                    if "__schema" in call.query:
                        return stub_api.answer_json({"data": {"__schema": {"queryType": {"fields": [root("BUILDING_INSIGHTS")]}}}})
                    if "__type" in call.query:
                        return stub_api.answer_json({"data": {"__type": {"fields": [column("OCCUPANCY_MEAN"), column(name)]}}})
                    return stub_api.error("not-found")
                api = self.stub(reply)
                self.write(api.url, columns=["all"])
                text = (self.folder / "job.yaml").read_text()
                (self.folder / "job.yaml").write_text(text.replace("columns: [all]", "columns: all"))
                self.attack("run", "-vv", "job.yaml", codes=(75, 78))
                self.attack("check", "--online", "job.yaml", codes=(75, 78))
                if self.database_path.exists():
                    with self.database() as database:
                        self.assertGreaterEqual(database.one("SELECT count(*) FROM runs"), 1)


def root(name):
    kind = {"kind": "NON_NULL", "name": None, "ofType": {"kind": "LIST", "name": None, "ofType": {
        "kind": "OBJECT", "name": name, "ofType": None}}}
    return {"name": name, "args": [{"name": argument} for argument in ("where", "order_by", "limit")], "type": kind}


def column(name):
    return {"name": name, "args": [], "type": {"kind": "SCALAR", "name": "Float", "ofType": None}}


if __name__ == "__main__":
    unittest.main()
