-- What was said stays said: the ledger is never shortened, and a row that was sent is never due again.
REVOKE DELETE, TRUNCATE ON reminders_reminder FROM {app};

CREATE FUNCTION samlos.said_once() RETURNS trigger LANGUAGE plpgsql
    AS $$
    BEGIN
        RAISE EXCEPTION 'a reminder that was sent is never sent again' USING ERRCODE = 'check_violation';
    END $$;
CREATE TRIGGER said_once BEFORE UPDATE ON reminders_reminder FOR EACH ROW
    WHEN (OLD.state = 'sent' AND NEW.state <> 'sent') EXECUTE FUNCTION samlos.said_once();

CALL samlos.seal_triggers('{app_name}');
