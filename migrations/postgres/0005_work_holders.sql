-- A process that is frozen (stopped, its machine paused) keeps its sessions, and with them the locks of the transaction
-- that it was in: no limit of the server ends one that waits for the rows of a COPY. Others would wait for ever.

-- The locks by which the sessions of a worker are known: 0 of its session for the queue, as long as that is there, 1 of a
-- transaction that stores rows. Its first session for rows holds run_lock(run_id) as well.
CREATE FUNCTION work_session_lock(p_worker text, p_which integer) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT hashtextextended(current_schema() || '/worker/' || p_worker, p_which)
$$;

-- This session is that of the worker for the queue. An older one, whose network was cut, ends.
CREATE FUNCTION work_hold_session(p_worker text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT pg_try_advisory_lock(work_session_lock(p_worker, 0)) THEN
        PERFORM pg_terminate_backend(l.pid) FROM pg_catalog.pg_locks l
        WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.pid <> pg_backend_pid()
          AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database())
          AND ((l.classid::bigint << 32) | l.objid::bigint) = work_session_lock(p_worker, 0);
        PERFORM pg_advisory_lock(work_session_lock(p_worker, 0));
    END IF;
END
$$;

-- The sessions of workers that have been silent for p_lease behind the end of their leases and are in the middle of a
-- transaction. A worker that lives says so all the while, however long its transaction takes. Those of p_pids are ended:
-- is_ended is false when this user may not do that, and NULL for all others. To look at the locks stops whoever takes
-- one, so that is done once, and not at all while nobody is silent.
CREATE FUNCTION work_end_holders(p_lease interval, p_pids integer[])
RETURNS TABLE (worker_id text, host text, pid integer, is_ended boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_found record;
BEGIN
    FOR v_found IN
        WITH silent AS MATERIALIZED (
            SELECT w.worker_id, w.host, k.key FROM work_workers w,
                LATERAL (VALUES (run_lock(w.worker_id)), (work_session_lock(w.worker_id, 0)),
                                (work_session_lock(w.worker_id, 1))) AS k (key)
            WHERE w.seen_until < clock_timestamp() - p_lease),
        locks AS MATERIALIZED (
            SELECT l.pid, l.locktype, (l.classid::bigint << 32) | l.objid::bigint AS key FROM pg_catalog.pg_locks l
            WHERE (SELECT EXISTS (SELECT FROM silent)) AND l.pid <> pg_catalog.pg_backend_pid()
              AND (l.locktype = 'relation'
                   OR (l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database =
                       (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()))))
        SELECT DISTINCT s.worker_id, s.host, l.pid FROM silent s JOIN locks l ON l.key = s.key
        WHERE l.locktype = 'advisory' AND EXISTS (SELECT FROM locks r WHERE r.pid = l.pid AND r.locktype = 'relation')
    LOOP
        worker_id := v_found.worker_id;
        host := v_found.host;
        pid := v_found.pid;
        BEGIN
            is_ended := CASE WHEN v_found.pid = ANY (p_pids) THEN pg_terminate_backend(v_found.pid) END;
        EXCEPTION WHEN insufficient_privilege THEN
            is_ended := false;
        END;
        RETURN NEXT;
    END LOOP;
END
$$;
