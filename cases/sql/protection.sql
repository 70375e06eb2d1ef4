-- Protection levels (F-19): who is cleared, two persons to lower, and one sealed place for whereabouts.

-- The order of agencies.actors.CLEARANCE_ORDER; a test holds the two together.
CREATE FUNCTION samlos.clearance_covers(clearance text, level text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT array_position(o.levels, clearance) >= array_position(o.levels, level)
            FROM (SELECT ARRAY['none', 'marked', 'confidential', 'strictly_confidential', 'fictitious_id'] AS levels) o $$;

-- Whether whoever asks is cleared for the person of this case, by a membership in force in the agency they act for.
CREATE FUNCTION samlos.is_cleared(target uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT EXISTS (SELECT 1 FROM cases_person p JOIN agencies_membership m
                           ON m.user_id = samlos.user_id() AND m.agency_id = samlos.agency_id()
                          WHERE p.case_id = target AND samlos.clearance_covers(m.clearance, p.protection_level)
                            AND m.valid_from <= samlos.now() AND (m.valid_until IS NULL OR m.valid_until > samlos.now())) $$;

-- Whether somebody with this role in this agency could see a person at this level: asked before a case is handed to it.
CREATE FUNCTION samlos.somebody_cleared(agency integer, roles varchar[], level text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT EXISTS (SELECT 1 FROM agencies_membership m JOIN agencies_user u ON u.id = m.user_id AND u.is_active AND NOT u.is_machine
                          WHERE m.agency_id = agency AND m.role = ANY(roles)
                            AND m.valid_from <= samlos.now() AND (m.valid_until IS NULL OR m.valid_until > samlos.now())
                            AND EXISTS (SELECT 1 FROM agencies_membership k
                                         WHERE k.user_id = m.user_id AND k.agency_id = m.agency_id
                                           AND samlos.clearance_covers(k.clearance, level) AND k.valid_from <= samlos.now()
                                           AND (k.valid_until IS NULL OR k.valid_until > samlos.now()))) $$;

-- The lead's cleared people read what was changed and asked; who is no longer cleared after raising it reads nothing.
ALTER TABLE cases_protectionchange ENABLE ROW LEVEL SECURITY;
REVOKE UPDATE, DELETE, TRUNCATE ON cases_protectionchange FROM {app};
GRANT UPDATE (outcome, decided_by_id, decided_at) ON cases_protectionchange TO {app};
CREATE POLICY readable ON cases_protectionchange FOR SELECT TO {app} USING (
    author_agency_id = (SELECT samlos.agency_id()) AND samlos.is_cleared(case_id));
CREATE POLICY writable ON cases_protectionchange FOR INSERT TO {app} WITH CHECK (
    author_agency_id = (SELECT samlos.agency_id()) AND requested_by_id = (SELECT samlos.user_id())
    AND samlos.leads(case_id) AND samlos.is_cleared(case_id));
CREATE POLICY changeable ON cases_protectionchange FOR UPDATE TO {app} USING (
    author_agency_id = (SELECT samlos.agency_id()) AND samlos.leads(case_id) AND samlos.is_cleared(case_id));

-- A request is born unanswered and is answered once, now, by whoever answers: a yes never by the one who asked.
CREATE FUNCTION samlos.two_persons_lower() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE
        rises boolean := NOT samlos.clearance_covers(NEW.from_level, NEW.to_level);
    BEGIN
        IF TG_OP = 'INSERT' THEN
            IF NEW.decided_by_id IS NOT NULL OR NEW.decided_at IS NOT NULL OR NEW.requested_at <> samlos.now()
                OR NEW.from_level = NEW.to_level OR NEW.reason = ''
                OR NEW.outcome <> (CASE WHEN rises THEN 'raised' ELSE 'requested' END)
                OR NEW.from_level <> (SELECT p.protection_level FROM cases_person p WHERE p.case_id = NEW.case_id) THEN
                RAISE EXCEPTION 'a level is raised at once, and lowering it is asked for' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END IF;
        IF OLD.outcome <> 'requested' OR NEW.outcome NOT IN ('approved', 'refused', 'withdrawn')
            OR NEW.decided_by_id IS DISTINCT FROM samlos.user_id() OR NEW.decided_at IS DISTINCT FROM samlos.now() THEN
            RAISE EXCEPTION 'a request is answered once, by the one who says so, and now' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.outcome = 'approved' AND NEW.decided_by_id = OLD.requested_by_id THEN
            RAISE EXCEPTION 'two persons lower a protection level' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$;
CREATE TRIGGER two_persons_lower BEFORE INSERT OR UPDATE ON cases_protectionchange
    FOR EACH ROW EXECUTE FUNCTION samlos.two_persons_lower();

-- No lower level without that approval, in the same transaction, whoever writes it and however.
CREATE FUNCTION samlos.lowered_by_two() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    BEGIN
        IF NOT samlos.clearance_covers(NEW.protection_level, OLD.protection_level) AND NOT EXISTS (
            SELECT 1 FROM cases_protectionchange c
             WHERE c.case_id = NEW.case_id AND c.from_level = OLD.protection_level AND c.to_level = NEW.protection_level
               AND c.outcome = 'approved' AND c.decided_at = samlos.now() AND c.decided_by_id <> c.requested_by_id) THEN
            RAISE EXCEPTION 'two persons lower a protection level' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$;
CREATE TRIGGER lowered_by_two BEFORE UPDATE OF protection_level ON cases_person
    FOR EACH ROW WHEN (NEW.protection_level IS DISTINCT FROM OLD.protection_level)
    EXECUTE FUNCTION samlos.lowered_by_two();

-- The one place whereabouts stand in from fortrolig adresse up: for the lead's cleared people alone, also in this lock.
ALTER TABLE cases_sealedwhereabouts ENABLE ROW LEVEL SECURITY;
REVOKE UPDATE, DELETE, TRUNCATE ON cases_sealedwhereabouts FROM {app};
GRANT UPDATE (text, removed_at) ON cases_sealedwhereabouts TO {app};
CREATE POLICY readable ON cases_sealedwhereabouts FOR SELECT TO {app} USING (
    samlos.leads(case_id) AND samlos.is_cleared(case_id));
CREATE POLICY writable ON cases_sealedwhereabouts FOR INSERT TO {app} WITH CHECK (
    author_agency_id = (SELECT samlos.agency_id()) AND author_id = (SELECT samlos.user_id()) AND source_table = ''
    AND source_id IS NULL AND samlos.leads(case_id) AND samlos.is_cleared(case_id));
-- It is taken away, never rewritten.
CREATE POLICY removable ON cases_sealedwhereabouts FOR UPDATE TO {app} USING (
    samlos.leads(case_id) AND samlos.is_cleared(case_id)) WITH CHECK (text = '' AND removed_at IS NOT NULL);

-- Which columns of which tables hold whereabouts: each app names its own (samlos.whereabouts_in).
CREATE TABLE samlos.whereabouts_columns (
    source_table text NOT NULL, source_field text NOT NULL, only_part text NOT NULL, PRIMARY KEY (source_table, source_field));

-- Before such a column is written. Arguments: the column, what it is (WhereaboutsKind), and whether it comes from outside
-- ("handed_in") and so is let in at any level. What people write here themselves is refused from strengt fortrolig up.
CREATE FUNCTION samlos.seal_whereabouts() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE
        field text := TG_ARGV[0];
        line jsonb := to_jsonb(NEW);
        written text := line ->> field;
        own text := coalesce(line ->> 'protection_level', 'none');
        level text;
        is_new boolean := true;
    BEGIN
        SELECT p.protection_level INTO level FROM cases_person p WHERE p.case_id = NEW.case_id;
        IF level IS NULL OR samlos.clearance_covers(own, level) THEN
            level := own;
        END IF;
        IF NOT samlos.clearance_covers(level, 'confidential') THEN
            RETURN NEW;
        END IF;
        IF TG_OP = 'UPDATE' THEN
            is_new := to_jsonb(OLD) ->> field IS DISTINCT FROM written;
        END IF;
        IF is_new AND TG_ARGV[2] <> 'handed_in' AND samlos.clearance_covers(level, 'strictly_confidential') THEN
            RAISE EXCEPTION 'whereabouts of this person stand in the sealed place alone' USING ERRCODE = 'check_violation';
        END IF;
        DELETE FROM cases_sealedwhereabouts WHERE source_id = NEW.id AND source_field = field;
        INSERT INTO cases_sealedwhereabouts (id, case_id, author_agency_id, author_id, kind, text, created_at, source_table,
                                             source_id, source_field)
            VALUES (gen_random_uuid(), NEW.case_id, NEW.author_agency_id, NEW.author_id, TG_ARGV[1], written, samlos.now(),
                    TG_TABLE_NAME, NEW.id, field);
        NEW := jsonb_populate_record(NEW, jsonb_build_object(field, ''));
        RETURN NEW;
    END $$;

-- What was taken away in its own table goes from the sealed place with it.
CREATE FUNCTION samlos.forget_sealed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    BEGIN
        DELETE FROM cases_sealedwhereabouts WHERE source_id = NEW.id;
        RETURN NULL;
    END $$;

CREATE PROCEDURE samlos.whereabouts_in(target regclass, field text, kind text, only_part text, origin text)
    LANGUAGE plpgsql
    AS $$
    DECLARE
        about text := CASE WHEN only_part = '' THEN '' ELSE format(' AND NEW.part = %L', only_part) END;
    BEGIN
        INSERT INTO samlos.whereabouts_columns VALUES (target::text, field, only_part);
        EXECUTE format('CREATE TRIGGER seal_%s BEFORE INSERT OR UPDATE ON %s FOR EACH ROW WHEN (NEW.%I <> %L%s)
            EXECUTE FUNCTION samlos.seal_whereabouts(%L, %L, %L)', field, target, field, '', about, field, kind, origin);
    END $$;
CREATE PROCEDURE samlos.forgets_sealed(target regclass)
    LANGUAGE plpgsql
    AS $$
    BEGIN
        EXECUTE format('CREATE TRIGGER forget_sealed AFTER UPDATE OF removed_at ON %s FOR EACH ROW
            WHEN (NEW.removed_at IS NOT NULL) EXECUTE FUNCTION samlos.forget_sealed()', target);
    END $$;
REVOKE EXECUTE ON PROCEDURE samlos.whereabouts_in, samlos.forgets_sealed FROM PUBLIC, {app};

CALL samlos.whereabouts_in('cases_personcontact', 'street', 'address', '', 'handed_in');
CALL samlos.whereabouts_in('cases_personcontact', 'postal_code', 'address', '', 'handed_in');
CALL samlos.whereabouts_in('cases_personcontact', 'city', 'address', '', 'handed_in');
CALL samlos.whereabouts_in('cases_personcontact', 'phone', 'phone', '', 'handed_in');
CALL samlos.whereabouts_in('cases_reportinformation', 'text', 'note', 'contact', 'handed_in');
CALL samlos.whereabouts_in('cases_entry', 'text', 'note', 'contact', 'here');
CALL samlos.whereabouts_in('cases_conversation', 'place', 'meeting_place', '', 'here');
CALL samlos.whereabouts_in('cases_resourceperson', 'contact', 'network', '', 'here');
CALL samlos.forgets_sealed('cases_resourceperson');

-- A child noted in the network has at least the level of the person, from the first second (F-19).
CREATE FUNCTION samlos.child_inherits() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE
        level text;
    BEGIN
        SELECT p.protection_level INTO level FROM cases_person p WHERE p.case_id = NEW.case_id;
        IF NOT samlos.clearance_covers(NEW.protection_level, level) THEN
            NEW.protection_level := level;
        END IF;
        RETURN NEW;
    END $$;
-- By its name before seal_contact, which asks for the child's own level.
CREATE TRIGGER child_inherits BEFORE INSERT ON cases_resourceperson
    FOR EACH ROW WHEN (NEW.is_child) EXECUTE FUNCTION samlos.child_inherits();

-- When the level has changed: children follow it up, and down only when the approval says so; whereabouts are moved to
-- the sealed place, or back to where they stood.
CREATE FUNCTION samlos.protection_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE
        place record;
        sealed record;
    BEGIN
        IF NOT samlos.clearance_covers(OLD.protection_level, NEW.protection_level) THEN
            UPDATE cases_resourceperson SET protection_level = NEW.protection_level
             WHERE case_id = NEW.case_id AND is_child AND NOT samlos.clearance_covers(protection_level, NEW.protection_level);
        ELSIF EXISTS (SELECT 1 FROM cases_protectionchange c
                       WHERE c.case_id = NEW.case_id AND c.outcome = 'approved' AND c.decided_at = samlos.now()
                         AND c.to_level = NEW.protection_level AND c.covers_children) THEN
            UPDATE cases_resourceperson SET protection_level = NEW.protection_level WHERE case_id = NEW.case_id AND is_child;
        END IF;
        IF samlos.clearance_covers(NEW.protection_level, 'confidential') THEN
            FOR place IN SELECT * FROM samlos.whereabouts_columns LOOP
                EXECUTE format('UPDATE %s SET %2$I = %2$I WHERE case_id = $1 AND %2$I <> %3$L', place.source_table,
                               place.source_field, '') USING NEW.case_id;
            END LOOP;
            RETURN NULL;
        END IF;
        FOR sealed IN SELECT * FROM cases_sealedwhereabouts s
                       WHERE s.case_id = NEW.case_id AND s.source_table <> '' AND s.removed_at IS NULL
                         AND NOT EXISTS (SELECT 1 FROM cases_resourceperson r
                                          WHERE r.id = s.source_id AND samlos.clearance_covers(r.protection_level, 'confidential'))
        LOOP
            EXECUTE format('UPDATE %s SET %I = $1 WHERE id = $2', sealed.source_table, sealed.source_field)
              USING sealed.text, sealed.source_id;
            DELETE FROM cases_sealedwhereabouts WHERE id = sealed.id;
        END LOOP;
        RETURN NULL;
    END $$;
CREATE TRIGGER protection_changed AFTER UPDATE OF protection_level ON cases_person
    FOR EACH ROW WHEN (NEW.protection_level IS DISTINCT FROM OLD.protection_level)
    EXECUTE FUNCTION samlos.protection_changed();

-- Not found by name or number but by those cleared; the two strictest by nobody (security.md 3.5, row 3).
CREATE OR REPLACE FUNCTION samlos.search_people(words text, most integer) RETURNS TABLE (case_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT p.case_id FROM cases_person p JOIN cases_case c ON c.id = p.case_id
         WHERE (lower(p.given_name || ' ' || p.family_name) LIKE '%' || replace(replace(replace(lower(words),
                    '\', '\\'), '%', '\%'), '_', '\_') || '%' OR c.number = words)
           AND p.protection_level NOT IN ('strictly_confidential', 'fictitious_id')
           AND (p.protection_level = 'none' OR samlos.is_cleared(p.case_id))
           AND EXISTS (SELECT 1 FROM cases_caseaccess a
                        WHERE a.agency_id = samlos.agency_id() AND a.case_id = p.case_id
                          AND (a.user_id IS NULL OR a.user_id = samlos.user_id())
                          AND a.valid_from <= samlos.now() AND (a.valid_until IS NULL OR a.valid_until > samlos.now()))
         ORDER BY p.sort_key, p.case_id LIMIT most
    $$;
-- Nor by the national number at intake: a case one is not cleared for is not there.
CREATE OR REPLACE FUNCTION samlos.cases_of_same_person(target uuid) RETURNS TABLE (case_id uuid, number varchar, closed boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT c.id, c.number, c.state = 'closed'
          FROM cases_personidentity mine JOIN cases_personidentity other ON other.number_index = mine.number_index
          JOIN cases_case c ON c.id = other.case_id
         WHERE mine.case_id = target AND other.case_id <> target AND samlos.leads(target) AND samlos.is_cleared(c.id)
           AND EXISTS (SELECT 1 FROM agencies_agency g JOIN agencies_agency l ON l.municipality_id = g.municipality_id
                        WHERE g.group_id = samlos.agency_id() AND g.kind = 'intake_office' AND l.group_id = c.lead_agency_id)
         ORDER BY c.opened_at
    $$;

-- A conflict is declared by the worker, or for one of the agency's own people; who, for whom and when then stands.
DROP POLICY readable ON cases_conflict;
DROP POLICY writable ON cases_conflict;
DROP POLICY changeable ON cases_conflict;
GRANT UPDATE (ended_at, ended_by_id, end_reason) ON cases_conflict TO {app};
CREATE POLICY readable ON cases_conflict FOR SELECT TO {app} USING (
    user_id = (SELECT samlos.user_id()) OR agency_id = (SELECT samlos.agency_id()) OR samlos.leads(case_id));
CREATE POLICY writable ON cases_conflict FOR INSERT TO {app} WITH CHECK (
    declared_by_id = (SELECT samlos.user_id()) AND agency_id = (SELECT samlos.agency_id()) AND ended_at IS NULL
    AND (user_id = (SELECT samlos.user_id())
         OR (samlos.may_contribute(case_id)
             AND EXISTS (SELECT 1 FROM agencies_membership m
                          WHERE m.user_id = cases_conflict.user_id AND m.agency_id = (SELECT samlos.agency_id())))));
CREATE POLICY changeable ON cases_conflict FOR UPDATE TO {app} USING (agency_id = (SELECT samlos.agency_id()));
CREATE FUNCTION samlos.conflict_stands() RETURNS trigger LANGUAGE plpgsql
    AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            NEW.declared_by_id := coalesce(NEW.declared_by_id, samlos.user_id());
            NEW.agency_id := coalesce(NEW.agency_id, samlos.agency_id());
            RETURN NEW;
        END IF;
        IF OLD.ended_at IS NOT NULL OR NEW.ended_at IS DISTINCT FROM samlos.now() OR NEW.end_reason = ''
            OR NEW.ended_by_id IS DISTINCT FROM samlos.user_id() OR NEW.ended_by_id = OLD.user_id THEN
            RAISE EXCEPTION 'a conflict is ended once, now, with a reason, by somebody else' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$;
CREATE TRIGGER conflict_stands BEFORE INSERT OR UPDATE ON cases_conflict
    FOR EACH ROW EXECUTE FUNCTION samlos.conflict_stands();

CALL samlos.seal_triggers('{app_name}');
