-- The second lock on the plan: each row by its part and author, as everything that is written in a case.
CALL samlos.protect('actionplans_maingoal', 'content', '{app_name}');
CALL samlos.protect('actionplans_areagoal', 'content', '{app_name}');
CALL samlos.protect('actionplans_measure', 'content', '{app_name}');
CALL samlos.protect('actionplans_measureprogress', 'content', '{app_name}');
CALL samlos.protect('actionplans_commitment', 'content', '{app_name}');
CALL samlos.protect('actionplans_followup', 'content', '{app_name}');
CALL samlos.protect('actionplans_planapproval', 'content', '{app_name}');
-- Who sat at the table is the lead's own note.
CALL samlos.protect('actionplans_approvalattendance', 'internal', '{app_name}');
-- What was reported or approved on a day stays as it was said.
REVOKE UPDATE ON actionplans_measureprogress, actionplans_planapproval, actionplans_approvalattendance FROM {app};

CALL samlos.seal_triggers('{app_name}');
