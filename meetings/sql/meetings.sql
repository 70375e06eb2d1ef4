-- Who may hear what at a meeting, asked by the policies below and by the querysets alike, and the locks on its tables.

CREATE FUNCTION samlos.convenes(target uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT EXISTS (SELECT 1 FROM meetings_meeting m WHERE m.id = target AND m.convenor_id = samlos.agency_id()) $$;
CREATE FUNCTION samlos.attends(target uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT samlos.convenes(target)
              OR EXISTS (SELECT 1 FROM meetings_invitation i WHERE i.meeting_id = target
                            AND i.agency_id = samlos.agency_id() AND i.withdrawn_at IS NULL) $$;

-- Whether an agency may hear this of a case in a forum now: some consent lets the forum speak of it, the agency takes
-- part then or leads, and its rights in force cover every part of it from this author. One person's break-glass opens no
-- seat, and what only came with the report is not the forum's.
CREATE FUNCTION samlos.agency_hears(listener integer, target uuid, forum_code text, wanted varchar[], author integer)
    RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        WITH lines AS (
            SELECT a.parts, a.givers, a.reason, a.received_only FROM cases_caseaccess a
             WHERE a.agency_id = listener AND a.case_id = target AND a.user_id IS NULL
               AND a.valid_from <= samlos.now() AND (a.valid_until IS NULL OR a.valid_until > samlos.now())),
        seats AS (SELECT f.agency_id FROM samlos.forum_agencies(target, forum_code) f)
        SELECT cardinality(wanted) > 0
           AND EXISTS (SELECT 1 FROM seats)
           AND (EXISTS (SELECT 1 FROM seats s WHERE s.agency_id = listener)
                OR EXISTS (SELECT 1 FROM lines l WHERE l.reason = 'lead'))
           AND NOT EXISTS (SELECT 1 FROM unnest(wanted) AS w (part)
                            WHERE NOT EXISTS (SELECT 1 FROM lines l
                                               WHERE NOT l.received_only AND w.part = ANY(l.parts)
                                                 AND (l.givers IS NULL OR author = ANY(l.givers))))
    $$;
REVOKE EXECUTE ON FUNCTION samlos.agency_hears FROM PUBLIC, {app};

-- The same for the agency that asks.
CREATE FUNCTION samlos.may_hear(target uuid, forum_code text, wanted varchar[], author integer) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT coalesce(samlos.agency_hears(samlos.agency_id(), target, forum_code, wanted, author), false) $$;

-- Before proposing, the lead sees who would hear its words, and who takes part but may not know all parts.
CREATE FUNCTION samlos.would_hear(target uuid, forum_code text, wanted varchar[])
    RETURNS TABLE (agency_id integer, hears boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT x.agency_id, samlos.agency_hears(x.agency_id, target, forum_code, wanted, samlos.agency_id())
          FROM (SELECT f.agency_id FROM samlos.forum_agencies(target, forum_code) f UNION SELECT samlos.agency_id()) x
         WHERE samlos.leads(target)
    $$;

-- Who hears these items: for the case's lead and for the convenor that hears them itself, who must know whom to let in.
CREATE FUNCTION samlos.hearers(items uuid[]) RETURNS TABLE (item_id uuid, agency_id integer)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT i.id, g.group_id
          FROM meetings_caseitem i
          JOIN meetings_meeting m ON m.id = i.meeting_id
          JOIN agencies_agency g ON g.group_id = m.convenor_id
                OR EXISTS (SELECT 1 FROM meetings_invitation v
                            WHERE v.meeting_id = m.id AND v.agency_id = g.group_id AND v.withdrawn_at IS NULL)
         WHERE i.id = ANY(items)
           AND samlos.may_hear(i.case_id, i.forum, i.parts, i.author_agency_id)
           AND (samlos.leads(i.case_id) OR m.convenor_id = samlos.agency_id())
           AND samlos.agency_hears(g.group_id, i.case_id, i.forum, i.parts, i.author_agency_id)
    $$;

-- What the convening agency knows of items it may not hear: that there is one, and its time. No case, no part, no author.
-- An item without a basis any more is none.
CREATE FUNCTION samlos.unheard_items(meetings uuid[])
    RETURNS TABLE (item_id uuid, meeting_id uuid, state varchar, starts_at timestamptz, minutes smallint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT i.id, i.meeting_id, i.state, i.starts_at, i.minutes
          FROM meetings_caseitem i
         WHERE i.meeting_id = ANY(meetings) AND samlos.convenes(i.meeting_id) AND i.state IN ('proposed', 'accepted')
           AND samlos.agency_hears(i.author_agency_id, i.case_id, i.forum, i.parts, i.author_agency_id)
           AND NOT samlos.may_hear(i.case_id, i.forum, i.parts, i.author_agency_id)
         ORDER BY i.starts_at NULLS LAST, i.id
    $$;
-- The convenor gives such an item a time or leaves it out, without learning whose it is. False: there is none such.
CREATE FUNCTION samlos.answer_unheard(item uuid, answer text, at_time timestamptz, length integer) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    BEGIN
        IF answer NOT IN ('accepted', 'declined') OR NOT EXISTS (
            SELECT 1 FROM meetings_caseitem i JOIN meetings_meeting m ON m.id = i.meeting_id,
                   samlos.unheard_items(ARRAY[i.meeting_id]) u
             WHERE i.id = item AND u.item_id = i.id AND m.state = 'planned') THEN
            RETURN false;
        END IF;
        UPDATE meetings_caseitem SET state = answer, starts_at = at_time, minutes = length, answered_at = samlos.now(),
               answered_by_id = samlos.user_id()
         WHERE id = item;
        RETURN true;
    END $$;

-- An individual case comes only on the agenda of a forum that may hear one, and only of the meeting's own (SLT-21, F-12).
CREATE FUNCTION samlos.case_item_guard() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT 1 FROM meetings_meeting m JOIN agencies_programmeversion v ON v.id = m.programme_version_id,
                   jsonb_array_elements(v.document -> 'forums') f
             WHERE m.id = NEW.meeting_id AND m.forum = NEW.forum AND f ->> 'code' = NEW.forum
               AND jsonb_array_length(f -> 'individual_cases') > 0
               AND f ->> 'kind' NOT IN ('police_council', 'steering_group', 'topic_forum')) THEN
            RAISE EXCEPTION 'this meeting can hear no individual case' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$;
CREATE TRIGGER case_item_guard BEFORE INSERT OR UPDATE OF meeting_id, forum ON meetings_caseitem
    FOR EACH ROW EXECUTE FUNCTION samlos.case_item_guard();
-- Minutes and decisions are about their item's case and bear its parts.
CREATE FUNCTION samlos.as_its_item() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    BEGIN
        IF NOT EXISTS (SELECT 1 FROM meetings_caseitem i
                        WHERE i.id = NEW.item_id AND i.case_id = NEW.case_id AND i.parts = NEW.parts) THEN
            RAISE EXCEPTION 'what is written to an item bears its case and its parts' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$;
CREATE TRIGGER as_its_item BEFORE INSERT ON meetings_itemminutes FOR EACH ROW EXECUTE FUNCTION samlos.as_its_item();
CREATE TRIGGER as_its_item BEFORE INSERT ON meetings_itemdecision FOR EACH ROW EXECUTE FUNCTION samlos.as_its_item();
-- A trigger function that runs as the owner is hung on our tables and on nobody else's.
REVOKE EXECUTE ON FUNCTION samlos.case_item_guard, samlos.as_its_item FROM PUBLIC, {app};

-- The meeting, who is called, and its part about nobody: for the convenor and those called.
ALTER TABLE meetings_meeting ENABLE ROW LEVEL SECURITY;
REVOKE DELETE, TRUNCATE ON meetings_meeting FROM {app};
CREATE POLICY readable ON meetings_meeting FOR SELECT TO {app} USING (
    convenor_id = (SELECT samlos.agency_id()) OR samlos.attends(id));
CREATE POLICY writable ON meetings_meeting FOR INSERT TO {app} WITH CHECK (convenor_id = (SELECT samlos.agency_id()));
CREATE POLICY changeable ON meetings_meeting FOR UPDATE TO {app} USING (convenor_id = (SELECT samlos.agency_id()));

CREATE PROCEDURE samlos.protect_with_meeting(target regclass, app text) LANGUAGE plpgsql
    AS $$
    BEGIN
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
        EXECUTE format('REVOKE DELETE, TRUNCATE ON %s FROM %I', target, app);
        EXECUTE format('CREATE POLICY readable ON %s FOR SELECT TO %I USING (samlos.attends(meeting_id))', target, app);
        EXECUTE format('CREATE POLICY writable ON %s FOR INSERT TO %I WITH CHECK (samlos.convenes(meeting_id))', target, app);
        EXECUTE format('CREATE POLICY changeable ON %s FOR UPDATE TO %I USING (samlos.convenes(meeting_id))', target, app);
    END $$;
CALL samlos.protect_with_meeting('meetings_invitation', '{app_name}');
CALL samlos.protect_with_meeting('meetings_generalitem', '{app_name}');

-- A case on the agenda: for those at the meeting who may hear it; its author finds it again. Only what became of it changes.
ALTER TABLE meetings_caseitem ENABLE ROW LEVEL SECURITY;
REVOKE UPDATE, DELETE, TRUNCATE ON meetings_caseitem FROM {app};
GRANT UPDATE (state, answered_at, answered_by_id, starts_at, minutes) ON meetings_caseitem TO {app};
CREATE POLICY readable ON meetings_caseitem FOR SELECT TO {app} USING (
    author_agency_id = (SELECT samlos.agency_id())
    OR (samlos.attends(meeting_id) AND samlos.may_hear(case_id, forum, parts, author_agency_id)));
CREATE POLICY writable ON meetings_caseitem FOR INSERT TO {app} WITH CHECK (
    author_agency_id = (SELECT samlos.agency_id()) AND samlos.leads(case_id) AND samlos.attends(meeting_id)
    AND samlos.may_hear(case_id, forum, parts, author_agency_id));
-- An update that names no column asks no SELECT policy: its row count would tell the convenor of items it may not hear.
CREATE POLICY changeable ON meetings_caseitem FOR UPDATE TO {app} USING (
    author_agency_id = (SELECT samlos.agency_id())
    OR (samlos.convenes(meeting_id) AND samlos.may_hear(case_id, forum, parts, author_agency_id)));

-- What was written to an item: for those who may hear the item and its writer.
CREATE PROCEDURE samlos.protect_with_item(target regclass, app text) LANGUAGE plpgsql
    AS $$
    DECLARE
        heard text := format('EXISTS (SELECT 1 FROM meetings_caseitem i WHERE i.id = item_id AND samlos.attends(i.meeting_id)
            AND samlos.may_hear(i.case_id, i.forum, i.parts, i.author_agency_id)
            AND samlos.may_hear(i.case_id, i.forum, i.parts, %s.author_agency_id))', target);
        mine text := 'author_agency_id = (SELECT samlos.agency_id())';
    BEGIN
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM %I', target, app);
        EXECUTE format('CREATE POLICY readable ON %s FOR SELECT TO %I USING (%s OR %s)', target, app, mine, heard);
        EXECUTE format('CREATE POLICY writable ON %s FOR INSERT TO %I WITH CHECK (%s AND %s)', target, app, mine, heard);
    END $$;
CALL samlos.protect_with_item('meetings_itemminutes', '{app_name}');
CALL samlos.protect_with_item('meetings_itemdecision', '{app_name}');
-- A decision can be taken back by who wrote it.
GRANT UPDATE (removed_at) ON meetings_itemdecision TO {app};
CREATE POLICY changeable ON meetings_itemdecision FOR UPDATE TO {app} USING (author_agency_id = (SELECT samlos.agency_id()));

CALL samlos.seal_triggers('{app_name}');
