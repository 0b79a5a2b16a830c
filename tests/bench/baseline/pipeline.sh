#!/bin/bash
# The baseline of the benchmarks in a shell: curl, jq and sqlite3, page after page of a building and granularity.
# pipeline.sh BASE_URL JOB.yaml FILE FROM UNTIL [PAGE_SIZE]; the job as `innerspace-sim --dump job` lays it out.
# CLIENT_ID and CLIENT_SECRET in the environment, else those of the simulator. Stores OCCUPANCY_MEAN.
set -euo pipefail
[ $# -ge 5 ] || { sed -n 3p "$0" >&2; exit 2; }
base_url=$1 job=$2 file=$3 first=${4//-/} last=${5//-/} size=${6:-10000}
keys='BUILDING_ID, SITE_ID, GROUP_ID, GRANULARITY, DATE_PARTITION, DATE_TIME_START'
types='BUILDING_ID INTEGER, SITE_ID INTEGER, GROUP_ID TEXT, GRANULARITY TEXT, DATE_PARTITION INTEGER,
    DATE_TIME_START TEXT, OCCUPANCY_MEAN REAL'

post() { # post PATH HEADER...: the body is on stdin
    local path=$1
    shift
    curl -sS --fail --compressed -H 'Content-Type: application/json' "$@" --data-binary @- "$base_url$path"
}

page() { # page BUILDING GRANULARITY OFFSET: its rows as CSV
    local query="query Insights { BUILDING_INSIGHTS(
        where: {BUILDING_ID: {_eq: $1}, GRANULARITY: {_eq: \"$2\"}, DATE_PARTITION: {_gte: $first, _lte: $last}},
        order_by: [{DATE_PARTITION: asc}, {SITE_ID: asc}, {GROUP_ID: asc}, {DATE_TIME_START: asc}],
        limit: $size, offset: $3) { ${keys//,/} OCCUPANCY_MEAN } }"
    jq -n --arg query "$query" '{operationName: "Insights", variables: {}, $query}' |
        post /v2/api -H "X-Session-Id: $session" |
        jq -r 'if .errors then error(.errors | tostring) else .data.BUILDING_INSIGHTS[] end |
            [.BUILDING_ID, .SITE_ID, .GROUP_ID, .GRANULARITY, .DATE_PARTITION, .DATE_TIME_START, .OCCUPANCY_MEAN] |
            @csv'
}

store() { # the rows on stdin into the table; prints how many
    sqlite3 -bail "$file" "CREATE TEMP TABLE page ($types)" '.import --csv /dev/stdin page' \
        "INSERT INTO building_insights ($keys, OCCUPANCY_MEAN)
            SELECT $keys, nullif(OCCUPANCY_MEAN, '') FROM page WHERE true
            ON CONFLICT ($keys) DO UPDATE SET OCCUPANCY_MEAN = excluded.OCCUPANCY_MEAN" 'SELECT count(*) FROM page'
}

begin=$EPOCHREALTIME
session=$(jq -n --arg id "${CLIENT_ID:-demo}" --arg secret "${CLIENT_SECRET:-demo-secret}" \
    '{client_id: $id, client_secret: $secret, audience: "https://global-config.innerspace.io"}' |
    post /v2/oauth/token | jq -r .session_id)
sqlite3 "$file" "CREATE TABLE IF NOT EXISTS building_insights ($types, PRIMARY KEY ($keys))"
mapfile -t buildings < <(sed -n 's/^ *- id: *//p' "$job")
mapfile -t granularities < <(sed -n 's/^granularities: \[\(.*\)\]/\1/p' "$job" | tr -d ' ' | tr , '\n')
rows=0 requests=0
for building in "${buildings[@]}"; do
    for granularity in "${granularities[@]}"; do
        count=$size
        for ((offset = 0; count == size; offset += size)); do
            count=$(page "$building" "$granularity" $offset | store)
            rows=$((rows + count)) requests=$((requests + 1))
        done
    done
done
awk -v rows=$rows -v requests=$requests -v begin="$begin" -v end="$EPOCHREALTIME" \
    'BEGIN { printf "%d rows, %d requests, %.3f s\n", rows, requests, end - begin }'
