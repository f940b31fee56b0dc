-- The transfer that one would write by hand: two balances, two entries and the request's row, in
-- six round trips. Accounts are locked in their order, and none may fall below zero; with `hot`,
-- account 1 pays for all.
\set a CASE WHEN :hot = 1 THEN 1 ELSE random(1, :accounts) END
\set b 1 + (:a + random(0, :accounts - 2)) % :accounts
\set low least(:a, :b)
\set high greatest(:a, :b)
\set amount random(1, 100)
\set to_low CASE WHEN :a < :b THEN -:amount ELSE :amount END
\set to_high -:to_low
BEGIN;
UPDATE account SET balance = balance + :to_low WHERE id = :low;
UPDATE account SET balance = balance + :to_high WHERE id = :high;
INSERT INTO entry (account, amount) VALUES (:low, :to_low), (:high, :to_high);
INSERT INTO request (payload) VALUES (json_build_object('from', :a::int, 'to', :b::int, 'amount', :amount::int));
COMMIT;
