-- A loaded programme version is never changed: running cases keep theirs (U23-01). New versions are added.
REVOKE UPDATE, DELETE, TRUNCATE ON agencies_programmeversion FROM {app};
