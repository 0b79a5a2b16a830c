-- How completeness was proved, day by day: four bits a day (lib/store/spans.h), the first day in the upper half of the
-- first byte; NULL when `proofs` holds for every day of the span.
ALTER TABLE ledger_spans ADD COLUMN proof_days BLOB;

-- What a run learned of the server, in words.
ALTER TABLE runs ADD COLUMN learned TEXT;
