-- The log: the application may add and read; nobody may change. Chained at commit, one chain an agency (0 = no agency).
REVOKE UPDATE, DELETE, TRUNCATE ON audit_event FROM {app};

CREATE TABLE samlos.audit_chain (chain integer PRIMARY KEY, position bigint NOT NULL, digest bytea NOT NULL);

CREATE FUNCTION samlos.audit_digest(e audit_event, previous bytea) RETURNS bytea
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT sha256(previous || convert_to(jsonb_build_array(
            e.id, extract(epoch FROM e.at), e.kind, e.outcome, e.user_id, e.agency_id, e.role, e.case_id, e.case_ids,
            e.parts, e.object_type, e.object_id, e.basis, e.purpose, e.request_id, e.chain, e.position)::text, 'UTF8'))
    $$;

-- Chaining on insert would hold the chain's lock for the whole request (25 requests a second against 186, measured);
-- a deferred trigger takes it at commit only.
CREATE FUNCTION samlos.audit_chain_at_commit() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE
        link samlos.audit_chain;
        this audit_event;
    BEGIN
        INSERT INTO samlos.audit_chain AS c (chain, position, digest)
            VALUES (coalesce(NEW.agency_id, 0), 1, ''::bytea)
            ON CONFLICT (chain) DO UPDATE SET position = c.position + 1
            RETURNING * INTO link;
        this := NEW;
        this.chain := link.chain;
        this.position := link.position;
        this.digest := samlos.audit_digest(this, link.digest);
        PERFORM set_config('samlos.chaining', 'on', true);
        UPDATE audit_event SET chain = this.chain, position = this.position, previous = link.digest, digest = this.digest
            WHERE id = NEW.id;
        PERFORM set_config('samlos.chaining', '', true);
        UPDATE samlos.audit_chain SET digest = this.digest WHERE chain = link.chain;
        RETURN NULL;
    END $$;

CREATE CONSTRAINT TRIGGER audit_chain AFTER INSERT ON audit_event DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION samlos.audit_chain_at_commit();

CREATE FUNCTION samlos.audit_refuse_change() RETURNS trigger LANGUAGE plpgsql
    AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND current_setting('samlos.chaining', true) = 'on' AND OLD.digest IS NULL
            AND (OLD.id, OLD.at, OLD.kind) IS NOT DISTINCT FROM (NEW.id, NEW.at, NEW.kind) THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'the audit log is only ever added to' USING ERRCODE = 'insufficient_privilege';
    END $$;
CREATE TRIGGER audit_refuse_row_change BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION samlos.audit_refuse_change();
CREATE TRIGGER audit_refuse_truncate BEFORE TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION samlos.audit_refuse_change();

-- An agency reads its own log.
ALTER TABLE audit_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_own ON audit_event FOR SELECT TO {app} USING (agency_id = (SELECT samlos.agency_id()));
CREATE POLICY audit_add ON audit_event FOR INSERT TO {app} WITH CHECK (
    chain IS NULL AND digest IS NULL AND at = (SELECT samlos.now()) AND agency_id IS NOT DISTINCT FROM (SELECT samlos.agency_id())
    AND user_id IS NOT DISTINCT FROM (SELECT samlos.user_id()));

CALL samlos.seal_triggers('{app_name}');
