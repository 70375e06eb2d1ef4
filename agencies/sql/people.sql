-- Who may what is given by two people (security.md 5, row 17): the application's role cannot give a role that grants
-- alone, whatever its code does. Memberships are facts with dates: none is removed.

-- The roles and clearances that give sight or power (agencies.enums.Role.grants; above what everybody starts with).
CREATE FUNCTION samlos.gives_rights(role varchar, clearance varchar) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
        SELECT role IN ('manager', 'coordinator', 'privacy_officer', 'agency_administrator')
            OR clearance NOT IN ('none', 'marked')
    $$;

-- Whether a person holds a role in an agency now.
CREATE FUNCTION samlos.holds_role(who bigint, place integer, what varchar) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
        SELECT EXISTS (
            SELECT 1 FROM agencies_membership m JOIN agencies_user u ON u.id = m.user_id AND u.is_active AND NOT u.is_machine
             WHERE m.user_id = who AND m.agency_id = place AND m.role = what
               AND m.valid_from <= samlos.now() AND (m.valid_until IS NULL OR m.valid_until > samlos.now()))
    $$;

-- Who decides a request: an administrator of the agency who neither asked nor gets it; where there is none, its privacy
-- officer.
CREATE FUNCTION samlos.may_decide_grant(who bigint, g agencies_grantrequest) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
        SELECT who NOT IN (g.requested_by_id, g.user_id)
           AND (samlos.holds_role(who, g.agency_id, 'agency_administrator')
                OR (samlos.holds_role(who, g.agency_id, 'privacy_officer')
                    AND NOT EXISTS (
                        SELECT 1 FROM agencies_membership m
                         WHERE m.agency_id = g.agency_id AND m.user_id NOT IN (g.requested_by_id, g.user_id)
                           AND samlos.holds_role(m.user_id, m.agency_id, 'agency_administrator'))))
    $$;

CREATE FUNCTION samlos.grant_requested() RETURNS trigger LANGUAGE plpgsql
    AS $$
    BEGIN
        IF current_user <> '{app_name}' THEN
            RETURN NEW;
        END IF;
        IF NEW.outcome <> 'pending' OR NEW.requested_by_id IS DISTINCT FROM samlos.user_id()
            OR NEW.agency_id IS DISTINCT FROM samlos.agency_id() OR NEW.requested_at <> samlos.now()
            OR NOT samlos.holds_role(NEW.requested_by_id, NEW.agency_id, 'agency_administrator') THEN
            RAISE EXCEPTION 'an administrator of the agency asks, in person and now, for what is not yet decided'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END $$;
CREATE TRIGGER grant_requested BEFORE INSERT ON agencies_grantrequest
    FOR EACH ROW EXECUTE FUNCTION samlos.grant_requested();

CREATE FUNCTION samlos.grant_decided() RETURNS trigger LANGUAGE plpgsql
    AS $$
    DECLARE
        decision text[] := ARRAY['outcome', 'decided_by_id', 'decided_at'];
    BEGIN
        IF OLD.outcome <> 'pending' OR to_jsonb(OLD) - decision <> to_jsonb(NEW) - decision THEN
            RAISE EXCEPTION 'a request is decided once, and nothing else about it changes' USING ERRCODE = 'check_violation';
        END IF;
        IF current_user <> '{app_name}' THEN
            RETURN NEW;
        END IF;
        IF NEW.decided_by_id IS DISTINCT FROM samlos.user_id() OR NEW.decided_at <> samlos.now()
            OR NEW.agency_id IS DISTINCT FROM samlos.agency_id() THEN
            RAISE EXCEPTION 'a request is decided by the one who says so, for the agency, and now'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF NEW.outcome = 'approved' AND NOT samlos.may_decide_grant(NEW.decided_by_id, OLD) THEN
            RAISE EXCEPTION 'a request is approved by a second person' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END $$;
CREATE TRIGGER grant_decided BEFORE UPDATE ON agencies_grantrequest
    FOR EACH ROW EXECUTE FUNCTION samlos.grant_decided();

