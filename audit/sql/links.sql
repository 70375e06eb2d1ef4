-- Each event's place in its agency's chain (0 = no agency) in a row of its own: an event is written once and never touched
-- again. With its place in the event itself it was written a second time at commit, an entry more in each of its indexes,
-- and the refusal of changes had a door in it.
-- Nothing is added while the places move: what came in between would be left without one.
LOCK TABLE audit_event IN ACCESS EXCLUSIVE MODE;
INSERT INTO audit_link (chain, position, event_id, digest)
    SELECT chain, position, id, digest FROM audit_event WHERE chain IS NOT NULL;

DROP TRIGGER audit_chain ON audit_event;
DROP FUNCTION samlos.audit_chain_at_commit();
DROP FUNCTION samlos.audit_digest(audit_event, bytea);
ALTER POLICY audit_add ON audit_event WITH CHECK (
    at = (SELECT samlos.now()) AND agency_id IS NOT DISTINCT FROM (SELECT samlos.agency_id())
    AND user_id IS NOT DISTINCT FROM (SELECT samlos.user_id()));
ALTER TABLE audit_event DROP COLUMN chain, DROP COLUMN position, DROP COLUMN previous, DROP COLUMN digest;

CREATE FUNCTION samlos.audit_digest(e audit_event, in_chain integer, at_position bigint, previous bytea) RETURNS bytea
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT sha256(previous || convert_to(jsonb_build_array(
            e.id, extract(epoch FROM e.at), e.kind, e.outcome, e.user_id, e.agency_id, e.role, e.case_id, e.case_ids,
            e.parts, e.object_type, e.object_id, e.basis, e.purpose, e.request_id, in_chain, at_position)::text, 'UTF8'))
    $$;

-- Chaining on insert would hold the chain's lock for the whole request (25 requests a second against 186, measured);
-- a deferred trigger takes it at commit only. The lock is the row that says where the chain stands, which the application
-- cannot reach; whoever waited for it reads what the one before left there (and fails, as REPEATABLE READ).
CREATE FUNCTION samlos.audit_chain_at_commit() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE
        mine CONSTANT integer := coalesce(NEW.agency_id, 0);
        tip samlos.audit_chain;
    BEGIN
        SELECT * INTO tip FROM samlos.audit_chain c WHERE c.chain = mine FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            INSERT INTO samlos.audit_chain VALUES (mine, 0, '') ON CONFLICT DO NOTHING;
            SELECT * INTO tip FROM samlos.audit_chain c WHERE c.chain = mine FOR NO KEY UPDATE;
        END IF;
        tip.position := tip.position + 1;
        tip.digest := samlos.audit_digest(NEW, mine, tip.position, tip.digest);
        INSERT INTO audit_link (chain, position, event_id, digest) VALUES (mine, tip.position, NEW.id, tip.digest);
        UPDATE samlos.audit_chain SET position = tip.position, digest = tip.digest WHERE chain = mine;
        RETURN NULL;
    END $$;
CREATE CONSTRAINT TRIGGER audit_chain AFTER INSERT ON audit_event DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION samlos.audit_chain_at_commit();

CREATE OR REPLACE FUNCTION samlos.audit_refuse_change() RETURNS trigger LANGUAGE plpgsql
    AS $$
    BEGIN
        RAISE EXCEPTION 'the audit log is only ever added to' USING ERRCODE = 'insufficient_privilege';
    END $$;
CREATE TRIGGER audit_refuse_link_change BEFORE UPDATE OR DELETE ON audit_link
    FOR EACH ROW EXECUTE FUNCTION samlos.audit_refuse_change();
CREATE TRIGGER audit_refuse_link_truncate BEFORE TRUNCATE ON audit_link
    FOR EACH STATEMENT EXECUTE FUNCTION samlos.audit_refuse_change();

-- An agency reads its own chain, to verify it; only the trigger adds to it.
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON audit_link FROM {app};
ALTER TABLE audit_link ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_link_own ON audit_link FOR SELECT TO {app} USING (chain = (SELECT samlos.agency_id()));

-- As in heads.sql, of the links. What stands last and what was signed last must still have their events: nothing is signed
-- over a tail that was cut off.
CREATE OR REPLACE FUNCTION samlos.audit_tip(after bigint, OUT last_position bigint, OUT last_digest bytea, OUT added bigint,
                                            OUT digest_after bytea)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        WITH mine AS (SELECT coalesce(samlos.agency_id(), 0) AS chain)
        SELECT tip.position, tip.digest,
               (SELECT count(*) FROM audit_link l WHERE l.chain = mine.chain AND l.position > after),
               (SELECT l.digest FROM audit_link l JOIN audit_event e ON e.id = l.event_id
                 WHERE l.chain = mine.chain AND l.position = after)
          FROM mine LEFT JOIN LATERAL (
               SELECT l.position, l.digest FROM audit_link l JOIN audit_event e ON e.id = l.event_id
                WHERE l.chain = mine.chain ORDER BY l.position DESC LIMIT 1
          ) AS tip ON true
    $$;

CALL samlos.seal_triggers('{app_name}');
