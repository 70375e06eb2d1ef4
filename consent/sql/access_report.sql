-- What the weekly report of who can see what tells of break-glass: to the agency that asks, numbers and levels alone.
-- `glass_used` is the agency's own people, wherever; the others are in cases it leads now, and what its own privacy
-- officer must judge since nobody leads anything. Waiting is what no second person has said anything about (F-39).
CREATE FUNCTION samlos.access_report_glasses(since timestamptz, until timestamptz)
    RETURNS TABLE (code text, level varchar, number bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        WITH glasses AS (
            SELECT g.*, coalesce(p.protection_level, '') AS level, g.agency_id = samlos.agency_id() AS own,
                   CASE WHEN g.case_id IS NULL THEN g.agency_id = samlos.agency_id() ELSE samlos.leads(g.case_id) END AS ours
              FROM consent_breakglass g LEFT JOIN cases_person p ON p.case_id = g.case_id
             WHERE g.reviewed_at IS NULL OR g.valid_from >= since OR g.reviewed_at >= since)
        SELECT t.code, t.level, count(*)
          FROM (SELECT 'glass_used' AS code, ''::varchar AS level FROM glasses g
                 WHERE g.own AND g.valid_from >= since AND g.valid_from < until
                UNION ALL
                SELECT 'glass_by_others', g.level FROM glasses g
                 WHERE NOT g.own AND g.ours AND g.valid_from >= since AND g.valid_from < until
                UNION ALL
                SELECT 'glass_objected', g.level FROM glasses g
                 WHERE g.ours AND g.verdict = 'objected' AND g.reviewed_at >= since AND g.reviewed_at < until
                UNION ALL
                SELECT 'glass_waiting', g.level FROM glasses g WHERE g.ours AND g.reviewed_at IS NULL) t
         GROUP BY 1, 2 ORDER BY 1, 2
    $$;
