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
