-- The role with which Grafana reads visits of links. It can read five tables, and change nothing. Run this
-- once on the primary, as the owner of the tables:
--   psql -h db1 -U terse terse -f deploy/grafana/reader.sql
-- Then give the role a password: \password terse_dashboards
CREATE ROLE terse_dashboards LOGIN CONNECTION LIMIT 5;
GRANT SELECT ON link, visit, visit_total, hour_count, day_count TO terse_dashboards;
ALTER ROLE terse_dashboards SET default_transaction_read_only = on;
ALTER ROLE terse_dashboards SET statement_timeout = '10s';
