-- The lag of replicas over time, and where each server shows its metrics.

-- A row for each minute and host (the class LagMinute). All servers measure the hosts, and write to the
-- same row.
CREATE TABLE host_lag (
    minute     timestamptz NOT NULL, -- its begin, by the clock of the primary
    host       text        COLLATE "C" NOT NULL,
    measured   real        NOT NULL, -- for how many seconds the lag was known
    longest    real        NOT NULL, -- seconds
    beyond_1s  real        NOT NULL, -- for how many seconds the lag was longer than 1 s
    beyond_5s  real        NOT NULL,
    beyond_10s real        NOT NULL,
    beyond_60s real        NOT NULL,
    PRIMARY KEY (minute, host)
);
INSERT INTO cleanup (table_name, done_up_to) VALUES ('host_lag', '0001-01-01Z');

-- The address of /metrics of a server; null if it has none.
ALTER TABLE server ADD COLUMN metrics_url text;
