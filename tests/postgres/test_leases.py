"""Leases that change hands at bad moments: what is on its way then is stored once, by whoever has the lease."""
import unittest

from workers import Workers


class Refused(Workers):
    """By the fence, because others have the lease now."""

    def take_away(self, unit):
        """As another worker does whose lease it was in between, and who gave it back."""
        self.server.run("UPDATE occuport.work_units SET state = 'waiting', lease_no = lease_no + 1, worker_id = NULL,"
                        " lease_until = NULL WHERE unit_id = %d" % unit, database=self.database_name)

    def test_what_was_asked_for_under_an_older_lease(self):
        """The unit is its own again and asked for anew: what comes of the first time is not stored as well."""
        self.small()
        self.gated(fetch={"concurrency": 2, "verify": "count"})
        hold = self.hold(of=lambda call: call.building == 72 and call.last == 20250531)
        worker = self.start(1, lease=1500)
        self.until_waiting(hold, 1, worker[0])
        self.take_away(self.one("SELECT unit_id FROM occuport.work_units WHERE building_id = 72 AND end_day ="
                                " '2025-06-01'"))
        self.until_waiting(hold, 2, worker[0])
        hold.open()
        self.assert_shared(self.simulator, self.finish_all(worker))


if __name__ == "__main__":
    unittest.main()
