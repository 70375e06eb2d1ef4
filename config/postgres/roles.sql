-- The two roles and the database. Run once by the superuser through psql, embedded or in a container; harmless twice.
-- The owner migrates. The application owns nothing, so it can neither change the schema nor turn row-level security off.

SET log_statement = 'none'; -- the passwords below stay out of the log

\getenv owner_password SAMLOS_OWNER_PASSWORD
\getenv app_password SAMLOS_APP_PASSWORD

SELECT 'CREATE ROLE samlos_owner' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'samlos_owner') \gexec
SELECT 'CREATE ROLE samlos_app' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'samlos_app') \gexec

ALTER ROLE samlos_owner LOGIN NOSUPERUSER NOBYPASSRLS CREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'owner_password';
ALTER ROLE samlos_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'app_password';

-- The application's connections say the same (config/settings/base.py); this holds for every other way in.
ALTER ROLE samlos_app SET statement_timeout = '10s';
ALTER ROLE samlos_app SET lock_timeout = '2s';
ALTER ROLE samlos_app SET idle_in_transaction_session_timeout = '30s';

-- The C locale sorts by code point everywhere; names carry a sort key of their own.
SELECT 'CREATE DATABASE samlos OWNER samlos_owner ENCODING ''UTF8'' LOCALE ''C'' TEMPLATE template0'
    WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'samlos') \gexec
REVOKE ALL ON DATABASE samlos FROM PUBLIC;
GRANT CONNECT ON DATABASE samlos TO samlos_app;
