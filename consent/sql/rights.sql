-- Consents and disclosures join the specification of access, and get their own locks.

CREATE VIEW samlos.consent_rights AS
    SELECT c.case_id, s.agency_id, NULL::bigint AS user_id,
           (ARRAY['core']::varchar[] || array_agg(s.part ORDER BY s.part)) AS parts,
           c.givers, false AS received_only, 'consent'::varchar AS reason, 'consent'::varchar AS source_type,
           c.id AS source_id, 0 AS line, c.valid_from, least(c.valid_until, c.ended_at) AS valid_until
      FROM consent_consent c JOIN consent_consentscope s ON s.consent_id = c.id
     GROUP BY c.id, s.agency_id;

-- A forum participant without any part still may know that the item is the case's: core alone (LIL-23).
CREATE VIEW samlos.consent_forum_rights AS
    SELECT DISTINCT c.case_id, f.agency_id, NULL::bigint AS user_id, ARRAY['core']::varchar[] AS parts,
           c.givers, false AS received_only, 'consent'::varchar AS reason, 'consent_forum'::varchar AS source_type,
           c.id AS source_id, 0 AS line, c.valid_from, least(c.valid_until, c.ended_at) AS valid_until
      FROM consent_consent c JOIN consent_consentforum f ON f.consent_id = c.id
     WHERE NOT EXISTS (SELECT 1 FROM consent_consentscope s WHERE s.consent_id = c.id AND s.agency_id = f.agency_id);

CREATE VIEW samlos.disclosure_rights AS
    SELECT d.case_id, d.recipient_id AS agency_id, NULL::bigint AS user_id, (ARRAY['core']::varchar[] || d.parts) AS parts,
           ARRAY[d.author_agency_id] AS givers, false AS received_only, 'disclosure'::varchar AS reason,
           'disclosure'::varchar AS source_type, d.id AS source_id, 0 AS line, d.valid_from,
           least(d.valid_until, d.ended_at) AS valid_until
      FROM consent_disclosure d
    UNION ALL
    -- A copy of the report: what its sender sent, and nothing it writes later (U23-11).
    SELECT d.case_id, d.recipient_id, NULL, (ARRAY['core']::varchar[] || d.parts),
           ARRAY(SELECT DISTINCT r.author_agency_id FROM cases_concernreport r WHERE r.case_id = d.case_id ORDER BY 1),
           true, 'disclosure', 'disclosure', d.id, 1, d.valid_from, least(d.valid_until, d.ended_at)
      FROM consent_disclosure d WHERE d.includes_report;

CREATE OR REPLACE VIEW samlos.access_specification AS
    SELECT * FROM samlos.lead_rights
    UNION ALL SELECT * FROM samlos.consent_rights
    UNION ALL SELECT * FROM samlos.consent_forum_rights
    UNION ALL SELECT * FROM samlos.disclosure_rights;

CALL samlos.table_of_truth('consent_consent', 'r.case_id');
CALL samlos.table_of_truth('consent_consentscope', '(SELECT c.case_id FROM consent_consent c WHERE c.id = r.consent_id)');
CALL samlos.table_of_truth('consent_consentforum', '(SELECT c.case_id FROM consent_consent c WHERE c.id = r.consent_id)');
CALL samlos.table_of_truth('consent_disclosure', 'r.case_id');

-- Nothing of a consent or disclosure changes but its end, once.
CREATE FUNCTION samlos.only_ends() RETURNS trigger LANGUAGE plpgsql
    AS $$
    DECLARE
        before jsonb := to_jsonb(OLD) - ARRAY['ended_at', 'end_reason', 'ended_by_id', 'revoked_by_whom', 'revocation_channel'];
        after jsonb := to_jsonb(NEW) - ARRAY['ended_at', 'end_reason', 'ended_by_id', 'revoked_by_whom', 'revocation_channel'];
    BEGIN
        IF before <> after OR OLD.ended_at IS NOT NULL THEN
            RAISE EXCEPTION 'a recorded consent or disclosure can only be ended, once' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$;
CREATE TRIGGER only_ends BEFORE UPDATE ON consent_consent FOR EACH ROW EXECUTE FUNCTION samlos.only_ends();
CREATE TRIGGER only_ends BEFORE UPDATE ON consent_disclosure FOR EACH ROW EXECUTE FUNCTION samlos.only_ends();

-- The lead reads and writes the consents of its cases. Others learn of a consent through what it lets them see.
ALTER TABLE consent_consent ENABLE ROW LEVEL SECURITY;
REVOKE DELETE, TRUNCATE ON consent_consent FROM {app};
CREATE POLICY readable ON consent_consent FOR SELECT TO {app} USING (
    author_agency_id = (SELECT samlos.agency_id()) OR samlos.leads(case_id));
CREATE POLICY writable ON consent_consent FOR INSERT TO {app} WITH CHECK (
    author_agency_id = (SELECT samlos.agency_id()) AND samlos.leads(case_id));
CREATE POLICY changeable ON consent_consent FOR UPDATE TO {app} USING (samlos.leads(case_id));

CREATE PROCEDURE samlos.protect_with_consent(target regclass, app text) LANGUAGE plpgsql
    AS $$
    BEGIN
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM %I', target, app);
        EXECUTE format('CREATE POLICY with_consent ON %s TO %I USING (EXISTS (SELECT 1 FROM consent_consent c WHERE c.id = consent_id))
            WITH CHECK (EXISTS (SELECT 1 FROM consent_consent c WHERE c.id = consent_id AND samlos.leads(c.case_id)))', target, app);
    END $$;
CALL samlos.protect_with_consent('consent_consentscope', '{app_name}');
CALL samlos.protect_with_consent('consent_consentforum', '{app_name}');
CALL samlos.protect_with_consent('consent_signature', '{app_name}');

ALTER TABLE consent_disclosure ENABLE ROW LEVEL SECURITY;
REVOKE DELETE, TRUNCATE ON consent_disclosure FROM {app};
CREATE POLICY readable ON consent_disclosure FOR SELECT TO {app} USING (
    author_agency_id = (SELECT samlos.agency_id()) OR recipient_id = (SELECT samlos.agency_id()) OR samlos.leads(case_id));
CREATE POLICY writable ON consent_disclosure FOR INSERT TO {app} WITH CHECK (
    author_agency_id = (SELECT samlos.agency_id()) AND samlos.may_contribute(case_id));
CREATE POLICY changeable ON consent_disclosure FOR UPDATE TO {app} USING (
    author_agency_id = (SELECT samlos.agency_id()) OR samlos.leads(case_id));

-- Which forums may hear a case now, and who takes part: narrow enough for every agency with a right in the case.
CREATE FUNCTION samlos.forum_participants(target uuid, forum_code text) RETURNS TABLE (agency_id integer)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT DISTINCT f.agency_id FROM consent_consentforum f JOIN consent_consent c ON c.id = f.consent_id
         WHERE c.case_id = target AND f.forum = forum_code AND samlos.may_contribute(target)
           AND c.valid_from <= samlos.now() AND c.valid_until > samlos.now()
           AND (c.ended_at IS NULL OR c.ended_at > samlos.now())
    $$;
