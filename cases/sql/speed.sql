-- The searches again, so that they find among many cases by an index. The condition is the same as before, with the
-- clock asked once a statement and not once a row.

-- Trusted: the owner of a database may add it, on a managed server too. Names are searched for by any piece of them.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX person_name_pieces ON cases_person USING gin (lower(given_name || ' ' || family_name) gin_trgm_ops);

-- Number and name are looked up apart: joined by OR, neither finds its index.
CREATE OR REPLACE FUNCTION samlos.search_people(words text, most integer) RETURNS TABLE (case_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        WITH fits AS MATERIALIZED (
            SELECT p.case_id FROM cases_person p
             WHERE lower(p.given_name || ' ' || p.family_name) LIKE '%' || replace(replace(replace(lower(words),
                       '\', '\\'), '%', '\%'), '_', '\_') || '%'
            UNION SELECT c.id FROM cases_case c WHERE c.number = words)
        SELECT p.case_id FROM fits JOIN cases_person p ON p.case_id = fits.case_id
         WHERE p.protection_level NOT IN ('strictly_confidential', 'fictitious_id')
           AND EXISTS (SELECT 1 FROM cases_caseaccess a
                        WHERE a.agency_id = samlos.agency_id() AND a.case_id = p.case_id
                          AND (a.user_id IS NULL OR a.user_id = samlos.user_id())
                          AND a.valid_from <= (SELECT samlos.now())
                          AND (a.valid_until IS NULL OR a.valid_until > (SELECT samlos.now())))
           AND (p.protection_level = 'none' OR samlos.is_cleared(p.case_id))
         ORDER BY p.sort_key, p.case_id LIMIT most
    $$;
CREATE OR REPLACE FUNCTION samlos.search_entries(words text, most integer) RETURNS TABLE (entry_id uuid, case_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT e.id, e.case_id FROM cases_entry e
         WHERE e.search @@ websearch_to_tsquery('norwegian', words)
           AND EXISTS (SELECT 1 FROM cases_caseaccess a
                        WHERE a.agency_id = samlos.agency_id() AND a.case_id = e.case_id AND NOT a.received_only
                          AND e.part = ANY(a.parts) AND (a.givers IS NULL OR e.author_agency_id = ANY(a.givers))
                          AND (a.user_id IS NULL OR a.user_id = samlos.user_id())
                          AND a.valid_from <= (SELECT samlos.now())
                          AND (a.valid_until IS NULL OR a.valid_until > (SELECT samlos.now())))
         ORDER BY e.occurred_at DESC, e.id LIMIT most
    $$;
