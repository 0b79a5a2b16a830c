-- The queue after a year: goals that begin and end beside each other, clocks that are set back, workers that die of what
-- they fetch, and tables that were just filled or just worked off. The functions that 0003 made stay as they are for
-- workers of the version before that are at work while the schema is brought up to date; their fingerprint keeps
-- workers of this version out until they have ended.

-- Which transactions had ended before the ledger was looked at for the plan. No clock tells that: one may be set back, and
-- what is noted at an instant can be seen later.
ALTER TABLE work_goals ADD COLUMN plan_snapshot pg_snapshot NOT NULL DEFAULT pg_current_snapshot();
ALTER TABLE work_log ADD COLUMN noted_xid xid8 NOT NULL DEFAULT pg_current_xact_id();
-- The transaction that finished or dropped the goal: behind it nothing of the goal was stored any more.
ALTER TABLE work_goals ADD COLUMN end_xid xid8;
-- It was given up, or has been over for long: nobody joins it or takes units of it, none of its units is leased, and it
-- is deleted piece by piece. is_shared is told to people only.
ALTER TABLE work_goals ADD COLUMN dropped_at timestamptz;
-- Leases in a row that ended by themselves, with nothing stored.
ALTER TABLE work_units ADD COLUMN expired integer NOT NULL DEFAULT 0;
-- Which slices of a rectangle failed, by their numbers in it; NULL where none did, or where it is not known.
ALTER TABLE work_log ADD COLUMN failed_at integer[];
CREATE INDEX work_log_unit ON work_log (goal_id, unit_id);
DROP INDEX work_log_goal;
-- What failed is counted once a goal is done; few units have any.
CREATE INDEX work_units_failed ON work_units (goal_id) WHERE failed_slices > 0;

-- Until then something is held or alive, by the clock of the database. That may have been set back, or be another
-- server's after a failover: what lies further ahead than anybody sets it is over.
CREATE FUNCTION work_holds(p_until timestamptz, p_lease interval) RETURNS boolean LANGUAGE sql VOLATILE AS $$
    SELECT p_until > clock_timestamp() AND p_until < clock_timestamp() + 2 * p_lease
$$;

-- Something of the goal may have been stored that a plan did not see.
CREATE FUNCTION work_is_after(p_goal work_goals, p_plan pg_snapshot) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT p_goal.end_xid IS NULL OR NOT pg_visible_in_snapshot(p_goal.end_xid, p_plan)
$$;

-- A goal that was published just now is not in the statistics, and each index of it looks as good as the others. So
-- conditions are written such that only the right one can serve: by order where it is that of what is open, and with
-- state || '' where it is that of a building, which the partial indexes then do not fit.

-- No unit of another goal of the job that is leased now holds slices of this one.
CREATE OR REPLACE FUNCTION work_is_free(p_job text, p_unit work_units) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (
        SELECT FROM work_units o JOIN work_goals g ON g.goal_id = o.goal_id
        WHERE g.job = p_job AND o.goal_id <> p_unit.goal_id AND o.state || '' = 'leased' AND o.dataset = p_unit.dataset
          AND o.building_id = p_unit.building_id AND o.granularity = p_unit.granularity
          AND o.first_day < p_unit.end_day AND p_unit.first_day < o.end_day AND o.sites && p_unit.sites
          AND o.groups && p_unit.groups)
$$;

-- A unit of the goal is not done.
CREATE FUNCTION work_is_open(p_goal bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT (SELECT unit_id FROM work_units WHERE goal_id = p_goal AND state <> 'done' ORDER BY dataset, ordinal LIMIT 1)
           IS NOT NULL
$$;

-- Other goals of its job are unfinished.
CREATE FUNCTION work_is_beside(p_goal work_goals) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM work_goals g WHERE g.job = p_goal.job AND g.goal_id <> p_goal.goal_id
                   AND g.finished_at IS NULL AND g.dropped_at IS NULL)
$$;

