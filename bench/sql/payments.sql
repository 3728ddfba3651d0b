-- The money of the orders that orders.sql has made, and what stands behind it.
--
-- Imports and the market place took theirs elsewhere. The web shop goes through a gateway: sessions, attempts, what it
-- told, and the webhooks of the last ninety days, also of customers who were refused first or never came back. Some pay
-- with a gift card or store credit, one in two of them only a part. Tills take cash, wholesale sends bank transfers.

-- [paid]
-- A row for each session that is ours, and each payment that was taken elsewhere. `how`: held by a payment, declined, or
-- left by a customer who never came back.
CREATE UNLOGGED TABLE bench.paid AS
WITH owed AS (
    SELECT n, id AS order_id, channel, fate, c, at, age, paid, refunded AS softened, canceled_at, done_at, worth,
        CASE channel WHEN 'wholesale' THEN 'GBP' ELSE 'EUR' END AS currency,
        CASE WHEN fate = 'imported' OR channel = 'market' THEN 'external' WHEN channel = 'web' THEN 'fake' ELSE 'manual' END AS usual,
        bench.chance(n, 41, 200) AS luck
    FROM bench.told JOIN bench.sums USING (n)
    WHERE paid OR promised OR (fate = 'canceled' AND channel = 'web')
), parts AS (
    SELECT owed.*, part.*
    FROM owed CROSS JOIN LATERAL (VALUES
        (0, CASE WHEN luck < 6 THEN 'gift_card' WHEN luck < 8 AND c IS NOT NULL THEN 'store_credit' ELSE 'fake' END,
            CASE WHEN luck < 3 THEN least(worth - 5, 20) ELSE worth END),
        (1, 'fake', CASE WHEN luck < 3 THEN worth - least(worth - 5, 20) ELSE 0 END)
    ) AS part(part, provider, amount)
    WHERE usual = 'fake' AND paid AND amount > 0
    UNION ALL
    SELECT owed.*, 0, usual, worth FROM owed WHERE NOT (usual = 'fake' AND paid)
), taken AS (
    SELECT n, part, order_id, order_id AS collection_id, 'paid' AS how, provider, currency, amount, at, age, fate, c, worth,
        CASE WHEN paid THEN amount ELSE 0 END AS captured,
        CASE WHEN fate = 'canceled' AND paid THEN amount
            WHEN softened AND part = (luck < 3 AND usual = 'fake')::int THEN least(5, worth) ELSE 0 END AS refunded,
        CASE WHEN fate = 'canceled' AND NOT paid THEN canceled_at END AS void_at,
        CASE WHEN fate = 'canceled' THEN canceled_at WHEN softened THEN done_at END AS back_at
    FROM parts
    UNION ALL  -- paid, and no order came of it
    SELECT -number, 0, NULL, bench.id(since), 'paid', 'fake', 'EUR', 40, since, 0, '', NULL, 40, 40, 0, NULL, NULL
    FROM generate_series(1, 3 + {orders} / 50000) AS number CROSS JOIN LATERAL (SELECT {now} - number * interval '9 hours' AS since) AS moment
    UNION ALL
    SELECT n, 2 + kind, order_id, order_id, CASE kind WHEN 0 THEN 'declined' ELSE 'left' END, 'fake', currency, worth,
        at - interval '3 minutes', age, fate, c, worth, 0, 0, NULL, NULL
    FROM owed CROSS JOIN generate_series(0, 1) AS kind
    WHERE usual = 'fake' AND paid AND bench.chance(n, 42 + kind, 100) < 6 - 3 * kind
)
SELECT taken.*, bench.id(at - interval '1 minute') AS session_id, CASE how WHEN 'paid' THEN bench.id(at) END AS payment_id,
    CASE provider WHEN 'external' THEN 'ch_' ELSE provider || '_' END || md5(n || '/' || part) AS reference
FROM taken;
ALTER TABLE bench.paid ADD PRIMARY KEY (n, part);
ANALYZE bench.paid;

-- [moves]
-- What was asked for. `state` is the attempt's; one whose outcome nobody knows has no event.
CREATE UNLOGGED TABLE bench.moves AS
SELECT paid.n, part, how, order_id, session_id, payment_id, provider, reference, currency, worth, act.*, bench.id(moment) AS attempt_id,
    bench.id(moment + interval '1 second') AS event_id,
    CASE WHEN act IN ('capture', 'refund') AND state = 'succeeded' THEN md5(paid.n || act || part) ELSE '' END AS movement,
    CASE WHEN provider = 'fake' AND state <> 'unknown' AND moment > {now} - interval '90 days' THEN bench.id(moment + interval '2 seconds') END AS webhook_id
