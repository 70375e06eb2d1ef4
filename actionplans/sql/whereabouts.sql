-- The place of a follow-up is whereabouts: it moves to the sealed place with the protection level (cases/sql/protection.sql).
CALL samlos.whereabouts_in('actionplans_followup', 'place', 'meeting_place', '', 'here');
CALL samlos.forgets_sealed('actionplans_followup');
