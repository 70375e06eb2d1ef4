-- The rights of these cases, derived anew from the specification (access.sql). A line that stays as it is is not written
-- anew: a consent given in a case of many lines wrote them all, each with an entry more in every index. Planned once: for an
-- array of ids PostgreSQL takes every call for a new question, and working out how took five times as long as doing it.
CREATE OR REPLACE FUNCTION samlos.rederive(ids uuid[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = 'force_generic_plan'
    AS $$
    BEGIN
        -- In id order, so that two grants touching the same cases wait for each other instead of locking dead.
        PERFORM 1 FROM cases_case WHERE id = ANY(ids) ORDER BY id FOR UPDATE;
        -- The specification is asked once and for these cases alone: asked anew for each line it is worked out for them all.
        WITH spec AS MATERIALIZED (SELECT * FROM samlos.access_specification WHERE case_id = ANY(ids)),
             gone AS (
                 DELETE FROM cases_caseaccess a
                  WHERE a.case_id = ANY(ids)
                    AND NOT EXISTS (SELECT 1 FROM spec s
                                     WHERE s.case_id = a.case_id AND s.reason = a.reason AND s.source_type = a.source_type
                                       AND s.source_id = a.source_id AND s.line = a.line AND s.agency_id = a.agency_id))
        INSERT INTO cases_caseaccess AS a (case_id, agency_id, user_id, parts, givers, received_only, reason, source_type,
                                           source_id, line, valid_from, valid_until, activity_at)
        SELECT s.case_id, s.agency_id, s.user_id, s.parts, s.givers, s.received_only, s.reason, s.source_type,
               s.source_id, s.line, s.valid_from, s.valid_until,
               -- Only what the line covers may move the case in a list; else the order tells of what one may not see.
               coalesce((SELECT max(e.created_at) FROM cases_entry e
                          WHERE e.case_id = s.case_id AND e.part = ANY(s.parts) AND NOT s.received_only
                            AND (s.valid_until IS NULL OR e.created_at < s.valid_until)
                            AND (s.givers IS NULL OR e.author_agency_id = ANY(s.givers))), c.opened_at)
          FROM spec s JOIN cases_case c ON c.id = s.case_id
        ON CONFLICT (reason, source_type, source_id, line, agency_id) DO UPDATE
           SET case_id = excluded.case_id, user_id = excluded.user_id, parts = excluded.parts, givers = excluded.givers,
               received_only = excluded.received_only, valid_from = excluded.valid_from, valid_until = excluded.valid_until,
               activity_at = excluded.activity_at
         WHERE (a.case_id, a.user_id, a.parts, a.givers, a.received_only, a.valid_from, a.valid_until, a.activity_at)
            IS DISTINCT FROM (excluded.case_id, excluded.user_id, excluded.parts, excluded.givers, excluded.received_only,
                              excluded.valid_from, excluded.valid_until, excluded.activity_at);
    END $$;
REVOKE EXECUTE ON FUNCTION samlos.rederive FROM PUBLIC, {app};
