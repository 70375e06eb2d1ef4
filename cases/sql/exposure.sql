-- The breach question: who could have seen a part of a case between two instants, and who did.

-- Half-open, and nothing where an end comes no later than its beginning (a consent taken back before it began).
CREATE FUNCTION samlos.span(begins timestamptz, ends timestamptz) RETURNS tstzrange LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT CASE WHEN ends <= begins THEN 'empty'::tstzrange ELSE tstzrange(begins, ends) END $$;

-- Which protection level held when: what the changes say, and before the first of them what it changed from.
CREATE FUNCTION samlos.protection_levels(target uuid) RETURNS TABLE (level text, span tstzrange)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        WITH changes AS (
            SELECT coalesce(c.decided_at, c.requested_at) AS since, c.from_level, c.to_level
              FROM cases_protectionchange c WHERE c.case_id = target AND c.outcome IN ('raised', 'approved'))
        SELECT c.to_level, tstzrange(c.since, lead(c.since) OVER (ORDER BY c.since)) FROM changes c
        UNION ALL
        SELECT coalesce((SELECT c.from_level FROM changes c ORDER BY c.since LIMIT 1), p.protection_level),
               tstzrange(NULL, (SELECT min(c.since) FROM changes c))
          FROM cases_person p WHERE p.case_id = target
    $$;
REVOKE EXECUTE ON FUNCTION samlos.protection_levels FROM PUBLIC, {app};

-- The access rule replayed over its dated rows (design.md, "Access"): for each user the stretches within [since, until)
-- in which a line covered the part, a membership was in force whose role has to do with cases, the user was assigned or
-- answered for the agency (a break-glass is its user's own task), was cleared for the level of the time, and had declared
-- no conflict. {answering} and {working} are the application's lists of roles (agencies.actors). One row a stretch, and
-- one without for a user who read the part and had no right we know of: that is the row to ask about first.
--
-- Answers the agency that leads the case, and the owner. Others' people are numbered, not named: their own agency knows.
CREATE FUNCTION samlos.exposure(target uuid, of_part text, since timestamptz, until timestamptz, answering text[],
                                working text[])
    RETURNS TABLE (agency_id integer, person bigint, user_id bigint, roles varchar[], reason varchar,
                   source_type varchar, source_id uuid, received_only boolean, valid_from timestamptz,
                   valid_until timestamptz, times_read bigint, first_read timestamptz, last_read timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        WITH asked AS (
            SELECT samlos.span(since, until) AS span, pg_has_role(session_user, current_user, 'MEMBER') AS by_owner
             WHERE samlos.leads(target) OR pg_has_role(session_user, current_user, 'MEMBER')),
        lines AS (
            SELECT a.agency_id, a.user_id, a.reason, a.source_type, a.source_id, a.received_only,
                   samlos.span(a.valid_from, a.valid_until) * q.span AS span
              FROM cases_caseaccess a CROSS JOIN asked q
             WHERE a.case_id = target AND of_part = ANY(a.parts)
               AND samlos.span(a.valid_from, a.valid_until) && q.span),
        members AS (
            SELECT m.user_id, m.agency_id, m.role, m.clearance, samlos.span(m.valid_from, m.valid_until) AS span
              FROM agencies_membership m JOIN agencies_user u ON u.id = m.user_id AND NOT u.is_machine
             WHERE m.agency_id IN (SELECT l.agency_id FROM lines l)),
        people AS (
            SELECT m.user_id, m.agency_id,
                   coalesce(range_agg(m.span) FILTER (WHERE m.role = ANY(answering)), '{}') AS answers,
                   coalesce(range_agg(m.span) FILTER (WHERE m.role = ANY(working)), '{}') AS works
              FROM members m GROUP BY 1, 2),
        assigned AS (
            SELECT p.user_id, p.agency_id, range_agg(samlos.span(p.valid_from, p.valid_until)) AS spans
              FROM cases_assignmentperiod p WHERE p.case_id = target GROUP BY 1, 2),
        conflicted AS (
            SELECT f.user_id, range_agg(samlos.span(f.declared_at, f.ended_at)) AS spans
              FROM cases_conflict f WHERE f.case_id = target GROUP BY 1),
        cleared AS (
            SELECT m.user_id, m.agency_id, range_agg(m.span * v.span) AS spans
              FROM members m JOIN samlos.protection_levels(target) v ON samlos.clearance_covers(m.clearance, v.level)
             GROUP BY 1, 2),
        allowed AS (
            SELECT l.agency_id, p.user_id, l.reason, l.source_type, l.source_id, l.received_only,
                   l.span::tstzmultirange
                   * CASE WHEN l.user_id IS NULL THEN p.answers + p.works * coalesce(s.spans, '{}') ELSE p.works END
                   * c.spans - coalesce(f.spans, '{}') AS spans
              FROM lines l
              JOIN people p ON p.agency_id = l.agency_id AND (l.user_id IS NULL OR l.user_id = p.user_id)
              JOIN cleared c ON c.agency_id = p.agency_id AND c.user_id = p.user_id
              LEFT JOIN assigned s ON s.agency_id = p.agency_id AND s.user_id = p.user_id
              LEFT JOIN conflicted f ON f.user_id = p.user_id),
        stretches AS (
            SELECT a.agency_id, a.user_id, a.reason, a.source_type, a.source_id, bool_and(a.received_only) AS received_only,
                   range_agg(r) AS spans
              FROM allowed a CROSS JOIN LATERAL unnest(a.spans) r GROUP BY 1, 2, 3, 4, 5),
        could AS (
            SELECT s.agency_id, s.user_id, s.reason, s.source_type, s.source_id, s.received_only, r AS span
              FROM stretches s CROSS JOIN LATERAL unnest(s.spans) r),
        did AS (
            SELECT e.agency_id, e.user_id, count(*) AS times, min(e.at) AS first_at, max(e.at) AS last_at
              FROM asked q CROSS JOIN samlos.events_of_case(target) e
             WHERE of_part = ANY(e.parts) AND e.at <@ q.span AND e.user_id IS NOT NULL GROUP BY 1, 2),
        every_row AS (
            SELECT coalesce(c.agency_id, d.agency_id) AS agency_id, coalesce(c.user_id, d.user_id) AS user_id,
                   c.reason, c.source_type, c.source_id, c.received_only, c.span, d.times, d.first_at, d.last_at
              FROM could c FULL JOIN did d ON d.agency_id = c.agency_id AND d.user_id = c.user_id)
        SELECT e.agency_id, dense_rank() OVER (PARTITION BY e.agency_id ORDER BY e.user_id),
               CASE WHEN q.by_owner OR e.agency_id = samlos.agency_id() THEN e.user_id END,
               ARRAY(SELECT DISTINCT m.role FROM agencies_membership m
                      WHERE m.user_id = e.user_id AND m.agency_id = e.agency_id
                        AND samlos.span(m.valid_from, m.valid_until) && coalesce(e.span, q.span) ORDER BY 1),
               e.reason, e.source_type, e.source_id, e.received_only, lower(e.span), upper(e.span),
               coalesce(e.times, 0), e.first_at, e.last_at
          FROM every_row e CROSS JOIN asked q
         ORDER BY 1, 2, lower(e.span), e.reason
    $$;
