-- The dated access table and the second lock (access.md). The truth is the lead, consent, disclosure and break-glass
-- rows; `cases_caseaccess` is derived from them by one function (rederive.sql), called by statement triggers on every
-- table of truth in the same transaction, so that no update, admin page or raw SQL slips past.

-- The specification: one row a right and source. Upper apps replace this view with one that also has their rights.
CREATE VIEW samlos.lead_rights AS
    WITH every_part AS (
        SELECT ARRAY['core', 'contact', 'crime', 'health', 'substance_use', 'occupation_school', 'economy', 'housing',
                     'family', 'leisure_network', 'child_welfare']::varchar[] AS parts)
    -- What every right holds: label, name, age, lead, state.
    SELECT l.case_id, l.agency_id, NULL::bigint AS user_id, ARRAY['core']::varchar[] AS parts, NULL::integer[] AS givers,
           false AS received_only, 'lead'::varchar AS reason, 'lead'::varchar AS source_type, l.id AS source_id,
           0 AS line, l.valid_from, l.valid_until
      FROM cases_caselead l
    UNION ALL
    -- What the lead wrote itself.
    SELECT l.case_id, l.agency_id, NULL, p.parts, ARRAY[l.agency_id], false, 'lead', 'lead', l.id, 1,
           l.valid_from, l.valid_until
      FROM cases_caselead l, every_part p
    UNION ALL
    -- What was sent to it: the report, and what earlier leads routed with it. Nothing its sender writes later.
    SELECT l.case_id, l.agency_id, NULL, p.parts,
           ARRAY(SELECT DISTINCT r.author_agency_id FROM cases_concernreport r WHERE r.case_id = l.case_id
                 UNION SELECT DISTINCT e.agency_id FROM cases_caselead e
                        WHERE e.case_id = l.case_id AND e.valid_until <= l.valid_from ORDER BY 1),
           true, 'lead', 'lead', l.id, 2, l.valid_from, l.valid_until
      FROM cases_caselead l, every_part p
     WHERE EXISTS (SELECT 1 FROM cases_concernreport r WHERE r.case_id = l.case_id);

CREATE VIEW samlos.access_specification AS SELECT * FROM samlos.lead_rights;

-- One trigger function for every table of truth: its argument says how to get from a row `r` to its case.
CREATE FUNCTION samlos.rederive_after() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE
        touched uuid[];
    BEGIN
        IF TG_OP = 'INSERT' THEN
            EXECUTE format('SELECT array_agg(DISTINCT %s) FROM new_rows r', TG_ARGV[0]) INTO touched;
        ELSIF TG_OP = 'DELETE' THEN
            EXECUTE format('SELECT array_agg(DISTINCT %s) FROM old_rows r', TG_ARGV[0]) INTO touched;
        ELSE
            EXECUTE format('SELECT array_agg(DISTINCT c) FROM (SELECT %1$s AS c FROM new_rows r UNION SELECT %1$s FROM old_rows r) x',
                           TG_ARGV[0]) INTO touched;
        END IF;
        IF touched IS NOT NULL THEN
            PERFORM samlos.rederive(touched);
        END IF;
        RETURN NULL;
    END $$;

