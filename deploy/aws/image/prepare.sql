-- The user of the servers. It has no password: RDS checks the token of its role (rds_iam).
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'terse') THEN
        CREATE ROLE terse LOGIN;
    END IF;
END
$$;

GRANT rds_iam TO terse;
GRANT pg_read_all_stats TO terse;
GRANT CONNECT, CREATE, TEMPORARY ON DATABASE terse TO terse;
GRANT USAGE, CREATE ON SCHEMA public TO terse;
