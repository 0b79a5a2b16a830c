#!/bin/sh
# What a server that chokes above a size costs: requests that it failed, of all. Takes the build folder of a release build.
# 10,000 units of 380 rows against a server that fails every answer of more than 200, once for each way of failing.
set -eu
build=$(cd "$1" && pwd)
occuport=$build/cmd/occuport/occuport
simulator=$build/cmd/innerspace-sim/innerspace-sim
folder=$(mktemp -d)
simulator_pid=
trap 'if [ -n "$simulator_pid" ]; then kill "$simulator_pid" 2>/dev/null || :; fi; rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
cd "$folder"
world="--buildings 20 --sites 10 --groups 10 --granularities PT1H --from 2025-01-01 --to 2025-03-20"

for style in ${2:-error time-limit 504 413 ddn}; do
    rm -f occupancy.db* port
    # shellcheck disable=SC2086
    "$simulator" $world --port 0 --port-file port --time-limit 900 --choke-rows 200 --choke-style "$style" \
        --stats-file stats.json 2>/dev/null &
    simulator_pid=$!
    while [ ! -s port ]; do sleep 0.05; done
    {
        echo "version: 1"
        echo "api: {base_url: 'http://127.0.0.1:$(cat port)', client_id: demo, client_secret: demo-secret}"
        echo "fetch: {requests_per_second: 0, page_size: 400}"
        echo "coverage: {from: 2025-01-01, until: 2025-03-20}"
        echo "destinations: [{sqlite: {path: occupancy.db}}]"
        # shellcheck disable=SC2086
        "$simulator" $world --dump job
    } >job.yaml
    units=$("$occuport" plan --json job.yaml | sed 's/.*"units":\([0-9]*\).*/\1/')
    "$occuport" run -q --json job.yaml >summary.json
    kill "$simulator_pid"
    wait "$simulator_pid" || :
    simulator_pid=
    python3 - "$style" "$units" <<'PYTHON'
import json, sys
stats, summary = json.load(open("stats.json")), json.load(open("summary.json"))
wasted = stats["errors"] + stats["faults"]
print("%-6s %s units, %d requests, %d failed (%.2f %%), %d rows, %.0f s, %s" % (
    sys.argv[1], sys.argv[2], summary["requests"], wasted, 100 * wasted / summary["requests"],
    summary["rows"]["inserted"], summary["seconds"], summary["status"]))
PYTHON
done
