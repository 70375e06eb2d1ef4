-- `manage.py access verify` and its nightly job: where `cases_caseaccess` and the specification it is derived from
-- disagree, and in which columns. Ids and column names only, and no row for what agrees: the application may ask it
-- and learns of nothing that is in order. `activity_at` is how lists are ordered and no right, so it is not compared.
CREATE FUNCTION samlos.access_differences(of_cases uuid[] DEFAULT NULL)
    RETURNS TABLE (difference text, case_id uuid, agency_id integer, lead_agency_id integer, reason varchar,
                   source_type varchar, source_id uuid, line integer, columns text[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        WITH due AS (SELECT * FROM samlos.access_specification x WHERE of_cases IS NULL OR x.case_id = ANY(of_cases)),
             held AS (SELECT * FROM cases_caseaccess x WHERE of_cases IS NULL OR x.case_id = ANY(of_cases)),
             beside AS (
                SELECT coalesce(s.case_id, a.case_id) AS case_id, coalesce(s.agency_id, a.agency_id) AS agency_id,
                       coalesce(s.reason, a.reason) AS reason, coalesce(s.source_type, a.source_type) AS source_type,
                       coalesce(s.source_id, a.source_id) AS source_id, coalesce(s.line, a.line) AS line,
                       a.id IS NULL AS is_missing, s.source_id IS NULL AS is_unfounded,
                       -- Every column of the specification, also one that is added to it later.
                       to_jsonb(s) AS should, to_jsonb(a) - ARRAY['id', 'activity_at'] AS has
                  FROM due s FULL JOIN held a ON (s.reason, s.source_type, s.source_id, s.line, s.agency_id)
                                               = (a.reason, a.source_type, a.source_id, a.line, a.agency_id)
                 WHERE a.id IS NULL OR s.source_id IS NULL OR to_jsonb(s) <> to_jsonb(a) - ARRAY['id', 'activity_at'])
        SELECT CASE WHEN b.is_missing THEN 'missing' WHEN b.is_unfounded THEN 'unfounded' ELSE 'changed' END,
               b.case_id, b.agency_id, c.lead_agency_id, b.reason, b.source_type, b.source_id, b.line,
               CASE WHEN b.is_missing OR b.is_unfounded THEN ARRAY[]::text[]
                    ELSE ARRAY(SELECT k FROM (SELECT jsonb_object_keys(b.should) UNION SELECT jsonb_object_keys(b.has)) x(k)
                                WHERE b.should -> k IS DISTINCT FROM b.has -> k ORDER BY k) END
          FROM beside b LEFT JOIN cases_case c ON c.id = b.case_id
         ORDER BY b.case_id, b.agency_id, b.reason, b.source_id, b.line
    $$;
