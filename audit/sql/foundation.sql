-- What every other migration stands on: the schema `samlos`, the one clock, who is asking, and the application's grants.
-- Runs before every other migration, as the owner. {app} is the application's role.

CREATE SCHEMA samlos;
GRANT USAGE ON SCHEMA samlos TO {app};
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

-- The application may read and write what the owner makes from now on; tables that need less revoke it themselves.
GRANT USAGE ON SCHEMA public TO {app};
GRANT SELECT ON ALL TABLES IN SCHEMA public TO {app};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app};
-- Drawing the next number is all: reading a sequence would tell how many cases there are.
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO {app};
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA samlos GRANT EXECUTE ON FUNCTIONS TO {app};

-- The clock. In production the table stays empty; only the owner may write it.
CREATE TABLE samlos.clock (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), shift interval NOT NULL);
CREATE FUNCTION samlos.now() RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ SELECT now() + coalesce((SELECT shift FROM samlos.clock), interval '0') $$;

-- Who asks. A context that was never set and one that was cleared ('') both mean: nobody.
CREATE FUNCTION samlos.user_id() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('samlos.user_id', true), '')::bigint $$;
CREATE FUNCTION samlos.agency_id() RETURNS integer LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('samlos.agency_id', true), '')::integer $$;

-- A trigger function of the owner's must not be hung on a table of somebody else's: its caller is then its master.
-- Firing a trigger asks for no privilege; making one does. Called at the end of each file that makes any.
CREATE PROCEDURE samlos.seal_triggers(app text) LANGUAGE plpgsql
    AS $$
    DECLARE
        target record;
    BEGIN
        FOR target IN SELECT p.oid::regprocedure AS name FROM pg_proc p
                       WHERE p.pronamespace = 'samlos'::regnamespace AND p.prorettype = 'trigger'::regtype LOOP
            EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC, %I', target.name, app);
        END LOOP;
    END $$;
