-- Cases {first}..{last} in bulk: the triggers are off while it runs, and the access lines come from the specification.
-- Each case has a lead and a consent for seven agencies. Three agencies see 30 %, 1 % and 0.1 % of them.
CREATE TEMP TABLE new_case ON COMMIT DROP AS
    SELECT i, gen_random_uuid() AS id, gen_random_uuid() AS consent_id,
           (SELECT array_agg(group_id ORDER BY slug) FROM agencies_agency WHERE slug LIKE 'bench-lead-%') AS leads,
           (SELECT array_agg(group_id ORDER BY slug) FROM agencies_agency WHERE slug LIKE 'bench-other-%') AS others,
           samlos.now() - make_interval(secs => 300 * (400000 - i)) AS opened_at
      FROM generate_series({first}, {last}) i;
INSERT INTO cases_case (id, number, state, state_since, due_at, priority, opened_at, closing_reason, legal_hold,
                        lead_agency_id, opened_by_agency_id, programme_version_id)
    SELECT id, 'B' || i, 'collaborating', opened_at, samlos.now() + make_interval(days => i % 200 - 50), true, opened_at, '', false,
           leads[1 + i % cardinality(leads)], (SELECT group_id FROM agencies_agency WHERE slug = 'police-analysis'),
           (SELECT id FROM agencies_programmeversion ORDER BY id LIMIT 1)
      FROM new_case;
INSERT INTO cases_person (case_id, given_name, family_name, sort_key, birth_date, protection_level)
    SELECT id, CASE WHEN i % 10 = 0 THEN 'Vanlig' ELSE 'Prøve' || i % 700 END, 'Testnavn' || i, 'testnavn' || i, '2005-01-01', 'none'
      FROM new_case;
INSERT INTO cases_caselead (id, case_id, agency_id, valid_from)
    SELECT gen_random_uuid(), id, leads[1 + i % cardinality(leads)], opened_at FROM new_case;
INSERT INTO consent_consent (id, case_id, version, recorded_at, form_version, purpose, language, interpreter, copy_handed_over,
                             informed_items, collector_name, collector_phone, place, signed_on, valid_from, valid_until_date,
                             valid_until, givers, end_reason, revoked_by_whom, revocation_channel, author_agency_id, author_id)
    SELECT consent_id, id, 1, opened_at, '1', '', 'nb', false, true, '{{}}', 'Bench', '', '', opened_at::date, opened_at,
           (samlos.now() + interval '200 days')::date, samlos.now() + interval '200 days',
           ARRAY[leads[1 + i % cardinality(leads)]], '', '', '',
           leads[1 + i % cardinality(leads)], (SELECT min(id) FROM agencies_user)
      FROM new_case;
INSERT INTO consent_consentscope (consent_id, agency_id, part)
    SELECT consent_id, others[1 + (i * 7 + k * 29) % cardinality(others)], 'economy' FROM new_case, generate_series(1, 6) k
    UNION ALL SELECT consent_id, (SELECT group_id FROM agencies_agency WHERE slug = 'bench-30'), 'economy' FROM new_case WHERE i % 10 < 3
    UNION ALL SELECT consent_id, (SELECT group_id FROM agencies_agency WHERE slug = 'bench-1'), 'economy' FROM new_case WHERE i % 100 = 0
    UNION ALL SELECT consent_id, (SELECT group_id FROM agencies_agency WHERE slug = 'bench-01'), 'economy' FROM new_case WHERE i % 1000 = 0;
INSERT INTO cases_entry (id, case_id, part, created_at, kind, text, occurred_at, source_type, author_agency_id, author_id)
    SELECT gen_random_uuid(), id, 'economy', opened_at, 'note',
           CASE WHEN i % 20000 = 0 THEN 'Sjeldenord i en vanlig samtale.' ELSE 'En vanlig samtale om penger.' END, opened_at, '',
           leads[1 + i % cardinality(leads)], (SELECT min(id) FROM agencies_user)
      FROM new_case;
INSERT INTO cases_caseaccess (case_id, agency_id, user_id, parts, givers, received_only, reason, source_type, source_id, line,
                              valid_from, valid_until, activity_at)
    SELECT s.case_id, s.agency_id, s.user_id, s.parts, s.givers, s.received_only, s.reason, s.source_type, s.source_id, s.line,
           s.valid_from, s.valid_until, n.opened_at
      FROM samlos.access_specification s JOIN new_case n ON n.id = s.case_id;