-- A membership that gives rights begins with its approval. Afterwards it may lose what it gives, and gain nothing.
CREATE FUNCTION samlos.membership_given() RETURNS trigger LANGUAGE plpgsql
    AS $$
    DECLARE
        levels text[] := ARRAY['none', 'marked', 'confidential', 'strictly_confidential', 'fictitious_id'];
    BEGIN
        IF current_user <> '{app_name}' THEN
            RETURN NEW;
        END IF;
        IF TG_OP = 'UPDATE' THEN
            IF NEW.user_id <> OLD.user_id OR NEW.agency_id <> OLD.agency_id THEN
                RAISE EXCEPTION 'a membership stays that person''s in that agency' USING ERRCODE = 'insufficient_privilege';
            END IF;
            IF NOT samlos.gives_rights(NEW.role, NEW.clearance) THEN
                RETURN NEW;
            END IF;
            IF (NEW.role <> OLD.role AND samlos.gives_rights(NEW.role, 'none'))
                OR array_position(levels, NEW.clearance::text) > array_position(levels, OLD.clearance::text)
                OR NEW.grant_id IS DISTINCT FROM OLD.grant_id OR NEW.valid_from < OLD.valid_from
                OR coalesce(NEW.valid_until, 'infinity') > coalesce(OLD.valid_until, 'infinity') THEN
                RAISE EXCEPTION 'a membership that gives rights gains nothing afterwards'
                    USING ERRCODE = 'insufficient_privilege';
            END IF;
            RETURN NEW;
        END IF;
        IF samlos.gives_rights(NEW.role, NEW.clearance) AND NOT EXISTS (
            SELECT 1 FROM agencies_grantrequest g
             WHERE g.id = NEW.grant_id AND g.kind = 'membership' AND g.outcome = 'approved' AND g.decided_at = samlos.now()
               AND (g.user_id, g.agency_id, g.role, g.clearance, g.mandate_to_commit)
                   = (NEW.user_id, NEW.agency_id, NEW.role, NEW.clearance, NEW.mandate_to_commit)
               AND NEW.valid_from = greatest(g.valid_from, g.decided_at)
               AND NEW.valid_until IS NOT DISTINCT FROM g.valid_until) THEN
            RAISE EXCEPTION 'a membership that gives rights stands on an approval given now'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END $$;
CREATE TRIGGER membership_given BEFORE INSERT OR UPDATE ON agencies_membership
    FOR EACH ROW EXECUTE FUNCTION samlos.membership_given();

REVOKE DELETE, TRUNCATE ON agencies_membership, agencies_grantrequest, agencies_user FROM {app};

-- An agency reads and decides its own requests.
ALTER TABLE agencies_grantrequest ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_agency ON agencies_grantrequest TO {app} USING (agency_id = (SELECT samlos.agency_id()));

-- A declaration of secrecy is made by the person, now, and never taken back.
REVOKE UPDATE, DELETE, TRUNCATE ON agencies_secrecydeclaration FROM {app};
ALTER TABLE agencies_secrecydeclaration ENABLE ROW LEVEL SECURITY;
CREATE POLICY readable ON agencies_secrecydeclaration FOR SELECT TO {app} USING (true);
CREATE POLICY in_person ON agencies_secrecydeclaration FOR INSERT TO {app} WITH CHECK (
    user_id = (SELECT samlos.user_id()) AND accepted_at = (SELECT samlos.now()));

-- A session that has ended stays ended; a closed account has none, whoever closes it and however.
CREATE FUNCTION samlos.sign_in_ended() RETURNS trigger LANGUAGE plpgsql
    AS $$
    BEGIN
        IF OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at OR NEW.user_id <> OLD.user_id THEN
            RAISE EXCEPTION 'a session that has ended stays ended' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$;
CREATE TRIGGER sign_in_ended BEFORE UPDATE ON agencies_signin FOR EACH ROW EXECUTE FUNCTION samlos.sign_in_ended();

CREATE FUNCTION samlos.account_closed() RETURNS trigger LANGUAGE plpgsql
    AS $$
    BEGIN
        UPDATE agencies_signin SET ended_at = samlos.now() WHERE user_id = NEW.id AND ended_at IS NULL;
        RETURN NULL;
    END $$;
CREATE TRIGGER account_closed AFTER UPDATE OF is_active ON agencies_user
    FOR EACH ROW WHEN (OLD.is_active AND NOT NEW.is_active) EXECUTE FUNCTION samlos.account_closed();

CALL samlos.seal_triggers('{app_name}');
