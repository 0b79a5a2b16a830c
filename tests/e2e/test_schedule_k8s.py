"""`schedule --format k8s`: objects that Kubernetes takes, by kubernetes.json, and that belong together.

kubernetes.json says itself where it comes from. A key that is not in it is refused, so that a misspelt one is found.
"""
import copy
import json
import pathlib
import re
import unittest

import jsonschema
import yaml

import schedulers

SCHEMA = json.loads((pathlib.Path(__file__).parent / "kubernetes.json").read_text())
KINDS = [entry["$ref"].rsplit("/", 1)[1] for entry in SCHEMA["oneOf"]]


def mistakes(part):
    """What is wrong with an object, each with its place."""
    if part.get("kind") not in KINDS:
        return ["kind: %s" % part.get("kind")]
    validator = jsonschema.Draft202012Validator(dict(SCHEMA, oneOf=[{"$ref": "#/$defs/" + part["kind"]}]))
    found = []
    for error in validator.iter_errors(part):
        found += ["/".join(map(str, inner.absolute_path)) + ": " + inner.message for inner in error.context or [error]]
    return found


def places(value, path=()):
    """Every key of mappings in it, as (path of the mapping, key)."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield path, key
            yield from places(inner, path + (key,))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from places(inner, path + (at,))


def inside(value, path):
    for step in path:
        value = value[step]
    return value


FREE = {("data",), ("resources", "requests"), ("resources", "limits")}  # mappings whose keys are anybody's


class Kubernetes(schedulers.Scheduled):
    def objects(self, name="nightly.yaml"):
        return list(yaml.safe_load_all(self.schedule("k8s", name)))

    def with_file(self, reference):
        self.job()
        path = self.folder / "nightly.yaml"
        path.write_text(path.read_text().replace("${INNERSPACE_CLIENT_SECRET}", "${file:%s}" % reference))

    def test_schema_is_one(self):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)
        for kind in KINDS:
            self.assertEqual(SCHEMA["$defs"][kind]["properties"]["kind"], {"const": kind})

    def test_kubernetes_takes_the_objects(self):
        for name, keys in (("nightly.yaml", {}), (schedulers.ODD, {"fetch": {"max_runtime": "2h"}}),
                           ("long-" + "x" * 90 + ".yaml", {})):
            self.job(name, **keys)
            for part in self.objects(name):
                self.assertEqual(mistakes(part), [])
        self.with_file("/etc/occuport/secret")
        for part in self.objects():
            self.assertEqual(mistakes(part), [])

    def test_misspelt_key_anywhere_is_found(self):
        """Each key of each object in turn, with a letter doubled; and each that is required, left out."""
        self.with_file("/etc/occuport/secret")
        tried = 0
        for part in self.objects():
            for path, key in list(places(part)):
                if path[-1:] in FREE or path[-2:] in FREE:
                    continue
                wrong = copy.deepcopy(part)
                mapping = inside(wrong, path)
                mapping[key[:-1] + key[-1] * 2] = mapping.pop(key)
                self.assertNotEqual(mistakes(wrong), [], "%s %s %s" % (part["kind"], path, key))
                tried += 1
        self.assertGreater(tried, 80)

    def test_wrong_value_is_found(self):
        self.job()
        config, claim, cron = self.objects()
        pod = ("spec", "jobTemplate", "spec", "template", "spec")
        for part, path, value in (
                (config, ("data", "job.yaml"), 7),
                (claim, ("spec", "accessModes"), "ReadWriteOnce"),
                (claim, ("spec", "resources", "requests", "storage"), "10 GB"),
                (cron, ("apiVersion",), "batch/v1beta1"),
                (cron, ("metadata", "name"), "Nightly"),
                (cron, ("metadata", "name"), "x" * 53),
                (cron, ("spec", "schedule"), "every night"),
                (cron, ("spec", "concurrencyPolicy"), "forbid"),
                (cron, ("spec", "jobTemplate", "spec", "backoffLimit"), "4"),
                (cron, ("spec", "jobTemplate", "spec", "podFailurePolicy", "rules", 0, "onExitCodes", "values"), [0]),
                (cron, pod + ("restartPolicy",), "never"),
                (cron, pod + ("securityContext", "runAsNonRoot"), "yes"),
                (cron, pod + ("containers", 0, "args"), "run"),
                (cron, pod + ("containers", 0, "volumeMounts", 0, "mountPath"), "data")):
            wrong = copy.deepcopy(part)
            inside(wrong, path[:-1])[path[-1]] = value
            self.assertNotEqual(mistakes(wrong), [], path)

    def test_kubernetes_gets_the_job_the_claim_and_the_cron_job(self):
        for name in ("nightly.yaml", schedulers.ODD):
            self.job(name, fetch={"max_runtime": "2h"})
            config, claim, cron = self.objects(name)
            self.assertEqual([part["kind"] for part in (config, claim, cron)],
                             ["ConfigMap", "PersistentVolumeClaim", "CronJob"])
            self.assertEqual(config["data"]["job.yaml"], (self.folder / name).read_text())
            self.assertRegex(cron["metadata"]["name"], r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")
            spec = cron["spec"]
            self.assertEqual((spec["concurrencyPolicy"], spec["timeZone"]), ("Forbid", "UTC"))
            job = spec["jobTemplate"]["spec"]
            self.assertGreater(job["activeDeadlineSeconds"], 7200)
            rule, = job["podFailurePolicy"]["rules"]
            self.assertEqual(set(rule["onExitCodes"]["values"]), {64, 65, 70, 73, 77, 78})
            pod = job["template"]["spec"]
            container, = pod["containers"]
            self.assertEqual(rule["onExitCodes"]["containerName"], container["name"])
            self.assertEqual({entry["name"] for entry in container["env"]},
                             {"INNERSPACE_CLIENT_ID", "INNERSPACE_CLIENT_SECRET"})
            volumes = {volume["name"]: volume for volume in pod["volumes"]}
            self.assertEqual({mount["name"] for mount in container["volumeMounts"]}, set(volumes))
            self.assertEqual(volumes["job"]["configMap"]["name"], config["metadata"]["name"])
            self.assertEqual(volumes["data"]["persistentVolumeClaim"]["claimName"], claim["metadata"]["name"])

    def test_files_of_the_job_are_mounted_where_it_looks_for_them(self):
        for reference, mounted in (("/etc/occuport/secret", "/etc/occuport/secret"), ("keys/my id", "/data/keys/my id")):
            self.with_file(reference)
            text = self.schedule("k8s")
            pod = list(yaml.safe_load_all(text))[2]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
            mount, = [mount for mount in pod["containers"][0]["volumeMounts"] if mount["name"] == "files"]
            self.assertEqual((mount["mountPath"], mount["subPath"]), (mounted, "file-1"))
            volume, = [volume for volume in pod["volumes"] if volume["name"] == "files"]
            self.assertEqual(volume["secret"]["defaultMode"], 0o440)
            self.assertRegex(text, r"(?m)^#     --from-file=file-1='?%s'?$" % (self.folder.resolve() / reference))
            self.assertEqual([entry["name"] for entry in pod["containers"][0]["env"]], ["INNERSPACE_CLIENT_ID"])
        self.with_file("/etc/a:b")
        self.assertIn("takes no ':'", self.occuport("schedule", "--format", "k8s", "nightly.yaml", code=78).err)

    def test_whatever_secret_stands_in_the_job_does_not_go_into_a_config_map(self):
        for lines in ('notify: {heartbeat_url: "https://example.com/secret-path"}\n', ""):
            self.job(more=lines)
            path = self.folder / "nightly.yaml"
            if not lines:
                path.write_text(path.read_text().replace("${INNERSPACE_CLIENT_SECRET}", '"spelled\\x2dotherwise"'))
            self.assertIn("holds a secret itself", self.occuport("schedule", "--format", "k8s", path.name, code=78).err)

    def shared(self, name="nightly.yaml"):
        """A job for workers, and what is printed for eight of them."""
        self.job(name)
        path = self.folder / name
        path.write_text(re.sub(r"sqlite: .*", 'postgres: {dsn: "${OCCUPANCY_DSN}"}', path.read_text()))
        return list(yaml.safe_load_all(self.occuport("schedule", "--format", "k8s", "--workers", "8", name).out))

    def test_workers_are_an_indexed_job(self):
        for name in ("nightly.yaml", schedulers.ODD):
            parts = self.shared(name)
            self.assertEqual([part["kind"] for part in parts], ["ConfigMap", "CronJob"])
            for part in parts:
                self.assertEqual(mistakes(part), [])
            job = parts[1]["spec"]["jobTemplate"]["spec"]
            self.assertEqual((job["completionMode"], job["completions"], job["parallelism"]), ("Indexed", 8, 8))
            self.assertEqual(job["backoffLimit"], 32)
            rule, = job["podFailurePolicy"]["rules"]  # what one worker met does not end the others
            self.assertEqual(rule["onExitCodes"]["values"], [64, 70, 77, 78])
            pod = job["template"]["spec"]
            container, = pod["containers"]
            self.assertEqual(container["args"], ["run", "--worker", "/data/job.yaml"])
            self.assertIn("OCCUPANCY_DSN", [entry["name"] for entry in container["env"]])
            self.assertIn({"name": "data", "emptyDir": {}}, pod["volumes"])
            spread, = pod["topologySpreadConstraints"]
            self.assertEqual(spread["labelSelector"]["matchLabels"], job["template"]["metadata"]["labels"])

    def test_workers_need_a_job_without_files_and_kubernetes(self):
        self.shared()
        self.assertIn("'--format k8s'",
                      self.occuport("schedule", "--workers", "8", "nightly.yaml", code=64).err)
        path = self.folder / "nightly.yaml"
        path.write_text(path.read_text().replace("destinations:", "destinations:\n  - csv: {directory: csv}"))
        self.assertIn("PostgreSQL alone",
                      self.occuport("schedule", "--format", "k8s", "--workers", "8", "nightly.yaml", code=78).err)

    def test_each_of_several_jobs_has_all_its_objects(self):
        for name in ("nightly.yaml", "weekly.yaml"):
            self.job(name)
        text = self.occuport("schedule", "--format", "k8s", "nightly.yaml", "weekly.yaml").out
        parts = list(yaml.safe_load_all(text))
        self.assertEqual([part["kind"] for part in parts], 2 * ["ConfigMap", "PersistentVolumeClaim", "CronJob"])
        self.assertEqual([part["metadata"]["name"] for part in parts], 3 * ["occuport-nightly"] + 3 * ["occuport-weekly"])

    def test_names_are_short_enough_for_kubernetes(self):
        self.job("long-" + "x" * 90 + ".yaml")
        cron = self.objects("long-" + "x" * 90 + ".yaml")[2]
        self.assertLessEqual(len(cron["metadata"]["name"]), 52)


if __name__ == "__main__":
    unittest.main()
