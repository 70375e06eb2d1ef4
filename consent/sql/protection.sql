-- Where a consent was signed moves to the sealed place with the protection level (cases/sql/protection.sql). Nothing else of
-- a consent ever changes but its end.
CREATE OR REPLACE FUNCTION samlos.only_ends() RETURNS trigger LANGUAGE plpgsql
    AS $$
    DECLARE
        free text[] := ARRAY['ended_at', 'end_reason', 'ended_by_id', 'revoked_by_whom', 'revocation_channel'];
        approval text[] := ARRAY['approved_by_id', 'approved_at'];
        before jsonb := to_jsonb(OLD) - free;
        after jsonb := to_jsonb(NEW) - free;
    BEGIN
        -- Moved to the sealed place or back, by the owner's own function: the words of the consent are not touched.
        IF current_user <> '{app_name}' AND to_jsonb(OLD) - 'place' = to_jsonb(NEW) - 'place' THEN
            RETURN NEW;
        END IF;
        IF before ->> 'approved_at' IS NULL AND OLD.ended_at IS NULL AND NEW.ended_at IS NULL THEN
            before := before - approval;
            after := after - approval;
        END IF;
        IF before <> after OR OLD.ended_at IS NOT NULL THEN
            RAISE EXCEPTION 'a recorded consent or disclosure can only be ended, once' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.ended_at <> samlos.now() THEN
            RAISE EXCEPTION 'an end is when it is written down' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$;
CALL samlos.whereabouts_in('consent_consent', 'place', 'meeting_place', '', 'handed_in');

-- Who is not cleared, or has a conflict, is not told that the consent of a case ended: the case is not there.
CREATE OR REPLACE FUNCTION samlos.ended_consents(targets uuid[]) RETURNS TABLE (consent_id uuid, number varchar)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT c.id, k.number FROM consent_consent c JOIN cases_case k ON k.id = c.case_id
         WHERE c.id = ANY(targets) AND samlos.is_cleared(k.id)
           AND NOT EXISTS (SELECT 1 FROM cases_conflict f
                            WHERE f.case_id = k.id AND f.user_id = samlos.user_id() AND f.declared_at <= samlos.now()
                              AND (f.ended_at IS NULL OR f.ended_at > samlos.now()))
           AND least(c.valid_until, c.ended_at) <= samlos.now()
           AND (EXISTS (SELECT 1 FROM consent_consentscope s WHERE s.consent_id = c.id AND s.agency_id = samlos.agency_id())
                OR EXISTS (SELECT 1 FROM consent_consentforum f WHERE f.consent_id = c.id AND f.agency_id = samlos.agency_id()))
    $$;

CALL samlos.seal_triggers('{app_name}');
