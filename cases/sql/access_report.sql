-- The weekly report of who can see what (security.md 1.3): written by the job on an agency's behalf, read by that agency's
-- privacy officers, and never changed. The functions answer the asking agency alone, with ids, levels and numbers.

ALTER TABLE cases_accessreport ENABLE ROW LEVEL SECURITY;
REVOKE UPDATE, DELETE, TRUNCATE ON cases_accessreport FROM {app};
CREATE POLICY readable ON cases_accessreport FOR SELECT TO {app} USING (
    agency_id = (SELECT samlos.agency_id())
    AND ((SELECT samlos.user_id()) IS NULL
         OR (SELECT samlos.holds_role(samlos.user_id(), samlos.agency_id(), 'privacy_officer'))));
-- No person writes a report: the job does, for the agency and now.
CREATE POLICY writable ON cases_accessreport FOR INSERT TO {app} WITH CHECK (
    agency_id = (SELECT samlos.agency_id()) AND (SELECT samlos.user_id()) IS NULL AND made_at = (SELECT samlos.now()));

-- Who has read which report is asked of the log, on each officer's "Min dag".
CREATE INDEX audit_access_reports_read ON audit_event (user_id, object_id) WHERE kind = 'access.report_read';

-- Reports tell where people worked and when they signed in: kept for two years, so that a yearly review has the year before beside it.
CREATE FUNCTION samlos.forget_access_reports() RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE
        gone integer;
    BEGIN
        DELETE FROM cases_accessreport r
         WHERE r.agency_id = samlos.agency_id() AND r.made_at < samlos.now() - interval '2 years';
        GET DIAGNOSTICS gone = ROW_COUNT;
        RETURN gone;
    END $$;

-- Rights in cases, the agency's own and those of others in the cases it leads now, by agency, reason and the person's
-- level. `what`: `seen` (the agency's cases, each once, whatever the reasons), `in_force`, `began` and `ended` in
-- [{since}, {until}), `ending` by {ahead}. The cases are named only where they are few enough to be read ({few}), and
-- never those that another user's own line opened: that is no colleague's knowledge.
CREATE FUNCTION samlos.access_report_rights(since timestamptz, until timestamptz, ahead timestamptz, few integer)
    RETURNS TABLE (what text, agency_id integer, reason varchar, level varchar, first_end timestamptz,
                   last_end timestamptz, cases bigint, case_ids uuid[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        WITH led AS (
            SELECT DISTINCT l.case_id FROM cases_caseaccess l
             WHERE l.agency_id = samlos.agency_id() AND l.reason = 'lead' AND l.valid_from <= samlos.now()
               AND (l.valid_until IS NULL OR l.valid_until > samlos.now())),
        lines AS (
            SELECT a.agency_id, a.user_id, a.case_id, a.reason, p.protection_level AS level, a.valid_from, a.valid_until,
                   a.valid_from <= samlos.now() AND (a.valid_until IS NULL OR a.valid_until > samlos.now()) AS holds
              FROM cases_caseaccess a JOIN cases_person p ON p.case_id = a.case_id
             WHERE (a.agency_id = samlos.agency_id() OR a.case_id IN (SELECT l.case_id FROM led l))
               -- What had ended when it was to begin never was.
               AND (a.valid_until IS NULL OR a.valid_until > a.valid_from)),
        told AS (
            SELECT 'seen' AS what, l.agency_id, NULL::varchar AS reason, l.level, l.case_id, NULL::bigint AS user_id,
                   NULL::timestamptz AS ends
              FROM lines l WHERE l.holds AND l.agency_id = samlos.agency_id()
            UNION ALL
            SELECT 'in_force', l.agency_id, l.reason, l.level, l.case_id, l.user_id, l.valid_until FROM lines l WHERE l.holds
            UNION ALL
            SELECT 'began', l.agency_id, l.reason, l.level, l.case_id, l.user_id, NULL
              FROM lines l WHERE l.valid_from >= since AND l.valid_from < until
            UNION ALL
            SELECT 'ended', l.agency_id, l.reason, l.level, l.case_id, l.user_id, l.valid_until
              FROM lines l WHERE l.valid_until >= since AND l.valid_until < until
            UNION ALL
            SELECT 'ending', l.agency_id, l.reason, l.level, l.case_id, l.user_id, l.valid_until
              FROM lines l WHERE l.holds AND l.valid_until <= ahead)
        SELECT t.what, t.agency_id, t.reason, t.level, min(t.ends), max(t.ends), count(DISTINCT t.case_id),
               CASE WHEN t.what <> 'seen' AND count(t.user_id) = 0 AND count(DISTINCT t.case_id) <= few
                    THEN array_agg(DISTINCT t.case_id) END
          FROM told t GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    $$;

-- Changes of protection and declared conflicts in [{since}, {until}), with the strictest level that they tell of.
CREATE FUNCTION samlos.access_report_figures(since timestamptz, until timestamptz)
    RETURNS TABLE (code text, level varchar, number bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        WITH happened AS (
            SELECT CASE c.outcome WHEN 'raised' THEN 'protection_raised' WHEN 'approved' THEN 'protection_lowered'
                        ELSE 'protection_waiting' END AS code,
                   c.case_id, ARRAY[c.from_level, c.to_level] AS levels
              FROM cases_protectionchange c
             WHERE c.author_agency_id = samlos.agency_id()
               AND CASE c.outcome WHEN 'raised' THEN c.requested_at >= since AND c.requested_at < until
                                  WHEN 'approved' THEN c.decided_at >= since AND c.decided_at < until
                                  ELSE c.outcome = 'requested' END
            UNION ALL
            SELECT 'conflict_declared', f.case_id, ARRAY['none'] FROM cases_conflict f
             WHERE f.agency_id = samlos.agency_id() AND f.declared_at >= since AND f.declared_at < until
            UNION ALL
            SELECT 'conflict_ended', f.case_id, ARRAY['none'] FROM cases_conflict f
             WHERE f.agency_id = samlos.agency_id() AND f.ended_at >= since AND f.ended_at < until)
        SELECT h.code,
               (SELECT x FROM unnest(h.levels || p.protection_level) x
                 ORDER BY array_position(ARRAY['none', 'marked', 'confidential', 'strictly_confidential', 'fictitious_id'],
                                         x::text) DESC LIMIT 1)::varchar AS strictest,
               count(*)
          FROM happened h JOIN cases_person p ON p.case_id = h.case_id
         GROUP BY 1, 2 ORDER BY 1, 2
    $$;

CALL samlos.seal_triggers('{app_name}');
