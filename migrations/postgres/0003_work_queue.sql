-- How many workers share one job: what is to be fetched (goals, cut into units), who is at it (leases, workers), and the
-- budget of requests that they have together. Nothing here is a fact: without workers all of it may be deleted.
-- Time is that of the database alone. A lease is a unit_id with a lease_no: each holder has a number of its own, and
-- whoever writes with an old one is refused.

CREATE TABLE work_goals (
    goal_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job text NOT NULL,
    goal_key text NOT NULL,               -- command, days, filters: who has the same works at the same goal
    command text NOT NULL,
    fingerprint text NOT NULL,            -- of the job, as it concerns slices and rows
    priority integer NOT NULL,            -- lower ones first: a nightly run before a backfill
    reprocess integer NOT NULL,           -- which slices it wants
    planned_at timestamptz NOT NULL,      -- by the clock of the planner; what was fetched since need not be fetched again
    slices_due bigint[] NOT NULL,         -- of each dataset
    is_shared boolean NOT NULL DEFAULT false, -- another goal of the job was unfinished at the same time
    published_by text NOT NULL,
    published_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    slices_failed bigint NOT NULL DEFAULT 0,
    names_by text                         -- who fetches the names of sites and floors
);
CREATE INDEX work_goals_by_job ON work_goals (job, goal_key);

CREATE TABLE work_units (
    unit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    goal_id bigint NOT NULL REFERENCES work_goals ON DELETE CASCADE,
    ordinal bigint NOT NULL,              -- in the order of the plan
    dataset integer NOT NULL,             -- its place in the job
    building_id bigint NOT NULL,
    granularity text NOT NULL,
    first_day date NOT NULL,
    end_day date NOT NULL,                -- the day behind the last
    sites bigint[] NOT NULL,
    groups text[] NOT NULL,
    slices integer NOT NULL,
    expected_rows bigint NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'leased', 'done')),
    lease_no bigint NOT NULL DEFAULT 0,
    worker_id text,
    lease_until timestamptz,
    done_slices integer NOT NULL DEFAULT 0,
    failed_slices integer NOT NULL DEFAULT 0
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX work_units_open ON work_units (goal_id, dataset, ordinal) WHERE state <> 'done';
CREATE INDEX work_units_leased ON work_units (worker_id) WHERE state = 'leased';
CREATE INDEX work_units_building ON work_units (goal_id, building_id);

