-- The young person's log, the review of look-ups, and who could have seen a part of a case in a stretch of time. The log
-- is each agency's own (audit_own): what others may learn of it, these definer functions answer, one narrow thing each.

-- Lists keep their cases in an array; most events have none.
CREATE INDEX audit_by_listed_case ON audit_event USING gin (case_ids) WHERE case_ids <> '{}';

-- Everything that was done and read in a case, by whomever. Asked by the functions below, never by the application.
CREATE FUNCTION samlos.events_of_case(target uuid) RETURNS SETOF audit_event
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT e.* FROM audit_event e WHERE e.case_id = target AND e.outcome = 'allowed'
        UNION ALL
        SELECT e.* FROM audit_event e
         WHERE e.case_ids <> '{}' AND e.case_ids @> ARRAY[target] AND e.outcome = 'allowed'
           AND e.case_id IS DISTINCT FROM target
    $$;
REVOKE EXECUTE ON FUNCTION samlos.events_of_case FROM PUBLIC, {app};

-- --- the young person's log -----------------------------------------------------------------------------------------

-- The entries of a case's log, newest first, for the agency that leads it: which agency in which role, never who. An
-- entry is withheld by an approval in force and by nothing else. {with_withheld} is the lead's own page, which prepares;
-- {one_event} asks for a single entry.
CREATE FUNCTION samlos.reads_of_case(target uuid, with_withheld boolean, most integer, skipped integer,
                                     one_event uuid DEFAULT NULL)
    RETURNS TABLE (event_id uuid, at timestamptz, kind varchar, agency_id integer, role varchar, parts varchar[],
                   basis varchar, purpose varchar, withheld boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT e.id, e.at, e.kind, e.agency_id, e.role, e.parts, e.basis,
               -- Some events keep an id there (whom a case was given to): a code goes on, an id does not.
               CASE WHEN e.purpose ~ '^[a-z][a-z_.:-]*$' THEN e.purpose ELSE '' END,
               e.id IN (SELECT w.event_id FROM cases_logwithholding w
                         WHERE w.case_id = target AND w.approved_at <= samlos.now() AND w.ended_at IS NULL
                           AND w.valid_until > samlos.now()) AS withheld
          FROM samlos.events_of_case(target) e
         WHERE samlos.leads(target) AND (one_event IS NULL OR e.id = one_event)
           AND (with_withheld
                OR e.id NOT IN (SELECT w.event_id FROM cases_logwithholding w
                                 WHERE w.case_id = target AND w.approved_at <= samlos.now() AND w.ended_at IS NULL
                                   AND w.valid_until > samlos.now()))
         ORDER BY e.at DESC, e.id
         LIMIT most OFFSET skipped
    $$;

-- How many entries there are, and how many of them, by how many agencies, since {recently}: for the first sentence.
CREATE FUNCTION samlos.count_reads_of_case(target uuid, with_withheld boolean, recently timestamptz)
    RETURNS TABLE (entries bigint, recent bigint, recent_agencies bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT count(*), count(*) FILTER (WHERE r.at >= recently),
               count(DISTINCT r.agency_id) FILTER (WHERE r.at >= recently)
          FROM samlos.reads_of_case(target, with_withheld, NULL, 0) r
    $$;

-- Whether an entry is one of the log of a case the asking agency leads.
CREATE FUNCTION samlos.is_read_of_case(target uuid, event uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT samlos.leads(target) AND EXISTS (SELECT 1 FROM samlos.events_of_case(target) e WHERE e.id = event) $$;

-- Withheld by two people, until an end, and only ever shortened (personopplysningsloven § 16).
ALTER TABLE cases_logwithholding ENABLE ROW LEVEL SECURITY;
REVOKE UPDATE, DELETE, TRUNCATE ON cases_logwithholding FROM {app};
GRANT UPDATE (approved_by_id, approved_at, ended_by_id, ended_at) ON cases_logwithholding TO {app};
CREATE POLICY readable ON cases_logwithholding FOR SELECT TO {app} USING (samlos.leads(case_id));
CREATE POLICY writable ON cases_logwithholding FOR INSERT TO {app} WITH CHECK (
    asked_by_id = (SELECT samlos.user_id()) AND asked_at = (SELECT samlos.now()) AND approved_at IS NULL
    AND ended_at IS NULL AND samlos.is_read_of_case(case_id, event_id));
CREATE POLICY changeable ON cases_logwithholding FOR UPDATE TO {app} USING (samlos.leads(case_id));
CREATE FUNCTION samlos.withheld_in_person() RETURNS trigger LANGUAGE plpgsql
    AS $$
    BEGIN
        IF OLD.ended_at IS NOT NULL THEN
            RAISE EXCEPTION 'what is no longer withheld stays in the log' USING ERRCODE = 'check_violation';
        END IF;
        IF (NEW.approved_at, NEW.approved_by_id) IS DISTINCT FROM (OLD.approved_at, OLD.approved_by_id)
            AND (OLD.approved_at IS NOT NULL OR NEW.approved_by_id IS DISTINCT FROM samlos.user_id()
                 OR NEW.approved_at IS DISTINCT FROM samlos.now()) THEN
            RAISE EXCEPTION 'an entry is withheld once, by whoever says so, and now' USING ERRCODE = 'check_violation';
        END IF;
        IF (NEW.ended_at, NEW.ended_by_id) IS DISTINCT FROM (OLD.ended_at, OLD.ended_by_id)
            AND (NEW.ended_by_id IS DISTINCT FROM samlos.user_id() OR NEW.ended_at IS DISTINCT FROM samlos.now()) THEN
            RAISE EXCEPTION 'an end is when it is written down' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$;
CREATE TRIGGER withheld_in_person BEFORE UPDATE ON cases_logwithholding
    FOR EACH ROW EXECUTE FUNCTION samlos.withheld_in_person();

-- --- look-ups that somebody must judge --------------------------------------------------------------------------------

-- What stands for a case before those who see none: the same for the same case in one agency, and no way back.
CREATE FUNCTION samlos.case_ref(target uuid, agency integer) RETURNS text LANGUAGE sql IMMUTABLE
    AS $$ SELECT upper(left(encode(sha256(convert_to(target::text || ':' || agency::text, 'UTF8')), 'hex'), 8)) $$;
REVOKE EXECUTE ON FUNCTION samlos.case_ref FROM PUBLIC, {app};

-- The asking agency's own look-ups since {since} that are odd, and why. Employees have no address here, so nothing is
-- said of neighbours. Compares surnames inside: neither name leaves the function.
CREATE FUNCTION samlos.odd_look_ups(since timestamptz, zone text, rules jsonb)
    RETURNS TABLE (event_id uuid, reason text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        WITH own AS (
            SELECT e.* FROM audit_event e JOIN agencies_user u ON u.id = e.user_id AND NOT u.is_machine
             WHERE e.agency_id = samlos.agency_id() AND e.at >= since),
        opened AS (
            SELECT o.* FROM own o WHERE o.kind = 'case.read' AND o.outcome = 'allowed' AND o.case_id IS NOT NULL),
        flagged AS (
            SELECT o.id, 'same_surname' AS why
              FROM opened o JOIN agencies_user u ON u.id = o.user_id JOIN cases_person p ON p.case_id = o.case_id
             WHERE regexp_split_to_array(lower(regexp_replace(btrim(u.name), '^.*\s', '')), '-')
                   && regexp_split_to_array(lower(btrim(p.family_name)), '[\s-]+')
            UNION ALL
            SELECT o.id, 'out_of_hours' FROM opened o
             WHERE extract(hour FROM o.at AT TIME ZONE zone) >= (rules ->> 'evening')::int
                OR extract(hour FROM o.at AT TIME ZONE zone) < (rules ->> 'morning')::int
                OR extract(isodow FROM o.at AT TIME ZONE zone) > 5
            UNION ALL
            SELECT o.id, 'burst' FROM opened o
             WHERE (SELECT count(DISTINCT b.case_id) FROM audit_event b
                     WHERE b.agency_id = o.agency_id AND b.user_id = o.user_id AND b.kind = 'case.read'
                       AND b.outcome = 'allowed' AND b.at > o.at - interval '1 hour' AND b.at <= o.at)
                   > (rules ->> 'cases_an_hour')::int
            UNION ALL
            SELECT o.id, 'break_glass' FROM own o
             WHERE o.kind = ANY(ARRAY(SELECT jsonb_array_elements_text(rules -> 'glass')))
                OR (o.outcome = 'allowed' AND 'break_glass' = ANY(string_to_array(o.basis, ',')))
            UNION ALL
            SELECT o.id, 'repeated_misses' FROM own o
             WHERE o.outcome = 'refused'
               AND (SELECT count(*) FROM audit_event b
                     WHERE b.agency_id = o.agency_id AND b.user_id = o.user_id AND b.outcome = 'refused'
                       AND b.at > o.at - interval '10 minutes' AND b.at <= o.at)
                   >= (rules ->> 'misses')::int
            UNION ALL
            -- Only when there has been time to do something: a task may follow the look-up as well as come before it.
            SELECT o.id, 'no_task' FROM opened o
             CROSS JOIN LATERAL (SELECT make_interval(days => (rules ->> 'task_days')::int) AS near) d
             WHERE o.at <= samlos.now() - d.near
               AND NOT EXISTS (SELECT 1 FROM cases_assignmentperiod a
                                WHERE a.case_id = o.case_id AND a.user_id = o.user_id AND a.agency_id = o.agency_id
                                  AND a.valid_from <= o.at AND (a.valid_until IS NULL OR a.valid_until > o.at))
               AND NOT EXISTS (SELECT 1 FROM audit_event w
                                WHERE w.case_id = o.case_id AND w.user_id = o.user_id AND w.agency_id = o.agency_id
                                  AND w.outcome = 'allowed' AND w.at BETWEEN o.at - d.near AND o.at + d.near
                                  AND w.kind <> ALL(ARRAY(SELECT jsonb_array_elements_text(rules -> 'reads'))))
               AND NOT EXISTS (SELECT 1 FROM audit_event m
                                WHERE m.case_ids <> '{}' AND m.case_ids @> ARRAY[o.case_id] AND m.user_id = o.user_id
                                  AND m.kind = 'meeting.agenda_read' AND m.outcome = 'allowed'
                                  AND m.at BETWEEN o.at - d.near AND o.at + d.near)
               AND NOT EXISTS (SELECT 1 FROM reminders_reminder r
                                WHERE r.recipient_id = o.user_id AND r.agency_id = o.agency_id
                                  AND r.subject_id = o.case_id AND r.raised_at BETWEEN o.at - d.near AND o.at + d.near))
        SELECT f.id, f.why FROM flagged f
         -- What has been judged is not asked again, nor what is already asked for this reason.
         WHERE NOT EXISTS (SELECT 1 FROM cases_lookupreview r
                            WHERE r.agency_id = samlos.agency_id() AND r.event_ids @> ARRAY[f.id]
                              AND r.reported_by_agency_id IS NULL
                              AND (r.settled_at IS NOT NULL OR f.why = ANY(r.reasons)))
    $$;
REVOKE EXECUTE ON FUNCTION samlos.odd_look_ups FROM PUBLIC, {app};
CREATE INDEX look_up_review_events ON cases_lookupreview USING gin (event_ids);

-- Put the odd look-ups into the asking agency's queue: one item an employee, case and day. Answers how many are new.
-- Twice at once, or again, changes nothing.
CREATE FUNCTION samlos.flag_look_ups(since timestamptz, zone text, rules jsonb) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE
        odd record;
        new_items integer := 0;
    BEGIN
        PERFORM pg_advisory_xact_lock(hashtext('samlos.flag_look_ups'), samlos.agency_id());
        FOR odd IN
            SELECT e.user_id, (e.at AT TIME ZONE zone)::date AS day,
                   -- Many cases at once, and misses, are about the day, not about one case.
                   CASE WHEN o.reason IN ('burst', 'repeated_misses') OR e.case_id IS NULL THEN ''
                        ELSE samlos.case_ref(e.case_id, e.agency_id) END AS ref,
                   array_agg(DISTINCT o.reason::varchar) AS reasons, array_agg(DISTINCT e.id) AS events,
                   min(e.at) AS first_at, max(e.at) AS last_at
              FROM samlos.odd_look_ups(since, zone, rules) o JOIN audit_event e ON e.id = o.event_id
             GROUP BY 1, 2, 3 ORDER BY 2, 1, 3
        LOOP
            UPDATE cases_lookupreview r
               SET reasons = ARRAY(SELECT DISTINCT unnest(r.reasons || odd.reasons) ORDER BY 1),
                   event_ids = ARRAY(SELECT DISTINCT unnest(r.event_ids || odd.events)),
                   first_at = least(r.first_at, odd.first_at), last_at = greatest(r.last_at, odd.last_at)
             WHERE r.agency_id = samlos.agency_id() AND r.employee_id = odd.user_id AND r.day = odd.day
               AND r.case_ref = odd.ref AND r.settled_at IS NULL AND r.reported_by_agency_id IS NULL;
            IF NOT FOUND THEN
                INSERT INTO cases_lookupreview (id, agency_id, employee_id, case_ref, day, reasons, why_reported, event_ids,
                        first_at, last_at, found_at, outcome, note, follow_up, follow_up_note)
                    VALUES (gen_random_uuid(), samlos.agency_id(), odd.user_id, odd.ref, odd.day, odd.reasons, '',
                        odd.events, odd.first_at, odd.last_at, samlos.now(), '', '', '', '');
                new_items := new_items + 1;
            END IF;
        END LOOP;
        RETURN new_items;
    END $$;

-- A person asks about one look-up: it goes to the agency that made it. Only for an entry the person is shown, and once.
CREATE FUNCTION samlos.report_look_up(target uuid, event uuid, why text, zone text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE
        asked audit_event;
        new_id uuid := gen_random_uuid();
    BEGIN
        PERFORM pg_advisory_xact_lock(hashtext('samlos.report_look_up'), hashtext(event::text));
        SELECT e.* INTO asked FROM samlos.events_of_case(target) e
         WHERE e.id = event AND e.agency_id IS NOT NULL AND samlos.leads(target)
           AND e.id IN (SELECT r.event_id FROM samlos.reads_of_case(target, false, NULL, 0, event) r);
        IF NOT FOUND OR EXISTS (SELECT 1 FROM cases_lookupreview r
                                 WHERE r.event_ids @> ARRAY[event] AND r.reported_by_agency_id IS NOT NULL) THEN
            RETURN NULL;
        END IF;
        INSERT INTO cases_lookupreview (id, agency_id, employee_id, case_ref, day, reasons, why_reported, event_ids,
                first_at, last_at, found_at, reported_by_agency_id, outcome, note, follow_up, follow_up_note)
            VALUES (new_id, asked.agency_id, asked.user_id, samlos.case_ref(target, asked.agency_id),
                (asked.at AT TIME ZONE zone)::date, ARRAY['reported'], why, ARRAY[event], asked.at, asked.at, samlos.now(),
                samlos.agency_id(), '', '', '', '');
        RETURN new_id;
    END $$;

-- What has become of the look-ups the person asked about: the answer, without who it was.
CREATE FUNCTION samlos.answers_to_reports(target uuid)
    RETURNS TABLE (event_id uuid, reported_at timestamptz, outcome varchar)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT r.event_ids[1], r.found_at, r.outcome FROM cases_lookupreview r
         WHERE samlos.leads(target) AND r.reported_by_agency_id IS NOT NULL
           AND r.case_ref = samlos.case_ref(target, r.agency_id)
           AND EXISTS (SELECT 1 FROM samlos.events_of_case(target) e WHERE e.id = r.event_ids[1])
    $$;
CREATE INDEX look_up_review_reported ON cases_lookupreview (case_ref) WHERE reported_by_agency_id IS NOT NULL;

-- Each agency judges its own; the queue is filled by the functions above alone.
ALTER TABLE cases_lookupreview ENABLE ROW LEVEL SECURITY;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON cases_lookupreview FROM {app};
GRANT UPDATE (outcome, note, settled_by_id, settled_at, follow_up, follow_up_note, followed_up_by_id, followed_up_at)
    ON cases_lookupreview TO {app};
CREATE POLICY own ON cases_lookupreview TO {app} USING (agency_id = (SELECT samlos.agency_id()));
-- Judged by the one who says so, and now; taken back within a day by the same, as long as nothing followed from it.
CREATE FUNCTION samlos.judged_in_person() RETURNS trigger LANGUAGE plpgsql
    AS $$
    BEGIN
        IF current_user <> '{app_name}' THEN
            RETURN NEW;
        END IF;
        IF OLD.followed_up_at IS NOT NULL THEN
            RAISE EXCEPTION 'what was followed up stays as it was judged' USING ERRCODE = 'check_violation';
        END IF;
        IF OLD.settled_at IS NULL THEN
            IF NEW.settled_by_id IS DISTINCT FROM samlos.user_id() OR NEW.settled_at IS DISTINCT FROM samlos.now()
                OR NEW.followed_up_at IS NOT NULL THEN
                RAISE EXCEPTION 'a look-up is judged by the one who says so, and now' USING ERRCODE = 'check_violation';
            END IF;
        ELSIF NEW.settled_at IS NULL THEN
            IF OLD.settled_by_id IS DISTINCT FROM samlos.user_id() OR OLD.settled_at <= samlos.now() - interval '1 day' THEN
                RAISE EXCEPTION 'a judgement is taken back within a day, by whoever made it' USING ERRCODE = 'check_violation';
            END IF;
        ELSIF (NEW.outcome, NEW.settled_by_id, NEW.settled_at) IS DISTINCT FROM (OLD.outcome, OLD.settled_by_id, OLD.settled_at)
            OR NEW.followed_up_by_id IS DISTINCT FROM samlos.user_id() OR NEW.followed_up_at IS DISTINCT FROM samlos.now() THEN
            RAISE EXCEPTION 'a judgement is not changed, only followed up' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$;
CREATE TRIGGER judged_in_person BEFORE UPDATE ON cases_lookupreview
    FOR EACH ROW EXECUTE FUNCTION samlos.judged_in_person();

CALL samlos.seal_triggers('{app_name}');
