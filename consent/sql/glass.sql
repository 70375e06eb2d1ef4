-- Break-glass (F-39): one person reads named parts of one case for an hour because life or health cannot wait. The rows
-- are written by the functions below and by nothing else: who, when and how long are the database's own words.

CREATE VIEW samlos.break_glass_rights AS
    SELECT g.case_id, g.agency_id, g.user_id, (ARRAY['core']::varchar[] || g.parts) AS parts, NULL::integer[] AS givers,
           false AS received_only, 'break_glass'::varchar AS reason, 'break_glass'::varchar AS source_type,
           g.id AS source_id, 0 AS line, g.valid_from, least(g.valid_until, g.ended_at) AS valid_until
      FROM consent_breakglass g
     WHERE g.case_id IS NOT NULL;

CREATE OR REPLACE VIEW samlos.access_specification AS
    SELECT * FROM samlos.lead_rights
    UNION ALL SELECT * FROM samlos.consent_rights
    UNION ALL SELECT * FROM samlos.consent_forum_rights
    UNION ALL SELECT * FROM samlos.disclosure_rights
    UNION ALL SELECT * FROM samlos.break_glass_rights;

CALL samlos.table_of_truth('consent_breakglass', 'r.case_id');

-- Every list asks for the reader's own lines; nearly always there are none.
CREATE INDEX access_personal ON cases_caseaccess (user_id, agency_id, case_id) WHERE user_id IS NOT NULL;

-- What names one user is no colleague's: neither the line nor what it opens (design.md, "of this very user").
DROP POLICY own ON cases_caseaccess;
CREATE POLICY own ON cases_caseaccess FOR SELECT TO {app} USING (
    agency_id = (SELECT samlos.agency_id()) AND (user_id IS NULL OR user_id = (SELECT samlos.user_id())));

