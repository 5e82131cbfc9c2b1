-- A row of the egress ledger holds the records that were written at once for one component and one host: `body` is an array of them,
-- numbered from `seq` on, and `at` is the time of the first. Code that takes `body` for one record cannot read it.
UPDATE egress SET body = '[' || body || ']';
UPDATE schema_needs SET needs = 8;