FROM bench.paid CROSS JOIN LATERAL (VALUES
    ('authorize', CASE how WHEN 'paid' THEN 'succeeded' WHEN 'declined' THEN 'declined' ELSE 'pending' END, paid.amount, at),
    ('capture', 'succeeded', captured, CASE WHEN captured > 0 THEN at + interval '5 seconds' END),
    ('refund', 'succeeded', refunded, CASE WHEN refunded > 0 THEN back_at END),
    ('void', 'succeeded', paid.amount, void_at),
    -- What was refused first, and what nobody knows.
    ('capture', 'declined', paid.amount, CASE WHEN how = 'paid' AND provider = 'fake' AND captured = 0 AND bench.chance(paid.n, 44, 100) < 4 THEN at + interval '20 minutes' END),
    ('capture', 'unknown', paid.amount, CASE WHEN how = 'paid' AND captured = 0 AND void_at IS NULL AND bench.chance(paid.n, 44, 100) >= 98 THEN {now} - interval '40 minutes' END),
    ('refund', 'declined', refunded, CASE WHEN provider = 'fake' AND refunded > 0 AND bench.chance(paid.n, 45, 100) < 2 THEN back_at - interval '1 minute' END)
) AS act(act, state, amount, moment)
WHERE moment IS NOT NULL AND provider <> 'external';
ANALYZE bench.moves;

-- [balances]
-- What moved each gift card, and each account of store credit, in its order. A card pays one order; or none yet.
CREATE UNLOGGED TABLE bench.cards AS
SELECT *, bench.id(issued_at) AS id,
    issued_at + interval '365 days' * CASE WHEN bench.chance(n, 46, 2) = 0 THEN 1 END AS expires_at
FROM (
    SELECT n, at - interval '30 days' AS issued_at, ceil(amount / 25) * 25 + 25 * bench.chance(n, 47, 2) AS worth, reference, refunded
    FROM bench.paid WHERE provider = 'gift_card'
    UNION ALL
    SELECT n, at, 25 + 25 * bench.chance(n, 47, 4), NULL, 0 FROM bench.told
    WHERE fate <> 'imported' AND bench.chance(n, 48, 100) < 5 AND NOT EXISTS (SELECT FROM bench.paid WHERE paid.n = told.n AND paid.provider = 'gift_card')
) AS issued;
CREATE UNLOGGED TABLE bench.accounts AS
SELECT c, people.id AS customer_id, min(at) - interval '1 day' AS since, bench.id(min(at) - interval '1 day') AS id, sum(amount) + 7.5 AS worth
FROM bench.paid JOIN bench.people USING (c) WHERE provider = 'store_credit' GROUP BY c, people.id;

CREATE UNLOGGED TABLE bench.entries AS
WITH moved AS (
    SELECT 'gift_card' AS kind_of, id AS account_id, issued_at AS moment, 0 AS step, worth AS amount, 'issued' AS kind, 'sale' AS reason, '' AS reference, NULL::uuid AS attempt_id FROM bench.cards
    UNION ALL
    SELECT 'store_credit', id, since, 0, worth, 'issued', 'goodwill', '', NULL FROM bench.accounts
    UNION ALL
    SELECT moves.provider, coalesce(cards.id, accounts.id), moment, CASE act WHEN 'authorize' THEN 1 ELSE 2 END,
        CASE act WHEN 'authorize' THEN -amount ELSE amount END, CASE act WHEN 'authorize' THEN 'redeemed' ELSE 'refunded' END, '', moves.reference, attempt_id
    FROM bench.moves JOIN bench.told USING (n)
    LEFT JOIN bench.cards ON moves.provider = 'gift_card' AND cards.n = moves.n
    LEFT JOIN bench.accounts ON moves.provider = 'store_credit' AND accounts.c = told.c
    WHERE moves.provider IN ('gift_card', 'store_credit') AND act IN ('authorize', 'refund')
), left_over AS (
    SELECT cards.id, cards.expires_at, sum(amount) AS amount FROM bench.cards JOIN moved ON moved.account_id = cards.id
    WHERE cards.expires_at < {now} - interval '1 hour' GROUP BY cards.id, cards.expires_at
)
SELECT every.*, row_number() OVER history AS number, sum(amount) OVER history AS balance_after
FROM (SELECT * FROM moved UNION ALL SELECT 'gift_card', id, expires_at, 9, -amount, 'expired', '', '', NULL FROM left_over WHERE amount > 0) AS every
WINDOW history AS (PARTITION BY account_id ORDER BY step = 9, moment, step ROWS UNBOUNDED PRECEDING);
ANALYZE bench.entries;

