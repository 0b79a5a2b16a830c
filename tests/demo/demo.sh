#!/bin/sh
# The demo: a real job against the simulator, into an SQLite database. Called by ./dev demo; takes the build folder.
set -eu
build=$1
occuport=$build/cmd/occuport/occuport
simulator=$build/cmd/innerspace-sim/innerspace-sim
folder='occuport-demo'
port_file=$folder/simulator.port
mkdir -p "$folder"
rm -f "$port_file"

# The same buildings on every day, with history enough for sixty days.
first_day=2025-01-01
"$simulator" --port 0 --port-file "$port_file" --from "$first_day" --time-limit 600 2>"$folder/simulator.log" &
simulator_pid=$!
# shellcheck disable=SC2064 # the pid as it is now
trap "kill $simulator_pid 2>/dev/null || :; rm -f $port_file" EXIT
trap 'exit 130' INT TERM
tries=0
while [ ! -s "$port_file" ]; do
    tries=$((tries + 1))
    if [ "$tries" -gt 100 ] || ! kill -0 "$simulator_pid" 2>/dev/null; then
        echo "demo: the simulator did not start; see $folder/simulator.log" >&2
        exit 1
    fi
    sleep 0.1
done

job=$folder/demo.yaml
{
    cat <<TEXT
version: 1
api:
  base_url: http://127.0.0.1:$(cat "$port_file")
  client_id: demo
  client_secret: demo-secret
coverage:
  from: 60d
  time_zone: America/Toronto
destinations:
  - sqlite: {path: occupancy.db}
TEXT
    "$simulator" --from "$first_day" --dump job
} >"$job"
chmod 600 "$job" # a secret stands in it

show() {
    printf '\n$ %s\n' "$*"
}

echo "A stand-in for the InnerSpace API runs on port $(cat "$port_file"); the job is $job."
show occuport plan "$job"
"$occuport" plan "$job"
show occuport run "$job"
"$occuport" run "$job"
show occuport status "$job"
"$occuport" status "$job"
show sqlite3 "$folder/occupancy.db" "< tests/demo/questions.sql"
sqlite3 "$folder/occupancy.db" <tests/demo/questions.sql
show occuport run "$job"
"$occuport" run "$job"
show occuport report "$job"
"$occuport" report "$job"
cat <<TEXT

That second run fetched only the days that may still change; nothing else was asked for twice.
Files:
  $job             the job
  $folder/demo.html             the report: open it in a browser
  $folder/occupancy.db          the rows (view building_insights) and what is known of each slice (completeness)

The same from the real API, in five lines:
  export INNERSPACE_CLIENT_ID=... INNERSPACE_CLIENT_SECRET=...
  $occuport init job.yaml       # asks which building, sites and group, and where to
  $occuport discover job.yaml   # prints the buildings: that you may fetch, to paste
  $occuport check --online job.yaml
  $occuport run job.yaml && $occuport status job.yaml
TEXT
