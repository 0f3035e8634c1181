-- A job is due once its time has come and nobody has it. The next one is found without looking at all of them.
DROP INDEX jobs_due;

CREATE INDEX jobs_due ON jobs ((CASE WHEN leased_until > wake_at THEN leased_until ELSE wake_at END));