-- [money]
INSERT INTO payments_paymentcollection (id, created_at, updated_at, order_id, cart_id, currency, amount, metadata)
SELECT DISTINCT ON (collection_id) collection_id, at, at, order_id, CASE WHEN order_id IS NULL THEN session_id END, currency, worth, '{}'::jsonb
FROM bench.paid WHERE provider <> 'external' ORDER BY collection_id, part;

-- [money]
INSERT INTO payments_paymentsession (
    id, created_at, updated_at, collection_id, provider, reference, currency, amount, status, data, context, capture, code, message,
    authorized_at, metadata)
SELECT session_id, at - interval '1 minute', at, collection_id, provider, reference, currency, amount,
    CASE WHEN how = 'declined' THEN 'error' WHEN how = 'left' THEN 'requires_more' WHEN void_at IS NOT NULL THEN 'canceled' WHEN captured > 0 THEN 'captured' ELSE 'authorized' END,
    '{"method": "card"}', '{}', captured > 0, CASE how WHEN 'declined' THEN 'card_declined' ELSE '' END, '', CASE how WHEN 'paid' THEN at END, '{}'
FROM bench.paid WHERE provider <> 'external' ORDER BY at;

-- [money]
INSERT INTO payments_payment (
    id, created_at, updated_at, order_id, collection_id, session_id, provider, method, reference, currency, amount, captured, refunded,
    captured_at, canceled_at, expires_at, expiry_warned_at, problem, metadata)
SELECT payment_id, at, at, order_id, CASE WHEN provider <> 'external' THEN collection_id END, CASE WHEN provider <> 'external' THEN session_id END,
    provider, CASE provider WHEN 'fake' THEN 'card' WHEN 'external' THEN (ARRAY['card', 'paypal', 'cash', 'klarna'])[1 + abs(n) % 4] ELSE '' END,
    reference, currency, amount, captured, refunded, CASE WHEN captured > 0 THEN at + interval '5 seconds' END, void_at,
    CASE provider WHEN 'fake' THEN at + interval '7 days' END, CASE WHEN provider = 'fake' AND at < {now} - interval '5 days' THEN at + interval '5 days' END,
    CASE WHEN provider = 'fake' AND bench.chance(n, 50, 20000) = 0 THEN 'refunded_more_than_captured' ELSE '' END, '{}'
FROM bench.paid WHERE how = 'paid' ORDER BY at;

-- [money]
INSERT INTO payments_paymentattempt (
    id, created_at, updated_at, session_id, payment_id, act, state, currency, amount, movement, data, is_last, is_foreign, reason, note, code,
    message, actor, leased_until, next_try_at, tries, settled_at, dealt_with_at)
SELECT attempt_id, moment, moment, session_id, payment_id, act, state, currency, amount, movement, '{}', false, false,
    CASE act WHEN 'refund' THEN 'goodwill' ELSE '' END, '', CASE state WHEN 'declined' THEN 'card_declined' ELSE '' END,
    CASE state WHEN 'declined' THEN 'The card was declined.' WHEN 'unknown' THEN 'ReadTimeout' ELSE '' END,
    '{"kind": "api_key", "id": "1", "label": "shop"}', NULL,
    CASE WHEN state = 'unknown' OR state = 'pending' AND moment > {now} - interval '7 days' THEN {now} + interval '20 minutes' END,
    CASE WHEN state IN ('unknown', 'pending') THEN 9 ELSE 0 END, CASE WHEN state IN ('succeeded', 'declined') THEN moment + interval '1 second' END,
    CASE WHEN state = 'declined' AND act <> 'authorize' AND moment < {now} - interval '5 days' THEN moment + interval '1 day' END
FROM bench.moves ORDER BY moment;

-- [money]
INSERT INTO payments_providerevent (
    id, provider, reference, act, movement, outcome, currency, amount, key, code, message, source, webhook_id, problem, occurred_at, expires_at,
    recorded_at, dealt_with_at)
