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
           'disclosure'::varchar AS source_type, d.id AS source_id, 0 AS line,
           greatest(d.valid_from, d.approved_at) AS valid_from, least(d.valid_until, d.ended_at) AS valid_until
      FROM consent_disclosure d
     WHERE d.despite_objection = '' OR d.approved_at IS NOT NULL
    UNION ALL
    -- A copy of the report: what its sender sent, and nothing it writes later (U23-11).
    SELECT d.case_id, d.recipient_id, NULL, (ARRAY['core']::varchar[] || d.parts),
           ARRAY(SELECT DISTINCT r.author_agency_id FROM cases_concernreport r WHERE r.case_id = d.case_id ORDER BY 1),
           true, 'disclosure', 'disclosure', d.id, 1, greatest(d.valid_from, d.approved_at),
           least(d.valid_until, d.ended_at)
      FROM consent_disclosure d
     WHERE d.includes_report AND (d.despite_objection = '' OR d.approved_at IS NOT NULL);

CREATE OR REPLACE VIEW samlos.access_specification AS
    SELECT * FROM samlos.lead_rights
    UNION ALL SELECT * FROM samlos.consent_rights
    UNION ALL SELECT * FROM samlos.consent_forum_rights
    UNION ALL SELECT * FROM samlos.disclosure_rights;

CALL samlos.table_of_truth('consent_consent', 'r.case_id');
CALL samlos.table_of_truth('consent_consentscope', '(SELECT c.case_id FROM consent_consent c WHERE c.id = r.consent_id)');
CALL samlos.table_of_truth('consent_consentforum', '(SELECT c.case_id FROM consent_consent c WHERE c.id = r.consent_id)');
CALL samlos.table_of_truth('consent_disclosure', 'r.case_id');

-- Nothing of a consent or disclosure changes but its end, once, and that a second person approved it, once.
CREATE FUNCTION samlos.only_ends() RETURNS trigger LANGUAGE plpgsql
    AS $$
    DECLARE
        free text[] := ARRAY['ended_at', 'end_reason', 'ended_by_id', 'revoked_by_whom', 'revocation_channel'];
        approval text[] := ARRAY['approved_by_id', 'approved_at'];
        before jsonb := to_jsonb(OLD) - free;
        after jsonb := to_jsonb(NEW) - free;
    BEGIN
        IF before ->> 'approved_at' IS NULL AND OLD.ended_at IS NULL AND NEW.ended_at IS NULL THEN
            before := before - approval;
            after := after - approval;
        END IF;
        IF before <> after OR OLD.ended_at IS NOT NULL THEN
            RAISE EXCEPTION 'a recorded consent or disclosure can only be ended, once' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.ended_at <> samlos.now() THEN
            RAISE EXCEPTION 'an end is when it is written down' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$;
-- The second person is whoever approves, acting for the agency that shares.
CREATE FUNCTION samlos.approved_in_person() RETURNS trigger LANGUAGE plpgsql
    AS $$
    BEGIN
        IF NEW.approved_by_id IS DISTINCT FROM samlos.user_id() OR NEW.author_agency_id IS DISTINCT FROM samlos.agency_id()
            OR NEW.approved_at <> samlos.now() THEN
            RAISE EXCEPTION 'a disclosure is approved by the one who says so, for the agency that shares, and now'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$;
CREATE TRIGGER approved_in_person BEFORE UPDATE ON consent_disclosure FOR EACH ROW
    WHEN (NEW.approved_at IS DISTINCT FROM OLD.approved_at OR NEW.approved_by_id IS DISTINCT FROM OLD.approved_by_id)
    EXECUTE FUNCTION samlos.approved_in_person();

-- What was signed is complete when it is recorded: a box added later would be one nobody signed.
CREATE FUNCTION samlos.signed_together() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    BEGIN
        IF NOT EXISTS (SELECT 1 FROM consent_consent c WHERE c.id = NEW.consent_id AND c.recorded_at = samlos.now()) THEN
            RAISE EXCEPTION 'a recorded consent is never widened' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$;
CREATE TRIGGER signed_together BEFORE INSERT ON consent_consentscope FOR EACH ROW EXECUTE FUNCTION samlos.signed_together();
CREATE TRIGGER signed_together BEFORE INSERT ON consent_consentforum FOR EACH ROW EXECUTE FUNCTION samlos.signed_together();
CREATE TRIGGER signed_together BEFORE INSERT ON consent_signature FOR EACH ROW EXECUTE FUNCTION samlos.signed_together();

CREATE TRIGGER only_ends BEFORE UPDATE ON consent_consent FOR EACH ROW EXECUTE FUNCTION samlos.only_ends();
CREATE TRIGGER only_ends BEFORE UPDATE ON consent_disclosure FOR EACH ROW EXECUTE FUNCTION samlos.only_ends();

-- When a case closes, the purpose people consented to is gone, and what was shared for it stops (T13).
CREATE FUNCTION samlos.case_closed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    BEGIN
        UPDATE consent_consent SET ended_at = samlos.now(), end_reason = 'case_closed'
         WHERE case_id = NEW.id AND ended_at IS NULL AND valid_until > samlos.now();
        UPDATE consent_disclosure SET ended_at = samlos.now()
         WHERE case_id = NEW.id AND ended_at IS NULL AND valid_until > samlos.now();
        RETURN NULL;
    END $$;
