-- "Hvem kan se dette?" at any instant: how many people stood behind each agency's right then, from the dated histories.
-- The lead alone is told. {answering} and {cleared} are the application's own lists (agencies.actors). An account that is
-- closed now was not necessarily closed then, so it counts for the past.
CREATE FUNCTION samlos.people_who_could_read(target uuid, at_instant timestamptz, answering varchar[], cleared varchar[])
    RETURNS TABLE (agency_id integer, people bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        WITH lines AS (
            SELECT a.agency_id, a.user_id FROM cases_caseaccess a
             WHERE a.case_id = target AND samlos.leads(target)
               AND a.valid_from <= at_instant AND (a.valid_until IS NULL OR a.valid_until > at_instant))
        SELECT m.agency_id, count(DISTINCT m.user_id)
          FROM agencies_membership m
          JOIN agencies_user u ON u.id = m.user_id AND NOT u.is_machine AND (u.is_active OR at_instant < samlos.now())
         WHERE m.valid_from <= at_instant AND (m.valid_until IS NULL OR m.valid_until > at_instant)
           AND (EXISTS (SELECT 1 FROM lines l WHERE l.agency_id = m.agency_id AND l.user_id = m.user_id)
                OR (EXISTS (SELECT 1 FROM lines l WHERE l.agency_id = m.agency_id AND l.user_id IS NULL)
                    AND (m.role = ANY(answering)
                         OR EXISTS (SELECT 1 FROM cases_assignmentperiod p
                                     WHERE p.case_id = target AND p.user_id = m.user_id AND p.agency_id = m.agency_id
                                       AND p.valid_from <= at_instant
                                       AND (p.valid_until IS NULL OR p.valid_until > at_instant)))))
           AND EXISTS (SELECT 1 FROM agencies_membership k
                        WHERE k.user_id = m.user_id AND k.agency_id = m.agency_id AND k.clearance = ANY(cleared)
                          AND k.valid_from <= at_instant AND (k.valid_until IS NULL OR k.valid_until > at_instant))
           AND NOT EXISTS (SELECT 1 FROM cases_conflict f
                            WHERE f.case_id = target AND f.user_id = m.user_id AND f.declared_at <= at_instant
                              AND (f.ended_at IS NULL OR f.ended_at > at_instant))
         GROUP BY m.agency_id
    $$;