-- Break-glass lets one person read; the agency takes no part in the case by it.
CREATE OR REPLACE FUNCTION samlos.may_contribute(target uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT EXISTS (SELECT 1 FROM cases_caseaccess a
                          WHERE a.agency_id = samlos.agency_id() AND a.case_id = target AND a.user_id IS NULL
                            AND a.valid_from <= samlos.now() AND (a.valid_until IS NULL OR a.valid_until > samlos.now()))
              OR EXISTS (SELECT 1 FROM cases_case c
                          WHERE c.id = target AND c.opened_by_agency_id = samlos.agency_id() AND c.state = 'submitted') $$;

-- As in cases/sql/readers.sql, but that only the lead learns of somebody else's break-glass.
CREATE OR REPLACE FUNCTION samlos.readers_shown(target uuid)
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
           AND (samlos.leads(target)
                OR (a.agency_id = samlos.agency_id() AND (a.user_id IS NULL OR a.user_id = samlos.user_id()))
                OR (a.agency_id = c.lead_agency_id AND a.user_id IS NULL
                    AND (a.givers IS NULL OR a.givers && ARRAY[samlos.agency_id(), a.agency_id])))
           AND a.valid_from <= samlos.now() AND (a.valid_until IS NULL OR a.valid_until > samlos.now())
         ORDER BY a.agency_id, a.reason, a.source_id, a.line
    $$;

-- As in cases/sql/readers.sql, and the one a break-glass names counts without being assigned.
CREATE OR REPLACE FUNCTION samlos.people_behind_rights(target uuid, answering varchar[], cleared varchar[])
    RETURNS TABLE (agency_id integer, people bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        WITH shown AS (SELECT r.agency_id, r.user_id FROM samlos.readers_shown(target) r)
        SELECT m.agency_id, count(DISTINCT m.user_id)
          FROM agencies_membership m JOIN agencies_user u ON u.id = m.user_id AND u.is_active AND NOT u.is_machine
         WHERE m.valid_from <= samlos.now() AND (m.valid_until IS NULL OR m.valid_until > samlos.now())
           AND (EXISTS (SELECT 1 FROM shown r WHERE r.agency_id = m.agency_id AND r.user_id = m.user_id)
                OR (EXISTS (SELECT 1 FROM shown r WHERE r.agency_id = m.agency_id AND r.user_id IS NULL)
                    AND (m.role = ANY(answering)
                         OR EXISTS (SELECT 1 FROM cases_caseuserobjectpermission p
                                     WHERE p.content_object_id = target AND p.user_id = m.user_id
                                       AND p.agency_id = m.agency_id))))
           AND EXISTS (SELECT 1 FROM agencies_membership k
                        WHERE k.user_id = m.user_id AND k.agency_id = m.agency_id AND k.clearance = ANY(cleared)
                          AND k.valid_from <= samlos.now() AND (k.valid_until IS NULL OR k.valid_until > samlos.now()))
           AND NOT EXISTS (SELECT 1 FROM cases_conflict f
                            WHERE f.case_id = target AND f.user_id = m.user_id AND f.declared_at <= samlos.now()
                              AND (f.ended_at IS NULL OR f.ended_at > samlos.now()))
         GROUP BY m.agency_id
    $$;

-- As in cases/sql/readers.sql: an agency does not learn a label because one of its people once broke the glass.
CREATE OR REPLACE FUNCTION samlos.labels_once_known(targets uuid[])
    RETURNS TABLE (case_id uuid, number varchar, protection_level varchar)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT c.id, c.number, p.protection_level
          FROM cases_case c JOIN cases_person p ON p.case_id = c.id
         WHERE c.id = ANY(targets)
           AND EXISTS (SELECT 1 FROM cases_caseaccess a
                        WHERE a.case_id = c.id AND a.agency_id = samlos.agency_id() AND a.user_id IS NULL
                          AND a.valid_from <= samlos.now())
    $$;

-- When a case closes, a break-glass stops with everything else that was shared in it (T13).
CREATE OR REPLACE FUNCTION samlos.case_closed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    BEGIN
        UPDATE consent_consent SET ended_at = samlos.now(), end_reason = 'case_closed'
         WHERE case_id = NEW.id AND ended_at IS NULL AND valid_until > samlos.now();
        UPDATE consent_disclosure SET ended_at = samlos.now()
         WHERE case_id = NEW.id AND ended_at IS NULL AND valid_until > samlos.now();
        UPDATE consent_breakglass SET ended_at = samlos.now()
         WHERE case_id = NEW.id AND ended_at IS NULL AND valid_until > samlos.now();
        RETURN NULL;
    END $$;

-- --- who may read what about a break-glass ---------------------------------------------------------------------------

CREATE FUNCTION samlos.holds_role(wanted text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT EXISTS (SELECT 1 FROM agencies_membership m JOIN agencies_user u ON u.id = m.user_id AND u.is_active
                          WHERE m.user_id = samlos.user_id() AND m.agency_id = samlos.agency_id() AND m.role = wanted
                            AND m.valid_from <= samlos.now()
                            AND (m.valid_until IS NULL OR m.valid_until > samlos.now())) $$;

REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON consent_breakglass, consent_blockedglass FROM {app};
ALTER TABLE consent_blockedglass ENABLE ROW LEVEL SECURITY;
-- That somebody was stopped is the lead's knowledge alone: to anybody else the case did not exist.
CREATE POLICY readable ON consent_blockedglass FOR SELECT TO {app} USING (samlos.leads(case_id));
ALTER TABLE consent_breakglass ENABLE ROW LEVEL SECURITY;
CREATE POLICY readable ON consent_breakglass FOR SELECT TO {app} USING (
    agency_id = (SELECT samlos.agency_id())
        AND (user_id = (SELECT samlos.user_id()) OR (SELECT samlos.holds_role('privacy_officer')))
    OR samlos.leads(case_id)
    OR EXISTS (SELECT 1 FROM consent_blockedglass b WHERE b.glass_id = consent_breakglass.id));

-- --- opening ---------------------------------------------------------------------------------------------------------

-- The only way in, and the only search that answers about cases one may not see. The act is written down whatever is
-- found, in the same statement that looks: nobody asks without a trace, and the row tells when, who and why. Only open
-- cases of one's own municipality, found by the whole number, or by the whole name and the birth date together: there is
-- nothing to browse. What a declared conflict or the person's protection keeps from this user is as if it did not exist,
-- and from the two highest levels a name finds nobody (security.md 3.5, row 3).
CREATE FUNCTION samlos.open_glass(wanted varchar[], law varchar, why text, id_index bytea, name_key varchar, born date)
    RETURNS uuid
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE
        levels text[] := ARRAY['none', 'marked', 'confidential', 'strictly_confidential', 'fictitious_id'];
        every_part text[] := ARRAY['contact', 'crime', 'health', 'substance_use', 'occupation_school', 'economy', 'housing',
                                   'family', 'leisure_network', 'child_welfare'];
        mine agencies_agency;
        highest integer;
        openable uuid[];
        humans integer;
        blocked uuid[];
        chosen uuid;
        what text := 'nothing';
        made uuid := gen_random_uuid();
        known uuid;
    BEGIN
        SELECT g.* INTO mine FROM agencies_agency g WHERE g.group_id = samlos.agency_id();
        SELECT max(array_position(levels, m.clearance::text)) INTO highest
          FROM agencies_membership m JOIN agencies_user u ON u.id = m.user_id AND u.is_active AND NOT u.is_machine
         WHERE m.user_id = samlos.user_id() AND m.agency_id = samlos.agency_id()
           AND m.valid_from <= samlos.now() AND (m.valid_until IS NULL OR m.valid_until > samlos.now());
        IF highest IS NULL OR NOT (samlos.holds_role('caseworker') OR samlos.holds_role('manager')
                                   OR samlos.holds_role('intake') OR samlos.holds_role('coordinator')) THEN
            RAISE EXCEPTION 'break-glass is for people who work on cases' USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF coalesce(cardinality(wanted), 0) = 0 OR NOT wanted::text[] <@ every_part THEN
            RAISE EXCEPTION 'break-glass opens named parts' USING ERRCODE = 'check_violation';
        END IF;
        -- The police have no way to health and child welfare but being told (security.md 3.5, row 5).
        IF mine.kind = 'police' AND wanted::text[] && ARRAY['health', 'child_welfare'] THEN
            RAISE EXCEPTION 'the police are told by those who know' USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF char_length(btrim(coalesce(why, ''))) < 20 THEN
            RAISE EXCEPTION 'break-glass needs a reason' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT EXISTS (
            SELECT 1 FROM agencies_legalbasis b JOIN agencies_municipality k ON k.country = b.country
             WHERE k.id = mine.municipality_id AND b.code = law AND b.enabled AND b.document -> 'uses' ? 'break_glass'
               -- To the day in the municipality's zone is the first lock's; here a day more at either end.
               AND (b.valid_from IS NULL OR b.valid_from <= samlos.now()::date + 1)
               AND (b.valid_to IS NULL OR b.valid_to >= samlos.now()::date - 1)) THEN
            RAISE EXCEPTION 'break-glass rests on a legal basis of the list' USING ERRCODE = 'check_violation';
        END IF;
        IF (id_index IS NOT NULL) = (name_key IS NOT NULL AND born IS NOT NULL) THEN
            RAISE EXCEPTION 'break-glass looks for one person' USING ERRCODE = 'check_violation';
        END IF;

        WITH found AS (
            SELECT c.id, c.opened_at,
                   coalesce((SELECT encode(i.number_index, 'hex') FROM cases_personidentity i WHERE i.case_id = c.id
                              ORDER BY i.created_at DESC LIMIT 1), c.id::text) AS human,
                   array_position(levels, p.protection_level::text) <= highest
                   AND (id_index IS NOT NULL OR p.protection_level NOT IN ('strictly_confidential', 'fictitious_id'))
                   AND NOT EXISTS (SELECT 1 FROM cases_conflict f
                                    WHERE f.case_id = c.id AND f.user_id = samlos.user_id() AND f.declared_at <= samlos.now()
                                      AND (f.ended_at IS NULL OR f.ended_at > samlos.now())) AS may_be_opened
              FROM cases_case c JOIN cases_person p ON p.case_id = c.id
              JOIN agencies_agency l ON l.group_id = c.lead_agency_id AND l.municipality_id = mine.municipality_id
             WHERE c.state <> 'closed'
               AND CASE WHEN id_index IS NOT NULL
                        THEN c.id IN (SELECT i.case_id FROM cases_personidentity i WHERE i.number_index = id_index)
                        ELSE p.sort_key = name_key AND p.birth_date = born END)
        SELECT array_agg(f.id ORDER BY f.opened_at DESC, f.id) FILTER (WHERE f.may_be_opened),
               count(DISTINCT f.human) FILTER (WHERE f.may_be_opened),
               array_agg(f.id) FILTER (WHERE NOT f.may_be_opened)
          INTO openable, humans, blocked FROM found f;

        IF humans = 1 THEN
            -- Pressed twice: the hour that runs is the hour.
            SELECT g.id INTO known FROM consent_breakglass g
             WHERE g.user_id = samlos.user_id() AND g.agency_id = mine.group_id AND g.case_id = openable[1]
               AND g.parts @> wanted AND wanted @> g.parts AND g.legal_basis = law AND g.ended_at IS NULL
               AND g.valid_until > samlos.now();
            IF known IS NOT NULL THEN
                RETURN known;
            END IF;
            chosen := openable[1];
            what := 'opened';
            blocked := NULL;
        ELSIF humans > 1 THEN
            what := 'several';
        END IF;
        INSERT INTO consent_breakglass (id, user_id, agency_id, case_id, outcome, parts, legal_basis, reason, valid_from,
                                        valid_until, verdict, review_note)
            VALUES (made, samlos.user_id(), mine.group_id, chosen, what,
                    ARRAY(SELECT DISTINCT w FROM unnest(wanted) w ORDER BY w), law, btrim(why), samlos.now(),
                    samlos.now() + interval '60 minutes', '', '');
        INSERT INTO consent_blockedglass (id, glass_id, case_id)
            SELECT gen_random_uuid(), made, b FROM unnest(blocked) b;
        RETURN made;
    END $$;

-- --- afterwards ------------------------------------------------------------------------------------------------------

-- The second person (F-39): in the agency that leads the case, which answers for it and has no part in the act, a manager
-- or the privacy officer (at intake, whoever has the intake role). When nothing was opened nobody leads anything, and the
-- privacy officer of the user's own agency is the one. Never the user, and nobody who is disqualified in the case.
CREATE FUNCTION samlos.second_person(target uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT EXISTS (
            SELECT 1 FROM consent_breakglass g
             WHERE g.id = target AND g.user_id <> samlos.user_id()
               AND CASE WHEN g.case_id IS NULL
                        THEN g.agency_id = samlos.agency_id() AND samlos.holds_role('privacy_officer')
                        ELSE samlos.leads(g.case_id)
                             AND (samlos.holds_role('manager') OR samlos.holds_role('privacy_officer')
                                  OR (samlos.holds_role('intake')
                                      AND EXISTS (SELECT 1 FROM agencies_agency o WHERE o.group_id = samlos.agency_id()
                                                     AND o.kind = 'intake_office')))
                             AND NOT EXISTS (SELECT 1 FROM cases_conflict f
                                              WHERE f.case_id = g.case_id AND f.user_id = samlos.user_id()
                                                AND f.declared_at <= samlos.now()
                                                AND (f.ended_at IS NULL OR f.ended_at > samlos.now())) END)
    $$;

-- Said once, now, by the one who says so. An objection also ends what still runs.
CREATE FUNCTION samlos.review_glass(target uuid, said varchar, note text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    BEGIN
        IF said NOT IN ('confirmed', 'objected') OR (said = 'objected' AND btrim(coalesce(note, '')) = '') THEN
            RAISE EXCEPTION 'a break-glass is confirmed, or objected to with a reason' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT samlos.second_person(target) THEN
            RAISE EXCEPTION 'a break-glass is reviewed by a second person' USING ERRCODE = 'insufficient_privilege';
        END IF;
        UPDATE consent_breakglass
           SET verdict = said, reviewed_at = samlos.now(), reviewed_by_id = samlos.user_id(), review_note = btrim(note),
               ended_by_id = CASE WHEN said = 'objected' AND ended_at IS NULL AND valid_until > samlos.now()
                                  THEN samlos.user_id() ELSE ended_by_id END,
               ended_at = CASE WHEN said = 'objected' AND ended_at IS NULL AND valid_until > samlos.now()
                               THEN samlos.now() ELSE ended_at END
         WHERE id = target AND reviewed_at IS NULL;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a break-glass is reviewed once' USING ERRCODE = 'check_violation';
        END IF;
    END $$;

-- Ended before the hour is over: by its user, or by the second person.
CREATE FUNCTION samlos.end_glass(target uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    BEGIN
        IF NOT samlos.second_person(target) AND NOT EXISTS (
            SELECT 1 FROM consent_breakglass g
             WHERE g.id = target AND g.user_id = samlos.user_id() AND g.agency_id = samlos.agency_id()) THEN
            RAISE EXCEPTION 'a break-glass is ended by its user or by the second person'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        UPDATE consent_breakglass SET ended_at = samlos.now(), ended_by_id = samlos.user_id()
         WHERE id = target AND case_id IS NOT NULL AND ended_at IS NULL AND valid_until > samlos.now();
        IF NOT FOUND THEN
            RAISE EXCEPTION 'this break-glass has ended' USING ERRCODE = 'check_violation';
        END IF;
    END $$;

-- 24 hours without a second person's word: marked once, on behalf of the agency that should have said it.
CREATE FUNCTION samlos.flag_glasses() RETURNS TABLE (glass_id uuid, case_id uuid)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        UPDATE consent_breakglass g SET flagged_at = samlos.now()
         WHERE g.reviewed_at IS NULL AND g.flagged_at IS NULL AND g.valid_from + interval '24 hours' <= samlos.now()
           AND CASE WHEN g.case_id IS NULL THEN g.agency_id = samlos.agency_id() ELSE samlos.leads(g.case_id) END
        RETURNING g.id, g.case_id
    $$;

-- Whom to tell: those who may be the second person, whoever leads a case somebody was kept from, and the privacy officer
-- of the user's own agency. Asked in the moment of the opening or of the flag, by its service, to raise the reminders.
CREATE FUNCTION samlos.people_told_of_glass(target uuid) RETURNS TABLE (user_id bigint, agency_id integer)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        WITH this AS (
            SELECT g.* FROM consent_breakglass g
             WHERE g.id = target
               AND ((g.user_id = samlos.user_id() AND g.agency_id = samlos.agency_id() AND g.valid_from = samlos.now())
                    OR g.flagged_at = samlos.now())),
        about AS (
            SELECT c.id, c.lead_agency_id FROM cases_case c
             WHERE c.id IN (SELECT t.case_id FROM this t
                            UNION SELECT b.case_id FROM consent_blockedglass b JOIN this t ON t.id = b.glass_id))
        SELECT DISTINCT m.user_id, m.agency_id
          FROM this t JOIN agencies_membership m ON m.user_id <> t.user_id
          JOIN agencies_user u ON u.id = m.user_id AND u.is_active AND NOT u.is_machine
          JOIN agencies_agency o ON o.group_id = m.agency_id
          LEFT JOIN about a ON a.lead_agency_id = m.agency_id
         WHERE m.valid_from <= samlos.now() AND (m.valid_until IS NULL OR m.valid_until > samlos.now())
           AND ((a.id IS NOT NULL
                 AND (m.role IN ('manager', 'privacy_officer') OR (m.role = 'intake' AND o.kind = 'intake_office'))
                 AND NOT EXISTS (SELECT 1 FROM cases_conflict f
                                  WHERE f.case_id = a.id AND f.user_id = m.user_id AND f.declared_at <= samlos.now()
                                    AND (f.ended_at IS NULL OR f.ended_at > samlos.now())))
                OR (m.agency_id = t.agency_id AND m.role = 'privacy_officer'))
    $$;