CREATE TRIGGER case_closed AFTER UPDATE OF closed_at ON cases_case
    FOR EACH ROW WHEN (OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL) EXECUTE FUNCTION samlos.case_closed();

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
-- The recipient reads why it was told for as long as it is told.
CREATE POLICY readable ON consent_disclosure FOR SELECT TO {app} USING (
    author_agency_id = (SELECT samlos.agency_id()) OR samlos.leads(case_id)
    OR (recipient_id = (SELECT samlos.agency_id()) AND valid_from <= (SELECT samlos.now())
        AND valid_until > (SELECT samlos.now()) AND (ended_at IS NULL OR ended_at > (SELECT samlos.now()))
        AND (despite_objection = '' OR approved_at <= (SELECT samlos.now()))));
-- Nobody is born approved, and only the agency that received the report hands on a copy of it.
CREATE POLICY writable ON consent_disclosure FOR INSERT TO {app} WITH CHECK (
    author_agency_id = (SELECT samlos.agency_id()) AND samlos.may_contribute(case_id) AND approved_at IS NULL
    AND (NOT includes_report OR samlos.leads(case_id)));
CREATE POLICY changeable ON consent_disclosure FOR UPDATE TO {app} USING (
    author_agency_id = (SELECT samlos.agency_id()) OR samlos.leads(case_id));

-- Which agencies take part when a forum speaks of a case now: the consent's own words (LIL-23). Asked by other functions.
CREATE FUNCTION samlos.forum_agencies(target uuid, forum_code text) RETURNS TABLE (agency_id integer)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT DISTINCT f.agency_id FROM consent_consentforum f JOIN consent_consent c ON c.id = f.consent_id
         WHERE c.case_id = target AND f.forum = forum_code
           AND c.valid_from <= samlos.now() AND c.valid_until > samlos.now()
           AND (c.ended_at IS NULL OR c.ended_at > samlos.now())
    $$;
REVOKE EXECUTE ON FUNCTION samlos.forum_agencies FROM PUBLIC, {app};

-- The same as the lead and those who take part themselves may ask it; nobody else is told who does (LIL-23).
CREATE FUNCTION samlos.forum_participants(target uuid, forum_code text) RETURNS TABLE (agency_id integer)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        WITH seats AS (SELECT a.agency_id FROM samlos.forum_agencies(target, forum_code) a)
        SELECT s.agency_id FROM seats s
         WHERE samlos.may_contribute(target)
           AND (samlos.leads(target) OR samlos.agency_id() IN (SELECT mine.agency_id FROM seats mine))
    $$;

-- Whether the person has said no to sharing, or taken a yes back, and nothing has replaced it: asked before a
-- discretionary right is used (C4). An agency with a right in the case learns this one bit, not what was refused.
CREATE FUNCTION samlos.objection_known(target uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT samlos.may_contribute(target)
           AND (EXISTS (SELECT 1 FROM cases_fact f
                         WHERE f.case_id = target AND f.kind IN ('consent_refused', 'declines_help')
                           AND f.established_at <= samlos.now() AND (f.ended_at IS NULL OR f.ended_at > samlos.now()))
                OR (SELECT c.end_reason = 'revoked' FROM consent_consent c
                     WHERE c.case_id = target ORDER BY c.version DESC LIMIT 1))
    $$;

-- Whom to tell that a consent has ended: those who worked on the case in a listed agency, else its managers. Only the
-- lead may ask, and only its service does, to raise the reminders.
CREATE FUNCTION samlos.people_told_of_end(target uuid) RETURNS TABLE (user_id bigint, agency_id integer)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        WITH listed AS (
            SELECT DISTINCT c.case_id, x.agency_id
              FROM consent_consent c
              JOIN cases_case k ON k.id = c.case_id
              JOIN (SELECT consent_id, agency_id FROM consent_consentscope
                    UNION SELECT consent_id, agency_id FROM consent_consentforum) x ON x.consent_id = c.id
             WHERE c.id = target AND samlos.leads(c.case_id) AND x.agency_id <> k.lead_agency_id),
        present AS (
            SELECT l.case_id, m.agency_id, m.user_id, bool_or(m.role = 'manager') AS manages
              FROM listed l JOIN agencies_membership m ON m.agency_id = l.agency_id
              JOIN agencies_user u ON u.id = m.user_id AND u.is_active AND NOT u.is_machine
             WHERE m.valid_from <= samlos.now() AND (m.valid_until IS NULL OR m.valid_until > samlos.now())
             GROUP BY l.case_id, m.agency_id, m.user_id),
        assigned AS (
            SELECT p.agency_id, p.user_id FROM present p
             WHERE EXISTS (SELECT 1 FROM cases_caseuserobjectpermission a
                            WHERE a.content_object_id = p.case_id AND a.agency_id = p.agency_id AND a.user_id = p.user_id))
        SELECT a.user_id, a.agency_id FROM assigned a
        UNION
        SELECT p.user_id, p.agency_id FROM present p
         WHERE p.manages AND NOT EXISTS (SELECT 1 FROM assigned a WHERE a.agency_id = p.agency_id)
    $$;

-- What an agency that stood on a consent may know of its end: the case's label, without reason. Nothing while it runs.
CREATE FUNCTION samlos.ended_consents(targets uuid[]) RETURNS TABLE (consent_id uuid, number varchar)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT c.id, k.number FROM consent_consent c JOIN cases_case k ON k.id = c.case_id
         WHERE c.id = ANY(targets) AND least(c.valid_until, c.ended_at) <= samlos.now()
           AND (EXISTS (SELECT 1 FROM consent_consentscope s WHERE s.consent_id = c.id AND s.agency_id = samlos.agency_id())
                OR EXISTS (SELECT 1 FROM consent_consentforum f WHERE f.consent_id = c.id AND f.agency_id = samlos.agency_id()))
    $$;

CALL samlos.seal_triggers('{app_name}');