-- Three one-line triggers a table, since PostgreSQL allows no transition table for two events.
CREATE PROCEDURE samlos.table_of_truth(target regclass, case_of text)
    LANGUAGE plpgsql
    AS $$
    BEGIN
        EXECUTE format('CREATE TRIGGER rederive_inserted AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION samlos.rederive_after(%L)', target, case_of);
        EXECUTE format('CREATE TRIGGER rederive_updated AFTER UPDATE ON %s REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION samlos.rederive_after(%L)', target, case_of);
        EXECUTE format('CREATE TRIGGER rederive_deleted AFTER DELETE ON %s REFERENCING OLD TABLE AS old_rows
            FOR EACH STATEMENT EXECUTE FUNCTION samlos.rederive_after(%L)', target, case_of);
    END $$;

CALL samlos.table_of_truth('cases_caselead', 'r.case_id');
CALL samlos.table_of_truth('cases_concernreport', 'r.case_id');

-- The lead's history follows the case's lead, whoever changes it and however.
CREATE FUNCTION samlos.lead_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            IF NEW.lead_agency_id = OLD.lead_agency_id THEN
                RETURN NULL;
            END IF;
            UPDATE cases_caselead SET valid_until = samlos.now() WHERE case_id = NEW.id AND valid_until IS NULL;
        END IF;
        INSERT INTO cases_caselead (id, case_id, agency_id, valid_from)
            VALUES (gen_random_uuid(), NEW.id, NEW.lead_agency_id, samlos.now());
        RETURN NULL;
    END $$;
CREATE TRIGGER lead_changed AFTER INSERT OR UPDATE OF lead_agency_id ON cases_case
    FOR EACH ROW EXECUTE FUNCTION samlos.lead_changed();

-- Who was assigned when: the assignment is given and taken as a row, its history is kept here.
CREATE FUNCTION samlos.assignment_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            INSERT INTO cases_assignmentperiod (case_id, user_id, agency_id, assigned_by_id, valid_from)
                VALUES (NEW.content_object_id, NEW.user_id, NEW.agency_id, NEW.assigned_by_id, samlos.now());
        ELSE
            UPDATE cases_assignmentperiod SET valid_until = samlos.now()
             WHERE case_id = OLD.content_object_id AND user_id = OLD.user_id AND agency_id = OLD.agency_id
               AND valid_until IS NULL;
        END IF;
        RETURN NULL;
    END $$;
CREATE TRIGGER assignment_changed AFTER INSERT OR DELETE ON cases_caseuserobjectpermission
    FOR EACH ROW EXECUTE FUNCTION samlos.assignment_changed();

-- New content moves the case up in the lists of those who may read it, and of nobody else.
CREATE FUNCTION samlos.content_added() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    BEGIN
        UPDATE cases_caseaccess a SET activity_at = NEW.created_at
         WHERE a.case_id = NEW.case_id AND NEW.part = ANY(a.parts) AND NOT a.received_only
           AND (a.givers IS NULL OR NEW.author_agency_id = ANY(a.givers)) AND a.activity_at < NEW.created_at
           -- A right that has ended tells of nothing that came later.
           AND (a.valid_until IS NULL OR a.valid_until > samlos.now());
        RETURN NULL;
    END $$;
CREATE TRIGGER content_added AFTER INSERT ON cases_entry FOR EACH ROW EXECUTE FUNCTION samlos.content_added();

-- Questions the policies ask. Definer functions see past the policies, so each answers one narrow thing.
CREATE FUNCTION samlos.leads(target uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT EXISTS (SELECT 1 FROM cases_caseaccess a
                          WHERE a.agency_id = samlos.agency_id() AND a.case_id = target AND a.reason = 'lead'
                            AND a.valid_from <= samlos.now() AND (a.valid_until IS NULL OR a.valid_until > samlos.now())) $$;
-- Who may add to a case: an agency with a right in force, and the sender while its report is being handed in.
CREATE FUNCTION samlos.may_contribute(target uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT EXISTS (SELECT 1 FROM cases_caseaccess a
                          WHERE a.agency_id = samlos.agency_id() AND a.case_id = target
                            AND (a.user_id IS NULL OR a.user_id = samlos.user_id())
                            AND a.valid_from <= samlos.now() AND (a.valid_until IS NULL OR a.valid_until > samlos.now()))
              OR EXISTS (SELECT 1 FROM cases_case c
                          WHERE c.id = target AND c.opened_by_agency_id = samlos.agency_id() AND c.state = 'submitted') $$;

-- Who may add to what came with a report: its sender while it is being handed in, and the lead.
CREATE FUNCTION samlos.may_hand_in(target uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT samlos.leads(target)
              OR EXISTS (SELECT 1 FROM cases_case c
                          WHERE c.id = target AND c.opened_by_agency_id = samlos.agency_id() AND c.state = 'submitted'
                            AND c.opened_at = samlos.now()) $$;

-- A row of a case stays in its case, with its author and its time, whatever else about it may change.
CREATE FUNCTION samlos.stays_put() RETURNS trigger LANGUAGE plpgsql
    AS $$
    DECLARE
        fixed text[] := ARRAY['case_id', 'author_agency_id', 'created_at'];
        named text;
    BEGIN
        FOREACH named IN ARRAY fixed LOOP
            IF to_jsonb(OLD) -> named IS DISTINCT FROM to_jsonb(NEW) -> named THEN
                RAISE EXCEPTION 'a row keeps its case, its author and its time' USING ERRCODE = 'check_violation';
            END IF;
        END LOOP;
        RETURN NEW;
    END $$;

-- The second lock, one procedure for every table with personal content. {kinds}: `core` (any right in force),
-- `content` (part and giver), `received` (also what came with the report), `internal` (the author agency alone).
CREATE PROCEDURE samlos.protect(target regclass, kind text, app text)
    LANGUAGE plpgsql
    AS $$
    DECLARE
        line text := 'a.agency_id = (SELECT samlos.agency_id()) AND a.case_id = %1$s.case_id
            AND (a.user_id IS NULL OR a.user_id = (SELECT samlos.user_id()))
            AND a.valid_from <= (SELECT samlos.now()) AND (a.valid_until IS NULL OR a.valid_until > (SELECT samlos.now()))';
        covers text := ' AND %1$s.part = ANY(a.parts) AND (a.givers IS NULL OR %1$s.author_agency_id = ANY(a.givers))';
        mine text := 'author_agency_id = (SELECT samlos.agency_id())';
        readable text;
        writable text;
        changeable text;
    BEGIN
        IF kind = 'core' THEN
            readable := format('EXISTS (SELECT 1 FROM cases_caseaccess a WHERE ' || line || ')', target);
            writable := 'samlos.may_hand_in(case_id)';
            changeable := 'samlos.leads(case_id)';
        ELSIF kind = 'content' THEN
            readable := mine || format(' OR EXISTS (SELECT 1 FROM cases_caseaccess a WHERE ' || line || covers
                || ' AND NOT a.received_only)', target);
            -- In its own name and in any part: nobody reads it whose right does not cover that part from that author.
            writable := mine || ' AND samlos.may_contribute(case_id)';
            changeable := writable;
        ELSIF kind = 'received' THEN
            readable := mine || format(' OR EXISTS (SELECT 1 FROM cases_caseaccess a WHERE ' || line || covers || ')', target);
            writable := mine || ' AND samlos.may_hand_in(case_id)';
            changeable := 'samlos.leads(case_id)';
        ELSIF kind = 'internal' THEN
            -- Only the lead has working papers: else a key already taken would tell another that they exist (F-34).
            readable := mine;
            writable := mine || ' AND samlos.leads(case_id)';
            changeable := writable;
        ELSE
            RAISE EXCEPTION 'unknown kind of protection: %', kind;
        END IF;
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
        EXECUTE format('REVOKE DELETE, TRUNCATE ON %s FROM %I', target, app);
        EXECUTE format('CREATE POLICY readable ON %s FOR SELECT TO %I USING (%s)', target, app, readable);
        EXECUTE format('CREATE POLICY writable ON %s FOR INSERT TO %I WITH CHECK (%s)', target, app, writable);
        EXECUTE format('CREATE POLICY changeable ON %s FOR UPDATE TO %I USING (%s)', target, app, changeable);
        EXECUTE format('CREATE TRIGGER stays_put BEFORE UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION samlos.stays_put()', target);
    END $$;

-- The case itself. `lead = me` lets the lead's own insert return its row before the access lines exist.
ALTER TABLE cases_case ENABLE ROW LEVEL SECURITY;
REVOKE DELETE, TRUNCATE ON cases_case FROM {app};
CREATE POLICY readable ON cases_case FOR SELECT TO {app} USING (
    lead_agency_id = (SELECT samlos.agency_id())
    OR EXISTS (SELECT 1 FROM cases_caseaccess a
                WHERE a.agency_id = (SELECT samlos.agency_id()) AND a.case_id = cases_case.id
                  AND (a.user_id IS NULL OR a.user_id = (SELECT samlos.user_id()))
                  AND a.valid_from <= (SELECT samlos.now())
                  AND (a.valid_until IS NULL OR a.valid_until > (SELECT samlos.now()))));
-- A case is opened with its intake office, or with the agency that opens it: never in another's list.
CREATE POLICY writable ON cases_case FOR INSERT TO {app} WITH CHECK (
    opened_by_agency_id = (SELECT samlos.agency_id()) AND state = 'submitted' AND number IS NULL
    AND (lead_agency_id = opened_by_agency_id
         OR EXISTS (SELECT 1 FROM agencies_agency g JOIN agencies_agency mine ON mine.group_id = opened_by_agency_id
                     WHERE g.group_id = lead_agency_id AND g.kind = 'intake_office'
                       AND g.municipality_id = mine.municipality_id)));
CREATE POLICY changeable ON cases_case FOR UPDATE TO {app} USING (samlos.may_contribute(id)) WITH CHECK (true);
-- Another agency with a right may move the case into and out of the working group's follow-up (T11) and nothing else: lead,
-- number, closing and retention are the lead's. Row policies cannot tell columns apart.
CREATE FUNCTION samlos.only_lead_changes_case() RETURNS trigger LANGUAGE plpgsql
    AS $$
    DECLARE
        shared text[] := ARRAY['state', 'state_since', 'due_at'];
        fixed text[] := ARRAY['id', 'opened_by_agency_id', 'opened_at', 'programme_version_id'];
        early text[] := ARRAY['submitted', 'received'];
        named text;
    BEGIN
        IF current_user <> '{app_name}' THEN
            RETURN NEW;
        END IF;
        FOREACH named IN ARRAY fixed LOOP
            IF to_jsonb(OLD) -> named IS DISTINCT FROM to_jsonb(NEW) -> named THEN
                RAISE EXCEPTION 'who opened a case, when and under what stays' USING ERRCODE = 'insufficient_privilege';
            END IF;
        END LOOP;
        -- A case that was routed never goes back to where its sender or intake could reach it.
        IF (NEW.state = ANY(early) AND OLD.state <> ALL(early)) OR (NEW.state = 'submitted' AND OLD.state <> 'submitted')
            OR (OLD.number IS NOT NULL AND NEW.number IS DISTINCT FROM OLD.number) THEN
            RAISE EXCEPTION 'a routed case keeps its number and never becomes new again' USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF NOT samlos.leads(OLD.id) AND (
            to_jsonb(NEW) - shared <> to_jsonb(OLD) - shared OR OLD.state = NEW.state
            OR NOT ARRAY[OLD.state, NEW.state]::text[] <@ ARRAY['collaborating', 'working_group_follow_up']) THEN
            RAISE EXCEPTION 'only the agency leading a case may change it' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END $$;
CREATE TRIGGER only_lead_changes_case BEFORE UPDATE ON cases_case
    FOR EACH ROW EXECUTE FUNCTION samlos.only_lead_changes_case();

REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON cases_caseaccess, cases_caselead, cases_assignmentperiod FROM {app};
ALTER TABLE cases_caseaccess ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON cases_caseaccess FOR SELECT TO {app} USING (agency_id = (SELECT samlos.agency_id()));
ALTER TABLE cases_caselead ENABLE ROW LEVEL SECURITY;
CREATE POLICY readable ON cases_caselead FOR SELECT TO {app} USING (
    agency_id = (SELECT samlos.agency_id()) OR samlos.leads(case_id));
ALTER TABLE cases_assignmentperiod ENABLE ROW LEVEL SECURITY;
CREATE POLICY readable ON cases_assignmentperiod FOR SELECT TO {app} USING (agency_id = (SELECT samlos.agency_id()));
ALTER TABLE cases_caseuserobjectpermission ENABLE ROW LEVEL SECURITY;
REVOKE UPDATE, TRUNCATE ON cases_caseuserobjectpermission FROM {app};
CREATE POLICY own ON cases_caseuserobjectpermission TO {app}
    USING (agency_id = (SELECT samlos.agency_id()))
    WITH CHECK (agency_id = (SELECT samlos.agency_id()) AND assigned_by_id = (SELECT samlos.user_id()));

CALL samlos.protect('cases_person', 'core', '{app_name}');
CALL samlos.protect('cases_personidentity', 'received', '{app_name}');
CALL samlos.protect('cases_personcontact', 'received', '{app_name}');
CALL samlos.protect('cases_concernreport', 'received', '{app_name}');
CALL samlos.protect('cases_reportinformation', 'received', '{app_name}');
CALL samlos.protect('cases_entry', 'content', '{app_name}');
CALL samlos.protect('cases_basicneed', 'content', '{app_name}');
CALL samlos.protect('cases_resourceperson', 'content', '{app_name}');
CALL samlos.protect('cases_initialreview', 'internal', '{app_name}');
CALL samlos.protect('cases_childreportassessment', 'internal', '{app_name}');
CALL samlos.protect('cases_conversation', 'internal', '{app_name}');
CALL samlos.protect('cases_coordinationassessment', 'internal', '{app_name}');

-- The timeline and the report are never rewritten; a correction is a new line of the same agency's.
REVOKE UPDATE ON cases_entry, cases_basicneed, cases_concernreport, cases_reportinformation, cases_personcontact, cases_personidentity FROM {app};
GRANT UPDATE (received_by_id) ON cases_concernreport TO {app};
-- A name is taken away again by the agency that wrote it down, also when its right has ended.
CREATE POLICY erasable ON cases_resourceperson FOR UPDATE TO {app} USING (
    author_agency_id = (SELECT samlos.agency_id())) WITH CHECK (
    author_agency_id = (SELECT samlos.agency_id()) AND name = '' AND removed_at IS NOT NULL);
CREATE FUNCTION samlos.wrote(entry uuid, in_case uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT EXISTS (SELECT 1 FROM cases_entry o
                          WHERE o.id = entry AND o.case_id = in_case AND o.author_agency_id = samlos.agency_id()) $$;
CREATE POLICY own_corrections ON cases_entry AS RESTRICTIVE FOR INSERT TO {app} WITH CHECK (
    supersedes_id IS NULL OR samlos.wrote(supersedes_id, case_id));

-- Facts: the lead reads all; others with a right read those a shared step may depend on, never the review's answers.
ALTER TABLE cases_fact ENABLE ROW LEVEL SECURITY;
REVOKE UPDATE, DELETE, TRUNCATE ON cases_fact FROM {app};
GRANT UPDATE (ended_at) ON cases_fact TO {app};
CREATE POLICY readable ON cases_fact FOR SELECT TO {app} USING (
    samlos.leads(case_id)
    OR (kind IN ('told_of_report', 'consent_given', 'on_working_group_agenda', 'cooperation_meeting_called')
        AND samlos.may_contribute(case_id)));
-- The lead establishes and ends them; another agency only that the case is on the agenda it runs (T11).
CREATE POLICY writable ON cases_fact FOR INSERT TO {app} WITH CHECK (
    agency_id = (SELECT samlos.agency_id())
    AND (samlos.leads(case_id) OR (kind = 'on_working_group_agenda' AND samlos.may_contribute(case_id))));
CREATE POLICY changeable ON cases_fact FOR UPDATE TO {app} USING (
    samlos.leads(case_id)
    OR (kind = 'on_working_group_agenda' AND agency_id = (SELECT samlos.agency_id()) AND samlos.may_contribute(case_id)));

-- Who is the same human is intake's knowledge alone.
ALTER TABLE cases_personlink ENABLE ROW LEVEL SECURITY;
CREATE POLICY intake_alone ON cases_personlink TO {app} USING (
    EXISTS (SELECT 1 FROM agencies_agency g WHERE g.group_id = (SELECT samlos.agency_id()) AND g.kind = 'intake_office')
    -- Between cases this office once received: another municipality's intake knows nothing of them.
    AND EXISTS (SELECT 1 FROM cases_caselead l
                 WHERE l.case_id IN (first_id, second_id) AND l.agency_id = (SELECT samlos.agency_id())));

ALTER TABLE cases_conflict ENABLE ROW LEVEL SECURITY;
REVOKE UPDATE, DELETE, TRUNCATE ON cases_conflict FROM {app};
GRANT UPDATE (ended_at) ON cases_conflict TO {app};
CREATE POLICY readable ON cases_conflict FOR SELECT TO {app} USING (
    user_id = (SELECT samlos.user_id()) OR samlos.leads(case_id));
CREATE POLICY writable ON cases_conflict FOR INSERT TO {app} WITH CHECK (user_id = (SELECT samlos.user_id()));
CREATE POLICY changeable ON cases_conflict FOR UPDATE TO {app} USING (samlos.leads(case_id));

-- The sender follows its receipts; whoever leads the report's case moves its receipt on.
ALTER TABLE cases_reportreceipt ENABLE ROW LEVEL SECURITY;
REVOKE UPDATE, DELETE, TRUNCATE ON cases_reportreceipt FROM {app};
GRANT UPDATE (state, received_at, decided_at, rejection_reason) ON cases_reportreceipt TO {app};
CREATE POLICY readable ON cases_reportreceipt FOR SELECT TO {app} USING (
    agency_id = (SELECT samlos.agency_id())
    OR EXISTS (SELECT 1 FROM cases_concernreport r WHERE r.receipt_id = cases_reportreceipt.id));
CREATE POLICY writable ON cases_reportreceipt FOR INSERT TO {app} WITH CHECK (agency_id = (SELECT samlos.agency_id()));
CREATE POLICY changeable ON cases_reportreceipt FOR UPDATE TO {app} USING (
    EXISTS (SELECT 1 FROM cases_concernreport r WHERE r.receipt_id = cases_reportreceipt.id AND samlos.leads(r.case_id)));

-- The agency key as guardian reads it: the lines in force, write-protected. Unprotected, `remove_perm` deleted a real
-- access row and deleting the Permission emptied the table (access.md).
CREATE FUNCTION samlos.permission_id(code text) RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT p.id FROM auth_permission p JOIN django_content_type t ON t.id = p.content_type_id
           WHERE p.codename = code AND t.app_label = 'cases' AND t.model = 'case' $$;
CREATE VIEW cases_agencykey WITH (security_invoker = true) AS
    SELECT a.id, (SELECT samlos.permission_id('view_case')) AS permission_id, a.agency_id AS group_id,
           a.case_id AS content_object_id
      FROM cases_caseaccess a
     WHERE a.user_id IS NULL AND a.valid_from <= (SELECT samlos.now())
       AND (a.valid_until IS NULL OR a.valid_until > (SELECT samlos.now()));
CREATE RULE never_inserted AS ON INSERT TO cases_agencykey DO INSTEAD NOTHING;
CREATE RULE never_updated AS ON UPDATE TO cases_agencykey DO INSTEAD NOTHING;
CREATE RULE never_deleted AS ON DELETE TO cases_agencykey DO INSTEAD NOTHING;

-- "Who can see this?" for the lead, now or at a past instant: nobody else gets a row.
CREATE FUNCTION samlos.case_readers(target uuid, at_instant timestamptz)
    RETURNS TABLE (agency_id integer, user_id bigint, parts varchar[], givers integer[], received_only boolean,
                   reason varchar, source_type varchar, source_id uuid, valid_from timestamptz, valid_until timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT a.agency_id, a.user_id, a.parts, a.givers, a.received_only, a.reason, a.source_type, a.source_id,
               a.valid_from, a.valid_until
          FROM cases_caseaccess a
         WHERE a.case_id = target AND samlos.leads(target)
           AND a.valid_from <= at_instant AND (a.valid_until IS NULL OR a.valid_until > at_instant)
         ORDER BY a.agency_id, a.reason, a.line
    $$;

-- Whether intake has met this human before: only for the intake office that leads the case.
CREATE FUNCTION samlos.cases_of_same_person(target uuid) RETURNS TABLE (case_id uuid, number varchar, closed boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT c.id, c.number, c.state = 'closed'
          FROM cases_personidentity mine JOIN cases_personidentity other ON other.number_index = mine.number_index
          JOIN cases_case c ON c.id = other.case_id
         WHERE mine.case_id = target AND other.case_id <> target AND samlos.leads(target)
           AND EXISTS (SELECT 1 FROM agencies_agency g JOIN agencies_agency l ON l.municipality_id = g.municipality_id
                        WHERE g.group_id = samlos.agency_id() AND g.kind = 'intake_office' AND l.group_id = c.lead_agency_id)
         ORDER BY c.opened_at
    $$;

-- Searches return ids and apply the access condition themselves: text operators are not leakproof, so under a policy
-- their index goes unused (2,034 ms against 7). What the user may see of these is narrowed by the first lock.
CREATE FUNCTION samlos.search_people(words text, most integer) RETURNS TABLE (case_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT p.case_id FROM cases_person p JOIN cases_case c ON c.id = p.case_id
         WHERE (lower(p.given_name || ' ' || p.family_name) LIKE '%' || replace(replace(replace(lower(words),
                    '\', '\\'), '%', '\%'), '_', '\_') || '%' OR c.number = words)
           AND p.protection_level NOT IN ('strictly_confidential', 'fictitious_id')
           AND EXISTS (SELECT 1 FROM cases_caseaccess a
                        WHERE a.agency_id = samlos.agency_id() AND a.case_id = p.case_id
                          AND (a.user_id IS NULL OR a.user_id = samlos.user_id())
                          AND a.valid_from <= samlos.now() AND (a.valid_until IS NULL OR a.valid_until > samlos.now()))
         ORDER BY p.sort_key, p.case_id LIMIT most
    $$;
CREATE FUNCTION samlos.search_entries(words text, most integer) RETURNS TABLE (entry_id uuid, case_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT e.id, e.case_id FROM cases_entry e
         WHERE e.search @@ websearch_to_tsquery('norwegian', words)
           AND EXISTS (SELECT 1 FROM cases_caseaccess a
                        WHERE a.agency_id = samlos.agency_id() AND a.case_id = e.case_id AND NOT a.received_only
                          AND e.part = ANY(a.parts) AND (a.givers IS NULL OR e.author_agency_id = ANY(a.givers))
                          AND (a.user_id IS NULL OR a.user_id = samlos.user_id())
                          AND a.valid_from <= samlos.now() AND (a.valid_until IS NULL OR a.valid_until > samlos.now()))
         ORDER BY e.occurred_at DESC, e.id LIMIT most
    $$;

CALL samlos.seal_triggers('{app_name}');