SELECT CASE WHEN odd THEN bench.id(moment) ELSE event_id END, provider, reference, act,
    CASE WHEN movement = '' AND act IN ('capture', 'refund') THEN attempt_id::text ELSE movement END,
    CASE state WHEN 'pending' THEN 'requires_action' ELSE state END, currency, amount + odd::int, attempt_id,
    CASE state WHEN 'declined' THEN 'card_declined' ELSE '' END, '', CASE WHEN webhook_id IS NOT NULL AND bench.chance(n, 51, 3) = 0 THEN 'webhook' ELSE 'call' END,
    CASE WHEN bench.chance(n, 51, 3) = 0 THEN webhook_id END, CASE WHEN odd THEN 'conflict' ELSE '' END, moment,
    CASE WHEN act = 'authorize' AND state = 'succeeded' AND provider = 'fake' THEN moment + interval '7 days' END, moment + interval '1 second',
    CASE WHEN odd AND moment < {now} - interval '5 days' THEN moment + interval '1 day' END
FROM bench.moves CROSS JOIN (VALUES (false), (true)) AS twice(odd)
WHERE state <> 'unknown' AND (NOT odd OR provider = 'fake' AND act = 'capture' AND bench.chance(n, 52, 2000) = 0)
ORDER BY moment;

-- [money]
INSERT INTO payments_providerwebhook (
    id, provider, event_id, kind, headers, body, times_received, received_at, processed_at, tries, next_try_at, problem, error, other_body, dealt_with_at)
SELECT webhook_id, provider, 'evt_' || md5(attempt_id::text), 'payment.' || act, '{"webhook-id": "evt", "user-agent": "gateway"}',
    jsonb_build_object('type', 'payment.' || act, 'data', jsonb_build_object('payment', reference, 'amount', amount, 'key', attempt_id, 'card',
        repeat(md5(attempt_id::text), 15)))::text, 1,
    moment + interval '2 seconds', moment + interval '3 seconds', 1, NULL, CASE WHEN luck < 3 THEN (ARRAY['unknown_reference', 'differs', 'failed'])[1 + luck] ELSE '' END,
    CASE luck WHEN 2 THEN 'ValueError at fake.py:1' ELSE '' END, CASE luck WHEN 1 THEN '{}' ELSE '' END,
    CASE WHEN luck < 3 AND moment < {now} - interval '5 days' THEN moment + interval '1 day' END
FROM bench.moves CROSS JOIN LATERAL (SELECT bench.chance(n, 53, 1500) AS luck) AS drawn WHERE webhook_id IS NOT NULL ORDER BY moment;

-- [money]
INSERT INTO payments_giftcard (
    id, created_at, updated_at, currency, balance, entry_count, code_hash, last_four, initial_amount, expires_at, disabled_at, recipient, note, actor)
SELECT id, issued_at, issued_at, 'EUR', sums.balance, sums.entries, md5(n::text) || md5('card' || n), upper(substr(md5('end' || n), 1, 4)), worth, expires_at,
    CASE WHEN bench.chance(n, 49, 500) = 0 THEN issued_at + interval '1 day' END, 'friend' || n || '@example.com', '',
    '{"kind": "staff", "id": "1", "label": "bench"}'
FROM bench.cards JOIN (SELECT account_id, sum(amount) AS balance, count(*) AS entries FROM bench.entries GROUP BY 1) AS sums ON sums.account_id = cards.id ORDER BY issued_at;

-- [money]
INSERT INTO payments_storecreditaccount (id, created_at, updated_at, currency, balance, entry_count, customer_id)
SELECT id, since, since, 'EUR', sums.balance, sums.entries, customer_id
FROM bench.accounts JOIN (SELECT account_id, sum(amount) AS balance, count(*) AS entries FROM bench.entries GROUP BY 1) AS sums ON sums.account_id = accounts.id;

-- [money]
INSERT INTO payments_giftcardentry (id, number, kind, amount, balance_after, reason, note, reference, attempt_id, actor, created_at, account_id)
SELECT bench.id(moment), number, kind, amount, balance_after, reason, '', reference, attempt_id, '{"kind": "system", "id": "system", "label": "System"}', moment, account_id
FROM bench.entries WHERE kind_of = 'gift_card' ORDER BY moment;

-- [money]
INSERT INTO payments_storecreditentry (id, number, kind, amount, balance_after, reason, note, reference, attempt_id, actor, created_at, account_id)
SELECT bench.id(moment), number, kind, amount, balance_after, reason, '', reference, attempt_id, '{"kind": "system", "id": "system", "label": "System"}', moment, account_id
FROM bench.entries WHERE kind_of = 'store_credit' ORDER BY moment;

-- [end]
SELECT setval('orders_order_number', 1000 + {orders} + 1);
DROP SCHEMA bench CASCADE;