-- Before units of a goal are leased: whether that is done beside other goals, behind a lock under which that stays so.
-- NULL: the goal is gone, or another has just come; the next call knows.
CREATE FUNCTION work_lock_goal(p_goal bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_goal work_goals;
    v_beside boolean;
BEGIN
    SELECT * INTO v_goal FROM work_goals WHERE goal_id = p_goal;
    v_beside := work_is_beside(v_goal);
    IF v_beside THEN
        PERFORM pg_advisory_xact_lock(work_lock_key(v_goal.job, 3));
    ELSE
        PERFORM pg_advisory_xact_lock_shared(work_lock_key(v_goal.job, 3));
    END IF;
    SELECT * INTO v_goal FROM work_goals WHERE goal_id = p_goal AND dropped_at IS NULL;
    IF NOT FOUND OR (work_is_beside(v_goal) AND NOT v_beside) THEN
        RETURN NULL;
    END IF;
    RETURN work_is_beside(v_goal);
END
$$;

-- Marks a goal as finished of which no unit is left; true: nobody did before. p_worker then fetches the names.
CREATE FUNCTION work_finish(p_goal bigint, p_worker text) RETURNS boolean LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET enable_hashjoin = off
SET enable_mergejoin = off SET jit = off AS $$
BEGIN
    UPDATE work_goals
    SET finished_at = clock_timestamp(), end_xid = pg_current_xact_id(), names_by = p_worker,
        slices_failed = (SELECT coalesce(sum(failed_slices), 0) FROM work_units
                         WHERE goal_id = p_goal AND failed_slices > 0)
    WHERE goal_id = p_goal AND finished_at IS NULL AND dropped_at IS NULL
      AND NOT work_is_open(p_goal);
    RETURN FOUND;
END
$$;

-- Beside other goals, under the exclusive lock: a lease that is over could still be used by its holder, who would then
-- write beside the other goal; and a goal whose own workers have gone is finished by those who helped it.
CREATE FUNCTION work_tidy(p_job text, p_goal bigint, p_lease interval) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET enable_hashjoin = off
SET enable_mergejoin = off SET jit = off AS $$
BEGIN
    UPDATE work_units SET state = 'waiting', lease_no = lease_no + 1, worker_id = NULL, lease_until = NULL,
                          expired = expired + 1
    WHERE unit_id IN (SELECT u.unit_id FROM work_units u JOIN work_goals g ON g.goal_id = u.goal_id
                      WHERE g.job = p_job AND u.state = 'leased' AND NOT work_holds(u.lease_until, p_lease)
                      FOR UPDATE OF u SKIP LOCKED);
    PERFORM work_finish(g.goal_id, NULL) FROM work_goals g
    WHERE g.job = p_job AND g.goal_id <> p_goal AND g.finished_at IS NULL AND g.dropped_at IS NULL
      AND NOT work_is_open(g.goal_id)
      AND NOT EXISTS (SELECT FROM work_workers w WHERE w.goal_id = g.goal_id AND work_holds(w.seen_until, p_lease));
END
$$;

-- Leases up to p_count units of a dataset to a worker: first those of goals that come before its own, then of its own,
-- each in the order of its plan. Beside another goal units are passed over of which it has leased some slices. is_known:
-- nobody had it before, and through no other goal can anything of it have been stored since it was planned.
--
-- A unit whose leases ended p_most times by themselves, with nothing stored, may be what ends its workers. It is left to
-- the end, and leased to a worker that holds nothing else; if that ends as well, it was this unit, and whoever gets it
-- then, with ret_expired > p_most, must not try. No row is no end: look at work_look.
CREATE FUNCTION work_take(p_goal bigint, p_dataset integer, p_worker text, p_count integer, p_lease interval,
                          p_most integer)
RETURNS TABLE (unit_id bigint, lease_no bigint, ret_goal bigint, goal_reprocess integer, is_known boolean,
               ret_expired integer, building_id bigint, granularity text, first_day date, end_day date,
               sites bigint[], groups text[]) LANGUAGE plpgsql
-- A table that was just filled has no statistics: only the order of the index keeps a claim from reading all of it.
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET enable_hashjoin = off
SET enable_mergejoin = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    v_beside boolean := work_lock_goal(p_goal);
    v_own work_goals;
    v_goal work_goals;
    v_alone boolean;
    v_left integer := p_count;
    v_taken integer;
BEGIN
    IF v_beside IS NULL OR EXISTS (SELECT FROM work_units WHERE worker_id = p_worker AND state = 'leased'
                                   AND expired >= p_most AND work_holds(lease_until, p_lease)) THEN
        RETURN;
    END IF;
    SELECT * INTO v_own FROM work_goals WHERE goal_id = p_goal;
    IF v_beside THEN
        PERFORM work_tidy(v_own.job, p_goal, p_lease);
    END IF;
    FOR v_suspects IN 0..1 LOOP
        IF v_suspects = 1 THEN
            EXIT WHEN v_left < p_count OR p_count < 1
                OR EXISTS (SELECT FROM work_units WHERE worker_id = p_worker AND state = 'leased'
                           AND work_holds(lease_until, p_lease));
            v_left := 1;
        END IF;
        FOR v_goal IN SELECT * FROM work_goals
                      WHERE job = v_own.job AND fingerprint = v_own.fingerprint AND finished_at IS NULL
                        AND dropped_at IS NULL AND (goal_id = p_goal OR priority < v_own.priority)
                      ORDER BY priority, goal_id LOOP
            v_alone := NOT EXISTS (SELECT FROM work_goals g WHERE g.job = v_own.job AND g.goal_id <> v_goal.goal_id
                                   AND work_is_after(g, v_goal.plan_snapshot));
            RETURN QUERY
                UPDATE work_units u
                SET state = 'leased', lease_no = u.lease_no + 1, worker_id = p_worker, done_slices = 0,
                    failed_slices = 0, lease_until = clock_timestamp() + p_lease, expired = c.expired
                FROM (SELECT w.unit_id, w.expired + (w.state = 'leased')::integer AS expired FROM work_units w
                      WHERE w.goal_id = v_goal.goal_id AND w.dataset = p_dataset AND w.state <> 'done'
                        AND (w.state = 'waiting' OR NOT work_holds(w.lease_until, p_lease))
                        AND (w.expired + (w.state = 'leased')::integer >= p_most) = (v_suspects = 1)
                        AND (NOT v_beside OR work_is_free(v_own.job, w))
                      ORDER BY w.ordinal LIMIT v_left FOR UPDATE SKIP LOCKED) c
                WHERE u.unit_id = c.unit_id
                RETURNING u.unit_id, u.lease_no, u.goal_id, v_goal.reprocess, v_alone AND u.lease_no = 1, u.expired,
                          u.building_id, u.granularity, u.first_day, u.end_day, u.sites, u.groups;
            GET DIAGNOSTICS v_taken = ROW_COUNT;
            v_left := v_left - v_taken;
            EXIT WHEN v_left <= 0;
        END LOOP;
    END LOOP;
END
$$;

-- For a worker that has fetched nothing yet: leases two units that go on with each other, the same sites and groups on
-- days that follow, of the next ones those with most rows. Together they make a page that is longer than those of others.
CREATE FUNCTION work_take_pair(p_goal bigint, p_dataset integer, p_worker text, p_lease interval)
RETURNS TABLE (unit_id bigint, lease_no bigint, ret_goal bigint, goal_reprocess integer, is_known boolean,
               ret_expired integer, building_id bigint, granularity text, first_day date, end_day date,
               sites bigint[], groups text[]) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET enable_hashjoin = off
SET enable_mergejoin = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    v_beside boolean := work_lock_goal(p_goal);
    v_goal work_goals;
    v_alone boolean;
    v_pair bigint[];
    v_locked bigint[];
BEGIN
    IF v_beside IS NULL THEN
        RETURN;
    END IF;
    SELECT * INTO v_goal FROM work_goals WHERE goal_id = p_goal;
    v_alone := NOT EXISTS (SELECT FROM work_goals g WHERE g.job = v_goal.job AND g.goal_id <> p_goal
                           AND work_is_after(g, v_goal.plan_snapshot));
    FOR i IN 1..8 LOOP -- workers that come together look at the same pair, and one of them gets it
        SELECT ARRAY[a.unit_id, n.unit_id] INTO v_pair
        FROM (SELECT * FROM work_units w WHERE w.goal_id = p_goal AND w.dataset = p_dataset AND w.state <> 'done'
                AND w.state = 'waiting' AND w.lease_no = 0 AND (NOT v_beside OR work_is_free(v_goal.job, w))
              ORDER BY w.ordinal LIMIT 64) a
        JOIN work_units n ON n.goal_id = a.goal_id AND n.building_id = a.building_id AND n.dataset = a.dataset
         AND n.granularity = a.granularity AND n.sites = a.sites AND n.groups = a.groups
         AND (n.end_day = a.first_day OR n.first_day = a.end_day) AND n.state || '' = 'waiting' AND n.lease_no = 0
         AND (NOT v_beside OR work_is_free(v_goal.job, n))
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
            RETURNING u.unit_id, u.lease_no, u.goal_id, v_goal.reprocess, v_alone, 0, u.building_id,
                      u.granularity, u.first_day, u.end_day, u.sites, u.groups;
        EXIT;
    END LOOP;
END
$$;

-- What is left of a goal: is_there false means that it is gone. One that was dropped by a planner who is still at it, or
-- will be in a moment, has a successor soon: until then others are at what is left.
CREATE FUNCTION work_look(p_goal bigint, p_dataset integer, p_worker text, p_lease interval)
RETURNS TABLE (is_there boolean, here boolean, elsewhere boolean, others boolean, own boolean) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET enable_hashjoin = off
SET enable_mergejoin = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    v_job text;
    v_lately boolean;
BEGIN
    SELECT job, dropped_at > clock_timestamp() - interval '5 seconds' INTO v_job, v_lately
    FROM work_goals WHERE goal_id = p_goal AND dropped_at IS NOT NULL;
    IF FOUND THEN
        is_there := v_lately OR NOT pg_try_advisory_xact_lock_shared(work_lock_key(v_job, 2));
        here := false; elsewhere := false; others := is_there; own := false;
        RETURN NEXT;
        RETURN;
    END IF;
    RETURN QUERY
        SELECT EXISTS (SELECT FROM work_goals WHERE goal_id = p_goal),
               (SELECT unit_id FROM work_units WHERE goal_id = p_goal AND dataset = p_dataset AND state <> 'done'
                AND (state = 'waiting' OR NOT work_holds(lease_until, p_lease)) ORDER BY ordinal LIMIT 1) IS NOT NULL,
               (SELECT unit_id FROM work_units WHERE goal_id = p_goal AND dataset <> p_dataset AND state <> 'done'
                AND (state = 'waiting' OR NOT work_holds(lease_until, p_lease))
                ORDER BY dataset, ordinal LIMIT 1) IS NOT NULL,
               (SELECT unit_id FROM work_units WHERE goal_id = p_goal AND state <> 'done' AND state = 'leased'
                AND worker_id <> p_worker ORDER BY dataset, ordinal LIMIT 1) IS NOT NULL,
               EXISTS (SELECT FROM work_units WHERE worker_id = p_worker AND state = 'leased');
END
$$;

-- Before the ledger is looked at for a plan, under the locks 2 and 3. Leases of goals whose workers have become silent are
-- taken away: who comes back could store what the plan then holds as missing. What is over is dropped, but for late
-- workers of it; of what is unfinished, the same goal, another form of the job, and what its workers have been away from
-- for long. A unit whose row is locked is being written now, maybe by a process that was frozen in the middle of that:
-- nobody waits for it. Its goal stays, and is beside the new one.
CREATE FUNCTION work_clear(p_job text, p_key text, p_fingerprint text, p_late interval, p_gone interval,
                           p_lease interval) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET enable_hashjoin = off
SET enable_mergejoin = off SET jit = off AS $$
DECLARE
    v_goal work_goals;
BEGIN
    FOR v_goal IN SELECT * FROM work_goals g WHERE g.job = p_job AND g.dropped_at IS NULL
                  AND NOT EXISTS (SELECT FROM work_workers w WHERE w.goal_id = g.goal_id
                                  AND work_holds(w.seen_until, p_lease)) LOOP
        UPDATE work_units SET state = 'waiting', lease_no = lease_no + 1, worker_id = NULL, lease_until = NULL
        WHERE unit_id IN (SELECT unit_id FROM work_units -- by the index of those that are leased
                          WHERE state = 'leased' AND worker_id >= '' AND goal_id + 0 = v_goal.goal_id
                          FOR UPDATE SKIP LOCKED);
        UPDATE work_goals g SET dropped_at = clock_timestamp(), end_xid = pg_current_xact_id()
        WHERE g.goal_id = v_goal.goal_id
          AND (g.goal_key = p_key
               OR g.finished_at NOT BETWEEN clock_timestamp() - p_late AND clock_timestamp() + 2 * p_lease
               OR (g.finished_at IS NULL
                   AND (g.fingerprint <> p_fingerprint
                        OR NOT EXISTS (SELECT FROM work_workers w WHERE w.goal_id = g.goal_id AND w.seen_until
                                       BETWEEN clock_timestamp() - p_gone AND clock_timestamp() + 2 * p_lease))))
          AND NOT EXISTS (SELECT FROM work_units
                          WHERE state = 'leased' AND worker_id >= '' AND goal_id + 0 = g.goal_id);
    END LOOP;
END
$$;

-- Deletes up to p_count units of a dropped goal, and behind the last one the goal. False: nothing is left that may be. What
-- a goal stored that is dropped must be known for as long as another is at work that was planned before it ended.
CREATE FUNCTION work_sweep(p_job text, p_count integer) RETURNS boolean LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET enable_hashjoin = off
SET enable_mergejoin = off SET jit = off AS $$
DECLARE
    v_goal bigint;
    v_units bigint[];
BEGIN
    SELECT g.goal_id INTO v_goal FROM work_goals g
    WHERE g.job = p_job AND g.dropped_at IS NOT NULL
      AND NOT EXISTS (SELECT FROM work_goals o WHERE o.job = p_job AND o.goal_id <> g.goal_id AND o.finished_at IS NULL
                      AND o.dropped_at IS NULL AND work_is_after(g, o.plan_snapshot))
    LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    WITH gone AS (
        DELETE FROM work_units WHERE unit_id = ANY (ARRAY(
            SELECT unit_id FROM work_units WHERE goal_id = v_goal LIMIT p_count FOR UPDATE SKIP LOCKED))
        RETURNING unit_id)
    SELECT array_agg(unit_id) INTO v_units FROM gone;
    DELETE FROM work_log WHERE goal_id = v_goal AND unit_id = ANY (v_units);
    IF v_units IS NULL AND EXISTS (SELECT FROM work_units WHERE goal_id = v_goal) THEN
        RETURN false;
    END IF;
    IF v_units IS NULL THEN
        DELETE FROM work_goals WHERE goal_id = v_goal;
    END IF;
    RETURN true;
END
$$;

-- What of a unit was stored since the plan of its goal was begun, through this goal or another of the same form of the
-- job. It was written in the transactions of the rows.
CREATE FUNCTION work_stored(p_unit bigint)
RETURNS TABLE (first_day date, end_day date, sites bigint[], groups text[], failed_at integer[]) LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET enable_hashjoin = off
SET enable_mergejoin = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    v_unit work_units;
    v_goal work_goals;
BEGIN
    SELECT * INTO v_unit FROM work_units WHERE unit_id = p_unit;
    SELECT * INTO v_goal FROM work_goals WHERE goal_id = v_unit.goal_id;
    RETURN QUERY
        SELECT l.first_day, l.end_day, l.sites, l.groups, l.failed_at FROM work_log l
        WHERE l.goal_id = v_unit.goal_id AND l.unit_id = p_unit
          AND (l.failed_slices = 0 OR l.failed_at IS NOT NULL);
    RETURN QUERY
        SELECT l.first_day, l.end_day, l.sites, l.groups, l.failed_at
        FROM work_goals g
        JOIN work_units o ON o.goal_id = g.goal_id AND o.building_id = v_unit.building_id
        JOIN work_log l ON l.goal_id = o.goal_id AND l.unit_id = o.unit_id
        WHERE g.job = v_goal.job AND g.fingerprint = v_goal.fingerprint AND g.goal_id <> v_goal.goal_id
          AND work_is_after(g, v_goal.plan_snapshot)
          AND o.dataset = v_unit.dataset AND o.granularity = v_unit.granularity
          AND o.first_day < v_unit.end_day AND v_unit.first_day < o.end_day
          AND o.sites && v_unit.sites AND o.groups && v_unit.groups
          AND NOT pg_visible_in_snapshot(l.noted_xid, v_goal.plan_snapshot) AND (l.failed_slices = 0 OR l.failed_at IS NOT NULL);
END
$$;
