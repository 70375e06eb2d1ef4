-- Purging by case: everything that hangs on it, found through the foreign keys, so that no table can be forgotten (G20).
CREATE FUNCTION samlos.delete_with_dependents(target regclass, ids text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE
        key record;
        hanging text[];
        own_key name;
        own_type text;
    BEGIN
        IF coalesce(array_length(ids, 1), 0) = 0 THEN
            RETURN;
        END IF;
        SELECT a.attname, format_type(a.atttypid, a.atttypmod) INTO own_key, own_type
          FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
         WHERE i.indrelid = target AND i.indisprimary;
        FOR key IN
            SELECT f.conrelid::regclass AS child, a.attname AS child_column, format_type(a.atttypid, NULL) AS child_type,
                   k.attname AS child_key
              FROM pg_constraint f
              JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
              JOIN pg_index i ON i.indrelid = f.conrelid AND i.indisprimary
              JOIN pg_attribute k ON k.attrelid = i.indrelid AND k.attnum = i.indkey[0]
             WHERE f.contype = 'f' AND f.confrelid = target
        LOOP
            EXECUTE format('SELECT array_agg(%I::text) FROM %s WHERE %I = ANY($1::%s[])',
                           key.child_key, key.child, key.child_column, key.child_type) INTO hanging USING ids;
            PERFORM samlos.delete_with_dependents(key.child, hanging);
        END LOOP;
        IF target = 'cases_case'::regclass THEN
            -- Removing a row of truth derived the lines anew; the case has none left now.
            DELETE FROM cases_caseaccess WHERE case_id = ANY(ids::uuid[]);
        END IF;
        EXECUTE format('DELETE FROM %s WHERE %I = ANY($1::%s[])', target, own_key, own_type) USING ids;
    END $$;
REVOKE EXECUTE ON FUNCTION samlos.delete_with_dependents FROM PUBLIC, {app};

-- The application may purge only what intake sends back (T2x); the owner's nightly job purges what is past its date.
-- A case under legal hold is never purged.
CREATE FUNCTION samlos.purge_case(target uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE
        doomed cases_case;
        by_owner boolean := pg_has_role(session_user, current_user, 'MEMBER');
    BEGIN
        SELECT * INTO doomed FROM cases_case WHERE id = target FOR UPDATE;
        IF NOT FOUND OR doomed.legal_hold THEN
            RETURN false;
        END IF;
        -- Only what intake itself has and nobody else ever got: a number is given when a case is routed.
        IF (doomed.state IN ('submitted', 'received') AND doomed.number IS NULL AND samlos.leads(target)
            AND EXISTS (SELECT 1 FROM agencies_agency g
                         WHERE g.group_id = samlos.agency_id() AND g.kind = 'intake_office')
            AND NOT EXISTS (SELECT 1 FROM cases_caselead l
                             WHERE l.case_id = target AND l.agency_id <> samlos.agency_id()))
            OR (by_owner AND doomed.state = 'closed' AND doomed.retain_until < samlos.now()::date) THEN
            PERFORM samlos.delete_with_dependents('cases_case', ARRAY[target::text]);
            RETURN true;
        END IF;
        RETURN false;
    END $$;
