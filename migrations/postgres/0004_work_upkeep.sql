-- What a worker asks again and again while others are at what is left, the planning of which must not depend on
-- statistics: a table that was just filled has none, and one that was just worked off has old ones.

-- What failed is counted once a goal is done; few units have any.
CREATE INDEX work_units_failed ON work_units (goal_id) WHERE failed_slices > 0;

-- What is left of a goal: is_there false means that it is gone.
CREATE FUNCTION work_look(p_goal bigint, p_dataset integer, p_worker text)
RETURNS TABLE (is_there boolean, here boolean, elsewhere boolean, others boolean, own boolean) LANGUAGE sql VOLATILE
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET enable_hashjoin = off
SET enable_mergejoin = off SET jit = off AS $$
    SELECT EXISTS (SELECT FROM work_goals WHERE goal_id = p_goal),
           EXISTS (SELECT FROM work_units WHERE goal_id = p_goal AND dataset = p_dataset AND state <> 'done'
                   AND (state = 'waiting' OR lease_until < clock_timestamp())),
           EXISTS (SELECT FROM work_units WHERE goal_id = p_goal AND dataset <> p_dataset AND state <> 'done'
                   AND (state = 'waiting' OR lease_until < clock_timestamp())),
           EXISTS (SELECT FROM work_units WHERE goal_id = p_goal AND state <> 'done' AND state = 'leased'
                   AND worker_id <> p_worker),
           EXISTS (SELECT FROM work_units WHERE worker_id = p_worker AND state = 'leased')
$$;

-- Marks a goal as finished of which no unit is left; true: nobody did before.
CREATE FUNCTION work_finish(p_goal bigint, p_worker text) RETURNS boolean LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET enable_hashjoin = off
SET enable_mergejoin = off SET jit = off AS $$
BEGIN
    UPDATE work_goals
    SET finished_at = clock_timestamp(), names_by = p_worker,
        slices_failed = (SELECT coalesce(sum(failed_slices), 0) FROM work_units
                         WHERE goal_id = p_goal AND failed_slices > 0)
    WHERE goal_id = p_goal AND finished_at IS NULL
      AND NOT EXISTS (SELECT FROM work_units WHERE goal_id = p_goal AND state <> 'done');
    RETURN FOUND;
END
$$;

-- When the transaction began in which the goal was planned and published: before the ledger was looked at. Unlike
-- planned_at it is told by the clock that tells noted_at.
ALTER TABLE work_goals ADD COLUMN plan_begun_at timestamptz NOT NULL DEFAULT now();

-- Which slices of a rectangle failed, by their numbers in it; NULL where none did, or where it is not known.
ALTER TABLE work_log ADD COLUMN failed_at integer[];
CREATE INDEX work_log_unit ON work_log (goal_id, unit_id);
DROP INDEX work_log_goal;

-- What of a unit was stored since the plan of its goal was begun, through this goal or another of the same form of the
-- job. It was written in the transactions of the rows, and times are those of one clock.
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
          AND coalesce(g.finished_at, 'infinity') >= v_goal.plan_begun_at
          AND o.dataset = v_unit.dataset AND o.granularity = v_unit.granularity
          AND o.first_day < v_unit.end_day AND v_unit.first_day < o.end_day
          AND o.sites && v_unit.sites AND o.groups && v_unit.groups
          AND l.noted_at >= v_goal.plan_begun_at AND (l.failed_slices = 0 OR l.failed_at IS NOT NULL);
END
$$;