-- Which lease wrote what; it ends with its goal.
CREATE TABLE work_log (
    goal_id bigint NOT NULL REFERENCES work_goals ON DELETE CASCADE,
    unit_id bigint NOT NULL,
    lease_no bigint NOT NULL,
    worker_id text NOT NULL,
    first_day date NOT NULL,
    end_day date NOT NULL,
    sites bigint[] NOT NULL,
    groups text[] NOT NULL,
    slices integer NOT NULL,
    failed_slices integer NOT NULL,
    noted_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX work_log_goal ON work_log (goal_id);

CREATE TABLE work_workers (
    worker_id text PRIMARY KEY,           -- the run_id of its run
    job text NOT NULL,
    command text NOT NULL,
    fingerprint text NOT NULL,
    host text NOT NULL,
    pid bigint NOT NULL,
    goal_id bigint,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_until timestamptz NOT NULL       -- it counts as alive until then
);
CREATE INDEX work_workers_job ON work_workers (job);

-- One row a job: the time that is not given away yet.
CREATE TABLE work_budget (
    job text PRIMARY KEY,
    next_free timestamptz NOT NULL
) WITH (fillfactor = 10);

-- The advisory locks of a job: 1 who comes, 2 who plans, 3 who claims beside another goal.
CREATE FUNCTION work_lock_key(p_job text, p_which integer) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT hashtextextended(current_schema() || '/queue/' || p_job, p_which)
$$;

-- No unit of another goal of the job that is leased now holds slices of this one.
CREATE FUNCTION work_is_free(p_job text, p_unit work_units) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (
        SELECT FROM work_units o JOIN work_goals g ON g.goal_id = o.goal_id
        WHERE g.job = p_job AND o.goal_id <> p_unit.goal_id AND o.state = 'leased' AND o.dataset = p_unit.dataset
          AND o.building_id = p_unit.building_id AND o.granularity = p_unit.granularity
          AND o.first_day < p_unit.end_day AND p_unit.first_day < o.end_day AND o.sites && p_unit.sites
          AND o.groups && p_unit.groups)
$$;

-- Leases up to p_count units of a dataset to a worker: first those of goals that come before its own, then of its own,
-- each in the order of its plan. Units of a goal that is not alone are passed over where a unit of another goal that is
-- leased now holds some of their slices. What the holder before had done does not count: of it, what is due again is
-- known to the ledger alone. No row is no end: look at work_left.
CREATE FUNCTION work_claim(p_goal bigint, p_dataset integer, p_worker text, p_count integer, p_lease interval)
RETURNS TABLE (unit_id bigint, lease_no bigint, ret_goal bigint, goal_reprocess integer, goal_planned_at timestamptz,
               is_known boolean, building_id bigint, granularity text, first_day date, end_day date,
               sites bigint[], groups text[]) LANGUAGE plpgsql
-- A table that was just filled has no statistics: only the order of the index keeps a claim from reading all of it.
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET enable_hashjoin = off
SET enable_mergejoin = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    v_job text;
    v_priority integer;
    v_shared boolean;
    v_fingerprint text;
    v_goal record;
    v_left integer := p_count;
    v_taken integer;
BEGIN
    SELECT job, priority, is_shared, fingerprint INTO v_job, v_priority, v_shared, v_fingerprint
    FROM work_goals WHERE goal_id = p_goal;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    -- A goal is published under the exclusive lock, so that what is seen from here on stays so.
    IF v_shared THEN
        PERFORM pg_advisory_xact_lock(work_lock_key(v_job, 3));
        -- A lease that is over could still be used by its holder, who would then write beside the other goal.
        UPDATE work_units SET state = 'waiting', lease_no = lease_no + 1, worker_id = NULL, lease_until = NULL
        WHERE unit_id IN (SELECT u.unit_id FROM work_units u JOIN work_goals g ON g.goal_id = u.goal_id
                          WHERE g.job = v_job AND u.state = 'leased' AND u.lease_until < clock_timestamp()
                          FOR UPDATE OF u SKIP LOCKED);
    ELSE
        PERFORM pg_advisory_xact_lock_shared(work_lock_key(v_job, 3));
        SELECT is_shared INTO v_shared FROM work_goals WHERE goal_id = p_goal;
        IF v_shared IS DISTINCT FROM false THEN
            RETURN; -- since just now: the next call knows
        END IF;
    END IF;
    FOR v_goal IN SELECT goal_id, reprocess, planned_at FROM work_goals
                  WHERE job = v_job AND fingerprint = v_fingerprint AND finished_at IS NULL
                    AND (goal_id = p_goal OR priority < v_priority)
                  ORDER BY priority, goal_id LOOP
        RETURN QUERY
            UPDATE work_units u
            SET state = 'leased', lease_no = u.lease_no + 1, worker_id = p_worker, done_slices = 0, failed_slices = 0,
                lease_until = clock_timestamp() + p_lease
            FROM (SELECT w.unit_id FROM work_units w
                  WHERE w.goal_id = v_goal.goal_id AND w.dataset = p_dataset AND w.state <> 'done'
                    AND (w.state = 'waiting' OR w.lease_until < clock_timestamp())
                    AND (NOT v_shared OR work_is_free(v_job, w))
                  ORDER BY w.ordinal LIMIT v_left FOR UPDATE SKIP LOCKED) c
            WHERE u.unit_id = c.unit_id
            RETURNING u.unit_id, u.lease_no, u.goal_id, v_goal.reprocess, v_goal.planned_at,
                      NOT v_shared AND u.lease_no = 1, u.building_id, u.granularity, u.first_day, u.end_day,
                      u.sites, u.groups;
        GET DIAGNOSTICS v_taken = ROW_COUNT;
        v_left := v_left - v_taken;
        EXIT WHEN v_left <= 0;
    END LOOP;
END
$$;

-- For a worker that has fetched nothing yet: leases two units that go on with each other, the same sites and groups on
-- days that follow, of the next ones those with most rows. Together they make a page that is longer than those of others.
CREATE FUNCTION work_claim_pair(p_goal bigint, p_dataset integer, p_worker text, p_lease interval)
RETURNS TABLE (unit_id bigint, lease_no bigint, ret_goal bigint, goal_reprocess integer, goal_planned_at timestamptz,
               is_known boolean, building_id bigint, granularity text, first_day date, end_day date,
               sites bigint[], groups text[]) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET enable_hashjoin = off
SET enable_mergejoin = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    v_goal work_goals;
    v_pair bigint[];
    v_locked bigint[];
BEGIN
    SELECT * INTO v_goal FROM work_goals WHERE goal_id = p_goal;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF v_goal.is_shared THEN
        PERFORM pg_advisory_xact_lock(work_lock_key(v_goal.job, 3));
    ELSE
        PERFORM pg_advisory_xact_lock_shared(work_lock_key(v_goal.job, 3));
        PERFORM FROM work_goals WHERE goal_id = p_goal AND NOT is_shared;
        IF NOT FOUND THEN
            RETURN;
        END IF;
    END IF;
    FOR i IN 1..8 LOOP -- workers that come together look at the same pair, and one of them gets it
        SELECT ARRAY[a.unit_id, n.unit_id] INTO v_pair
        FROM (SELECT * FROM work_units w WHERE w.goal_id = p_goal AND w.dataset = p_dataset AND w.state <> 'done'
                AND w.state = 'waiting' AND w.lease_no = 0 AND (NOT v_goal.is_shared OR work_is_free(v_goal.job, w))
              ORDER BY w.ordinal LIMIT 64) a
        JOIN work_units n ON n.goal_id = a.goal_id AND n.building_id = a.building_id AND n.dataset = a.dataset
         AND n.granularity = a.granularity AND n.sites = a.sites AND n.groups = a.groups
         AND (n.end_day = a.first_day OR n.first_day = a.end_day) AND n.state = 'waiting' AND n.lease_no = 0
         AND (NOT v_goal.is_shared OR work_is_free(v_goal.job, n))
        ORDER BY a.expected_rows + n.expected_rows DESC, a.ordinal LIMIT 1;
        EXIT WHEN NOT FOUND;
        SELECT array_agg(l.unit_id) INTO v_locked
        FROM (SELECT w.unit_id FROM work_units w WHERE w.unit_id = ANY (v_pair) AND w.state = 'waiting'
                AND w.lease_no = 0 -- nor was it leased and given back since it was looked for
              ORDER BY w.unit_id FOR UPDATE) l;
        CONTINUE WHEN coalesce(cardinality(v_locked), 0) < 2;
        RETURN QUERY
            UPDATE work_units u
            SET state = 'leased', lease_no = u.lease_no + 1, worker_id = p_worker, done_slices = 0, failed_slices = 0,
                lease_until = clock_timestamp() + p_lease
            WHERE u.unit_id = ANY (v_locked)
            RETURNING u.unit_id, u.lease_no, u.goal_id, v_goal.reprocess, v_goal.planned_at, NOT v_goal.is_shared, u.building_id,
                      u.granularity, u.first_day, u.end_day, u.sites, u.groups;
        EXIT;
    END LOOP;
END
$$;
