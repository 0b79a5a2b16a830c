#!/usr/bin/python3
"""Checks config/schema.json: it is a schema, it takes the example job, it refuses jobs that are wrong.

Usage: check_schema.py SOURCE_DIRECTORY
"""
import copy
import json
import pathlib
import re
import sys

import jsonschema
import yaml


class CoreLoader(yaml.SafeLoader):
    """YAML 1.2 as occuport reads it: a date is text, yes is text, 010 is ten."""


CoreLoader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("null", r"^(~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?[0-9]+$", list("-+0123456789")),
    ("float", r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", list("-+.0123456789")),
):
    CoreLoader.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(pattern), first)
CoreLoader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))

# What is changed in the example: the path of the key, and its new value; REMOVE takes the key away.
REMOVE = object()
BAD = [
    (["version"], 2),
    (["version"], REMOVE),
    (["surplus"], 1),
    (["api", "client_secrt"], "x"),
    (["api", "client_id"], REMOVE),
    (["api", "client_id"], 5),
    (["api", "client_id"], ""),
    (["api", "base_url"], "ftp://example.com"),
    (["api", "base_url"], "https://user:password@example.com"),
    (["api", "base_url"], "https://example.com/?a=b"),
    (["api", "dialect"], "hasra"),
    (["fetch", "concurrency"], 0),
    (["fetch", "concurrency"], 257),
    (["fetch", "concurrency"], "8"),
    (["fetch", "concurrency"], 1.5),
    (["fetch", "requests_per_second"], -1),
    (["fetch", "timeout"], 60),
    (["fetch", "timeout"], "60 seconds"),
    (["fetch"], []),
    (["coverage", "from"], REMOVE),
    (["coverage", "from"], "2025-13-01"),
    (["coverage", "from"], "90"),
    (["coverage", "until"], "tomorrow"),
    (["coverage"], REMOVE),
    (["dataset"], "elsewhere"),
    (["datasets"], []),
    (["datasets"], ["zone_insights"]),
    (["datasets"], [{"root_field": "Z"}]),
    (["datasets"], [{"name": "Z", "root_field": "Z"}]),
    (["datasets"], [{"name": "z", "root_field": "Z", "keys": ["A", "B", "C", "D", "E"]}]),
    (["columns"], []),
    (["columns"], "some"),
    (["columns"], ["9A"]),
    (["columns"], ["__typename"]),
    (["columns"], ["A", "A"]),
    (["granularities"], ["P"]),
    (["granularities"], ["PT1H", "PT1H"]),
    (["granularities"], ["1H"]),
    (["buildings"], []),
    (["buildings"], {}),
    (["buildings", 0, "id"], "71"),
    (["buildings", 0, "id"], REMOVE),
    (["buildings", 0, "sites"], ["a"]),
    (["buildings", 0, "sites"], [1, 1]),
    (["buildings", 0, "groups"], [7]),
    (["buildings", 0, "groups"], ["g" * 257]),
    (["buildings", 0, "nmae"], "x"),
    (["on_vanished"], "drop"),
    (["destinations"], []),
    (["destinations", 0], {}),
    (["destinations", 0], {"sqlite": {"path": "a"}, "csv": {"directory": "b"}}),
    (["destinations", 0, "sqlite"], {}),
    (["destinations", 0, "sqlite", "path"], "~/x.db"),
    (["destinations", 0], {"csv": {"directory": "b", "layout": "flat"}}),
    (["destinations", 0], {"csv": {"directory": "b", "excel_safe": "yes"}}),
    (["notify"], {"on_failure": "page-me"}),
    (["metrics"], {}),
    (["file_mode"], "0777"),
    (["file_mode"], "0400"),
    (["file_mode"], "rw-r-----"),
    (["file_mode"], 7),
    (["file_mode"], True),
]
GOOD = [
    (["fetch"], REMOVE),
    (["fetch"], {}),
    (["file_mode"], "0640"),
    (["file_mode"], "0o660"),
    (["file_mode"], 640),
    (["file_mode"], 0o640),
    (["file_mode"], "${MODE}"),
    (["fetch", "page_size"], "${PAGE_SIZE}"),
    (["fetch", "timeout"], "${TIMEOUT}"),
    (["fetch", "requests_per_second"], 0.5),
    (["api", "base_url"], "http://127.0.0.1:8080"),
    (["api", "dialect"], "${DIALECT}"),
    (["coverage", "from"], "90d"),
    (["coverage", "until"], "2025-12-31"),
    (["columns"], "all"),
    (["columns"], ["_x", "OCCUPANCY_MAX"]),
    (["granularities"], ["P1Y2M3DT4H5M6S", "P1W", "PT90S"]),
    (["buildings", 0, "groups"], ["71", "équipe"]),
    (["destinations", 0], {"csv": {"directory": "b", "layout": "single", "excel_safe": True}}),
    (["notify"], {"on_failure": ["page-me", "now"], "heartbeat_url": "https://example.com/x?y=1"}),
    (["metrics"], {"textfile": "/var/lib/node_exporter/occuport.prom"}),
]


def changed(job, path, value):
    job = copy.deepcopy(job)
    place = job
    for step in path[:-1]:
        place = place[step]
    if value is REMOVE:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return job


def main(source_directory):
    config = pathlib.Path(source_directory) / "config"
    schema = json.loads((config / "schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    example = yaml.load((config / "example.yaml").read_text(encoding="utf-8"), Loader=CoreLoader)
    problems = ["the example: " + error.message for error in validator.iter_errors(example)]
    for path, value in BAD:
        if validator.is_valid(changed(example, path, value)):
            problems.append("taken, though wrong: %s = %r" % (path, value))
    for path, value in GOOD:
        for error in validator.iter_errors(changed(example, path, value)):
            problems.append("refused, though right: %s = %r: %s" % (path, value, error.message))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
