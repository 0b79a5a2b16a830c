# shellcheck shell=sh disable=SC2154 # `parent` and `simulator` are the caller's
# What the tests of the package and of the container share: the sources, a simulator and a job. Sourced. The caller sets
# `parent`, a folder of its own, `simulator`, the program, and gives `die`.
first_day=2025-01-01

# copy_sources FROM TO: the sources as they are now, without what git ignores.
copy_sources() (
    mkdir -p "$2"
    cd "$1" || exit 1
    if git -c safe.directory='*' rev-parse >/dev/null 2>&1; then
        git -c safe.directory='*' ls-files -z --cached --others --exclude-standard |
            xargs -0 sh -c 'for file do [ ! -f "$file" ] || printf "%s\0" "$file"; done' sh |
            tar -c --null -T - | tar -x -C "$2"
    else
        tar -c --exclude=./build . | tar -x -C "$2"
    fi
)

# Sets simulator_pid; the caller ends it.
start_simulator() {
    "$simulator" --port 0 --port-file "$parent/port" --from "$first_day" --time-limit 1800 2>"$parent/simulator.log" &
    simulator_pid=$!
    tries=0
    while [ ! -s "$parent/port" ]; do
        tries=$((tries + 1))
        if [ "$tries" -gt 100 ] || ! kill -0 "$simulator_pid" 2>/dev/null; then
            die "the simulator did not start"
        fi
        sleep 0.1
    done
}

# write_job DATABASE: a job for the running simulator.
write_job() {
    cat <<TEXT
version: 1
api:
  base_url: http://127.0.0.1:$(cat "$parent/port")
  client_id: demo
  client_secret: demo-secret
coverage:
  from: 30d
  time_zone: America/Toronto
destinations:
  - sqlite: {path: $1}
TEXT
    "$simulator" --from "$first_day" --dump job
}
