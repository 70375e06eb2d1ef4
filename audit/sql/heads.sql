-- Signed heads: the application adds and reads its own agency's, nobody changes any.
REVOKE UPDATE, DELETE, TRUNCATE ON audit_head FROM {app};

CREATE FUNCTION samlos.audit_refuse_head_change() RETURNS trigger LANGUAGE plpgsql
    AS $$
    BEGIN
        RAISE EXCEPTION 'a signed head is never changed' USING ERRCODE = 'insufficient_privilege';
    END $$;
CREATE TRIGGER audit_refuse_head_change BEFORE UPDATE OR DELETE ON audit_head
    FOR EACH ROW EXECUTE FUNCTION samlos.audit_refuse_head_change();
CREATE TRIGGER audit_refuse_head_truncate BEFORE TRUNCATE ON audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION samlos.audit_refuse_head_change();

-- Chain 0, of what happened for no agency, is nobody's own: a head holds a position, a digest and a time, and tells of no one.
ALTER TABLE audit_head ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_head_own ON audit_head FOR SELECT TO {app} USING (chain = coalesce((SELECT samlos.agency_id()), 0));
CREATE POLICY audit_head_add ON audit_head FOR INSERT TO {app} WITH CHECK (
    chain = coalesce((SELECT samlos.agency_id()), 0) AND at = (SELECT samlos.now()));

-- Where the chain of whoever asks stands, how many events came after position `after`, and what stands at `after` now.
-- A definer's, because the events of chain 0 are read by nobody.
CREATE FUNCTION samlos.audit_tip(after bigint, OUT last_position bigint, OUT last_digest bytea, OUT added bigint, OUT digest_after bytea)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        WITH mine AS (SELECT coalesce(samlos.agency_id(), 0) AS chain)
        SELECT tip.position, tip.digest,
               (SELECT count(*) FROM audit_event e WHERE e.chain = mine.chain AND e.position > after),
               (SELECT e.digest FROM audit_event e WHERE e.chain = mine.chain AND e.position = after)
          FROM mine LEFT JOIN LATERAL (
               SELECT e.position, e.digest FROM audit_event e WHERE e.chain = mine.chain ORDER BY e.position DESC LIMIT 1
          ) AS tip ON true
    $$;

CALL samlos.seal_triggers('{app_name}');
