"""What the tests of `schedule` share: a job, and what is printed for it."""
import harness

ODD = "It's 5% of \"B\" $x.yaml"


class Scheduled(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.simulator = self.simulate(buildings=1, groups=1, granularities="PT1H")

    def job(self, name="nightly.yaml", **keys):
        self.write_job(self.simulator, name=name, **keys)

    def schedule(self, form, name="nightly.yaml", code=0):
        return self.occuport("schedule", "--format", form, name, code=code).out
