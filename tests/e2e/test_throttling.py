"""A quota that is spent costs time and nothing else, whatever the API says of how long."""
import threading
import time
import unittest

import insights_stub
import stub_api
from insights_stub import DAYS, buildings, data


class Quota:
    """Good for so many queries, then spent for some seconds, then refilled for good."""

    def __init__(self, queries, seconds):
        self.lock, self.left, self.seconds, self.until = threading.Lock(), queries, seconds, None

    def is_spent(self):
        with self.lock:
            self.left -= 1
            if self.left < 0 and self.until is None:
                self.until = time.monotonic() + self.seconds
            return self.until is not None and time.monotonic() < self.until


class Throttling(insights_stub.StubRuns):
    def check_quota(self, answer_spent):
        quota = Quota(5, seconds=5)
        summary = self.run_stub(lambda call: answer_spent() if quota.is_spent() else data(call), buildings(12),
                                fetch={"max_attempts": 1})
        self.assertEqual(self.states(), {"settled": 12 * DAYS})
        self.assertEqual(summary["slices"]["failed"], 0)
        self.assertLess(summary["throttled"], 20, "the API is not hammered meanwhile")

    def test_a_hint_that_is_too_small(self):
        self.check_quota(lambda: stub_api.Answer("", 429, headers=(("Retry-After", "0"),)))

    def test_a_rate_limit_of_the_api_itself(self):
        def answer():
            error = stub_api.error("rate-limit-exceeded")
            error.headers = (("Retry-After", "0"),)
            return error
        self.check_quota(answer)

    def test_the_login_after_an_expired_session(self):
        state = {"logins": 0, "until": 0.0}

        def token(_):
            state["logins"] += 1
            if state["logins"] == 2:
                state["until"] = time.monotonic() + 4
            if time.monotonic() < state["until"]:
                return stub_api.Answer("", 429)
            return stub_api.answer_json({"session_id": "session-%d" % state["logins"]})

        def answer(call):
            is_over = call.number >= 5 and call.session == "session-1"
            return stub_api.Answer("", 401) if is_over else data(call)
        self.run_stub(answer, buildings(30), fetch={"max_attempts": 1}, token=token)
        self.assertEqual(self.states(), {"settled": 30 * DAYS})
        self.assertGreater(state["logins"], 3)


if __name__ == "__main__":
    unittest.main()
