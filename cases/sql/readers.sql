-- "Hvem vil se dette?" and "Tjenestene i saken": the lead learns of every agency in the case, others of themselves and
-- the lead alone. A participant learns of the lead's lines only whether they cover what the participant itself writes:
-- the other givers would tell it who else takes part.
CREATE FUNCTION samlos.readers_shown(target uuid)
    RETURNS TABLE (agency_id integer, user_id bigint, parts varchar[], givers integer[], received_only boolean,
                   reason varchar, valid_until timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT a.agency_id, a.user_id, a.parts,
               CASE WHEN a.givers IS NULL OR samlos.leads(target) OR a.agency_id = samlos.agency_id() THEN a.givers
                    ELSE ARRAY(SELECT g FROM unnest(a.givers) g WHERE g IN (samlos.agency_id(), a.agency_id)) END,
               a.received_only, a.reason, a.valid_until
          FROM cases_caseaccess a JOIN cases_case c ON c.id = a.case_id
         WHERE a.case_id = target AND samlos.may_contribute(target)
           AND (samlos.leads(target) OR a.agency_id = samlos.agency_id()
                OR (a.agency_id = c.lead_agency_id AND a.user_id IS NULL
                    AND (a.givers IS NULL OR a.givers && ARRAY[samlos.agency_id(), a.agency_id])))
           AND a.valid_from <= samlos.now() AND (a.valid_until IS NULL OR a.valid_until > samlos.now())
         ORDER BY a.agency_id, a.reason, a.source_id, a.line
    $$;

-- How many people stand behind an agency's right: those assigned, and those whose role answers for its cases, less
-- declared conflicts and those not cleared for the person's protection. {answering} and {cleared} are the
-- application's own lists (agencies.actors), so that the rule is not written twice.
CREATE FUNCTION samlos.people_behind_rights(target uuid, answering varchar[], cleared varchar[])
    RETURNS TABLE (agency_id integer, people bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT m.agency_id, count(DISTINCT m.user_id)
          FROM agencies_membership m JOIN agencies_user u ON u.id = m.user_id AND u.is_active AND NOT u.is_machine
         WHERE m.valid_from <= samlos.now() AND (m.valid_until IS NULL OR m.valid_until > samlos.now())
           AND m.agency_id IN (SELECT r.agency_id FROM samlos.readers_shown(target) r
                                WHERE r.user_id IS NULL OR r.user_id = m.user_id)
           AND (m.role = ANY(answering)
                OR EXISTS (SELECT 1 FROM cases_caseuserobjectpermission p
                            WHERE p.content_object_id = target AND p.user_id = m.user_id AND p.agency_id = m.agency_id))
           AND EXISTS (SELECT 1 FROM agencies_membership k
                        WHERE k.user_id = m.user_id AND k.agency_id = m.agency_id AND k.clearance = ANY(cleared)
                          AND k.valid_from <= samlos.now() AND (k.valid_until IS NULL OR k.valid_until > samlos.now()))
           AND NOT EXISTS (SELECT 1 FROM cases_conflict f
                            WHERE f.case_id = target AND f.user_id = m.user_id AND f.declared_at <= samlos.now()
                              AND (f.ended_at IS NULL OR f.ended_at > samlos.now()))
         GROUP BY m.agency_id
    $$;

-- "Våre bidrag": what an agency wrote it finds again when the case is gone for it, with the label it once knew and the
-- protection level that decides who in the agency may look. An agency that never had a right learns nothing.
CREATE FUNCTION samlos.labels_once_known(targets uuid[])
    RETURNS TABLE (case_id uuid, number varchar, protection_level varchar)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT c.id, c.number, p.protection_level
          FROM cases_case c JOIN cases_person p ON p.case_id = c.id
         WHERE c.id = ANY(targets)
           AND EXISTS (SELECT 1 FROM cases_caseaccess a
                        WHERE a.case_id = c.id AND a.agency_id = samlos.agency_id() AND a.valid_from <= samlos.now())
    $$;
