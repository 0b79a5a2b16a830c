-- A process that is frozen (stopped, its machine paused) keeps its sessions, and with them the locks of the transaction
-- that it was in: no limit of the server ends one that waits for the rows of a COPY. Others would wait for ever.

-- The locks by which the sessions of a worker are known: 0 of its session for the queue, as long as that is there, 1 of a
-- transaction that stores rows. Its first session for rows holds run_lock(run_id) as well.
CREATE FUNCTION work_session_lock(p_worker text, p_which integer) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT hashtextextended(current_schema() || '/worker/' || p_worker, p_which)
$$;

-- The sessions of a worker, this one left out.
CREATE FUNCTION work_sessions(p_worker text) RETURNS SETOF integer LANGUAGE sql STABLE AS $$
    SELECT l.pid FROM pg_catalog.pg_locks l
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.pid <> pg_catalog.pg_backend_pid()
      AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
      AND ((l.classid::bigint << 32) | l.objid::bigint) IN
          (run_lock(p_worker), work_session_lock(p_worker, 0), work_session_lock(p_worker, 1))
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

-- Ends the sessions of workers that have been silent for p_lease behind the end of their leases and are in the middle of
-- a transaction. A worker that lives says so all the while, however long its transaction takes. is_ended: false when this
-- user may not end it.
CREATE FUNCTION work_end_holders(p_lease interval)
RETURNS TABLE (worker_id text, host text, pid integer, is_ended boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_worker record;
BEGIN
    FOR v_worker IN SELECT w.worker_id, w.host FROM work_workers w WHERE w.seen_until < clock_timestamp() - p_lease LOOP
        FOR pid IN SELECT DISTINCT s FROM work_sessions(v_worker.worker_id) AS s
                   JOIN pg_catalog.pg_locks h ON h.pid = s AND h.locktype = 'relation' LOOP
            worker_id := v_worker.worker_id;
            host := v_worker.host;
            BEGIN
                is_ended := pg_terminate_backend(pid);
            EXCEPTION WHEN insufficient_privilege THEN
                is_ended := false;
            END;
            RETURN NEXT;
        END LOOP;
    END LOOP;
END
$$;
