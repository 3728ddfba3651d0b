-- A shop of {orders} orders over two years, as realistic as a page needs to be slow or quick by; its money is in
-- payments.sql, which goes on from here.
--
-- Sections begin with `-- [name]`; those of the same name run side by side (bench/fill.py). Indexes and keys are away
-- meanwhile and are put back, and proved, afterwards. {orders} and {now} are replaced. What happens to an order is drawn
-- from its number alone, so a second shop of the same size is the same shop.

-- [tools]
CREATE SCHEMA bench;
-- Whole numbers below `many`, as if by chance, but the same ones for the same (n, salt).
CREATE FUNCTION bench.chance(n bigint, salt int, many int) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT ((hashint8extended(n, salt) & 9223372036854775807) % many)::int $$;
-- A UUIDv7 of a moment.
CREATE FUNCTION bench.id(at timestamptz) RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS
    $$ SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(gen_random_uuid()::text, 16))::uuid $$;

-- [people]
CREATE UNLOGGED TABLE bench.people AS
WITH words AS (SELECT
    string_to_array('Ada,Alan,Grace,Jonas,Mara,Jo,Li,Noor,Omar,Ines,Pavel,Yuki,Amara,Bruno,Clara,David,Elif,Femi,Gita,Hugo,Ida,Jan,Katya,Leo,Mina,Nils,Olga,Paul,Quinn,Rosa,Sven,Tara,Uma,Vera,Wim,Xenia,Yann,Zoe,Ben,Eva', ',') AS first,
    string_to_array('Smith,Weber,Lind,Okafor,Byron,Lovelace,Hopper,Turing,Schmidt,Rossi,Garcia,Martin,Novak,Kim,Tanaka,Singh,Haddad,Costa,Silva,Jensen,Berg,Keller,Moreau,Dubois,Murphy,Walsh,Kowalski,Popov,Yilmaz,Demir', ',') AS head,
    string_to_array(',son,mann,ova,berg,sen,feld,ton,ley,hart,wood,stein,field,well,ström,dahl,bach,burg,holm,lund', ',') AS tail,
    string_to_array('London,Berlin,Paris,Leeds,Bremen,Madrid,Porto,Wien,Oslo,Lyon,Milano,Praha', ',') AS city,
    string_to_array('gb,de,fr,gb,de,es,pt,at,no,fr,it,cz', ',') AS country)
SELECT c, bench.id({now} - interval '730 days' + c * interval '730 days' / ({orders} * 35 / 100 + 1)) AS id,
    first[1 + bench.chance(c, 21, 40)] AS first_name,
    -- one in five has one of thirty common names, the others one of six hundred
    head[1 + bench.chance(c, 22, 30)] || CASE WHEN bench.chance(c, 23, 5) = 0 THEN '' ELSE tail[1 + bench.chance(c, 24, 20)] END AS last_name,
    CASE WHEN bench.chance(c, 25, 12) = 0 THEN head[1 + bench.chance(c, 26, 30)] || ' & ' || (ARRAY['Sons', 'Co', 'Partners', 'Ltd'])[1 + bench.chance(c, 27, 4)] ELSE '' END AS company,
    'customer' || c || '@example.' || (ARRAY['com', 'net', 'org'])[1 + bench.chance(c, 28, 3)] AS email,
    CASE bench.chance(c, 29, 4)
        WHEN 0 THEN '+44 20 ' || lpad((7000 + c % 1000)::text, 4, '0') || ' ' || lpad((c / 1000)::text, 4, '0')
        WHEN 1 THEN '0049-30/' || lpad(c::text, 8, '0')
        WHEN 2 THEN '(030) ' || lpad(c::text, 8, '0')
        ELSE '+33' || lpad(c::text, 9, '0') END AS phone,
    city[1 + bench.chance(c, 30, 12)] AS city, country[1 + bench.chance(c, 30, 12)] AS country
FROM generate_series(1, {orders} * 35 / 100 + 1) AS c, words;

-- [orders]
CREATE UNLOGGED TABLE bench.told AS
WITH numbered AS (
    SELECT n, ({orders} - n) * 730.0 / {orders} AS age,
        {now} - interval '1 minute' - ({orders} - n) * (interval '730 days' / {orders}) AS at,
        bench.chance(n, 1, 100) AS sort, bench.chance(n, 2, 1000) AS luck, bench.chance(n, 3, 100) AS channel_luck
    FROM generate_series(1, {orders}) AS n
), sorted AS (
    SELECT *,
        CASE WHEN channel_luck < 55 THEN 'web' WHEN channel_luck < 80 THEN 'market' WHEN channel_luck < 92 THEN 'till' ELSE 'wholesale' END AS channel,
        CASE
            WHEN n <= {orders} * 0.4 THEN 'imported'
            WHEN channel_luck BETWEEN 80 AND 91 THEN 'done'
            WHEN sort < 3 AND age > 0.5 THEN 'canceled'
            WHEN age < 2 THEN CASE WHEN luck < 800 THEN 'waiting' WHEN luck < 900 THEN 'packed' ELSE 'shipped' END
            WHEN age < 4 THEN CASE WHEN luck < 150 THEN 'waiting' WHEN luck < 500 THEN 'packed' ELSE 'shipped' END
            WHEN age < 10 THEN CASE WHEN luck < 20 THEN 'waiting' WHEN luck < 700 THEN 'shipped' ELSE 'done' END
            WHEN age < 60 THEN CASE WHEN luck < 10 THEN 'waiting' ELSE 'done' END
            ELSE CASE WHEN luck < 1 THEN 'waiting' ELSE 'done' END
        END AS fate
    FROM numbered
)
SELECT n, age, at, channel, fate, bench.id(at) AS id,
    CASE bench.chance(n, 5, 20) WHEN 19 THEN 4 + bench.chance(n, 6, 6) WHEN 18 THEN 3 WHEN 17 THEN 3 WHEN 16 THEN 3
        WHEN 15 THEN 3 ELSE 1 + (bench.chance(n, 5, 20) >= 9)::int END AS lines,
    CASE WHEN channel <> 'till' AND bench.chance(n, 7, 100) < 90 THEN 1 + bench.chance(n, 8, {orders} * 35 / 100) END AS c,
    1 + (bench.chance(n, 9, 10) >= 6)::int + (bench.chance(n, 9, 10) >= 9)::int AS place,
    fate = 'waiting' AND bench.chance(n, 10, 100) < 8 AS held,
    fate = 'waiting' AND bench.chance(n, 10, 100) BETWEEN 8 AND 13 AS short,
    fate = 'waiting' AND bench.chance(n, 10, 100) BETWEEN 14 AND 15 AS stuck,
    fate = 'done' AND bench.chance(n, 11, 100) < 2 AS refunded,
    NOT promised AND NOT (channel = 'wholesale' AND fate IN ('waiting', 'packed')) AND NOT (fate = 'canceled' AND bench.chance(n, 12, 10) < 3) AS paid,
    promised,
    channel = 'web' AS taxed, channel <> 'till' AS ships,
    CASE WHEN fate IN ('packed', 'shipped', 'done') THEN at + least(interval '6 hours', ({now} - at) * 0.3) END AS packed_at,
    CASE WHEN fate IN ('shipped', 'done') THEN at + least(interval '20 hours', ({now} - at) * 0.6) END AS shipped_at,
    CASE WHEN fate = 'done' THEN at + least(interval '3 days', ({now} - at) * 0.9) END AS done_at,
    CASE WHEN fate = 'done' AND age > 60 OR fate = 'imported' AND age > 400 THEN at + interval '60 days' END AS archived_at,
    CASE WHEN fate = 'canceled' THEN at + least(interval '8 hours', ({now} - at) * 0.5) END AS canceled_at
FROM sorted
CROSS JOIN LATERAL (SELECT channel = 'web' AND fate IN ('waiting', 'packed') AND bench.chance(n, 40, 100) < 25 AS promised) AS authorized;
ALTER TABLE bench.told ADD PRIMARY KEY (n);
ANALYZE bench.told;

-- [lines]
CREATE UNLOGGED TABLE bench.sold AS
WITH goods AS (
    SELECT array_agg(id ORDER BY sku) AS ids, array_agg(sku ORDER BY sku) AS skus, array_agg(title ORDER BY sku) AS titles, count(*)::int AS many
    FROM inventory_inventoryitem WHERE sku LIKE 'SKU-%'
), waited_for AS (
    SELECT array_agg(id ORDER BY sku) AS ids, array_agg(sku ORDER BY sku) AS skus, array_agg(title ORDER BY sku) AS titles, count(*)::int AS many
    FROM inventory_inventoryitem WHERE sku LIKE 'WAIT-%'
), chosen AS (
    SELECT told.n, told.id AS order_id, told.at, told.place, told.fate, told.taxed, told.packed_at, told.shipped_at, told.done_at, told.canceled_at,
        position, told.short AND position = 0 AS short, bench.chance(told.n * 16 + position, 13, goods.many) AS good,
        1 + bench.chance(told.n * 16 + position, 14, 20) / 15 AS quantity
    FROM bench.told CROSS JOIN goods CROSS JOIN LATERAL generate_series(0, told.lines - 1) AS position
), priced AS (
    SELECT chosen.*, CASE WHEN short THEN waited_for.ids[1 + good % waited_for.many] ELSE goods.ids[1 + good] END AS item_id,
        CASE WHEN short THEN waited_for.skus[1 + good % waited_for.many] ELSE goods.skus[1 + good] END AS sku,
        CASE WHEN short THEN waited_for.titles[1 + good % waited_for.many] ELSE goods.titles[1 + good] END AS title,
        quantity * (2.5 + good % 97) AS subtotal, 2.5 + good % 97 AS price
    FROM chosen CROSS JOIN goods CROSS JOIN waited_for
)
SELECT priced.*, bench.id(at) AS id, level.id AS level_id, CASE WHEN taxed THEN round(subtotal * 0.2, 2) ELSE 0 END AS tax
FROM priced JOIN inventory_stocklocation AS location ON location.code = 'w' || place
JOIN inventory_inventorylevel AS level ON level.item_id = priced.item_id AND level.location_id = location.id;
ANALYZE bench.sold;

-- [sums]
CREATE UNLOGGED TABLE bench.sums AS
SELECT n, sum(subtotal) AS subtotal, sum(tax) AS tax, sum(quantity) AS units, CASE WHEN told.ships THEN 4.95 ELSE 0 END AS shipping,
    sum(subtotal) + sum(tax) + CASE WHEN told.ships THEN 4.95 ELSE 0 END AS worth
FROM bench.sold JOIN bench.told USING (n) GROUP BY n, told.ships;
ALTER TABLE bench.sums ADD PRIMARY KEY (n);
ANALYZE bench.sums;

-- [acts]
CREATE UNLOGGED TABLE bench.acts AS
SELECT n, told.id AS order_id, act.* FROM bench.told CROSS JOIN LATERAL (VALUES
    (1, CASE fate WHEN 'imported' THEN 'order.imported' ELSE 'order.placed' END, at, 'api_key'),
    (2, 'order.hold_placed', CASE WHEN held THEN at + interval '1 second' END, 'staff'),
    (2, 'order.canceled', canceled_at, 'staff'),
    (2, 'order.fulfillment_created', packed_at, 'staff'),
    (3, 'order.shipment_created', shipped_at, 'staff'),
    (4, 'order.delivered', done_at, 'staff'),
    (5, 'order.completed', done_at, 'staff'),
    (6, 'order.archived', CASE WHEN fate = 'done' THEN archived_at END, 'system')
) AS act(step, name, moment, by) WHERE moment IS NOT NULL;
ANALYZE bench.acts;

-- [tables]
INSERT INTO orders_order (
    id, created_at, updated_at, number, channel_id, external_id, customer_id, email, phone, status, payment_status,
    fulfillment_status, open_holds, units_open, is_sample, currency, prices_include_tax, item_subtotal,
    shipping_subtotal, discount_total, tax_total, adjustment_total, credit_total, total, original_total, captured_total,
    refunded_total, placed_at, completed_at, archived_at, canceled_at, cancel_reason, tags, metadata, revision,
    event_seq, source_digest)
SELECT told.id, at, coalesce(archived_at, done_at, shipped_at, packed_at, canceled_at, at), 1000 + n, channel.id,
    CASE channel WHEN 'web' THEN 'W-' || n WHEN 'market' THEN 'MK-' || n WHEN 'wholesale' THEN 'WS-' || n END,
    people.id, coalesce(people.email, CASE WHEN ships THEN 'guest' || n || '@example.com' ELSE '' END), coalesce(people.phone, ''),
    CASE WHEN canceled_at IS NOT NULL THEN 'canceled' WHEN stuck THEN 'requires_action' WHEN archived_at IS NOT NULL THEN 'archived'
        WHEN fate IN ('done', 'imported') THEN 'completed' ELSE 'pending' END,
    CASE WHEN refunded OR fate = 'canceled' AND paid THEN CASE WHEN fate = 'canceled' OR worth <= 5 THEN 'refunded' ELSE 'partially_refunded' END
        WHEN fate = 'canceled' THEN 'canceled' WHEN paid THEN 'captured' WHEN promised THEN 'authorized' ELSE 'not_paid' END,
    CASE fate WHEN 'canceled' THEN 'canceled' WHEN 'done' THEN 'delivered' WHEN 'shipped' THEN 'shipped' WHEN 'imported' THEN 'shipped'
        WHEN 'packed' THEN 'fulfilled' ELSE 'not_fulfilled' END,
    held::int, CASE fate WHEN 'waiting' THEN units ELSE 0 END, false,
    CASE channel WHEN 'wholesale' THEN 'GBP' ELSE 'EUR' END, false, subtotal, shipping, 0, tax, 0, credit, worth - credit, worth,
    CASE WHEN paid THEN worth ELSE 0 END, CASE WHEN fate = 'canceled' AND paid THEN worth WHEN refunded THEN credit ELSE 0 END,
    at, CASE WHEN fate = 'imported' THEN at ELSE done_at END, archived_at, canceled_at,
    CASE WHEN canceled_at IS NULL THEN '' ELSE (ARRAY['customer', 'stock', 'fraud', 'other'])[1 + n % 4] END,
    CASE WHEN bench.chance(n, 15, 100) < 5 THEN ARRAY[(ARRAY['gift', 'vip', 'fragile', 'rush', 'call-first'])[1 + n % 5]] ELSE '{}' END,
    '{}', acts, CASE WHEN fate = 'imported' THEN 0 ELSE acts END, ''
FROM bench.told JOIN bench.sums USING (n) JOIN channels_saleschannel AS channel ON channel.code = told.channel
LEFT JOIN bench.people USING (c) JOIN (SELECT n, count(*) AS acts FROM bench.acts GROUP BY n) AS counted USING (n)
CROSS JOIN LATERAL (SELECT CASE WHEN fate = 'canceled' THEN worth WHEN refunded THEN least(5, worth) ELSE 0 END AS credit) AS given
ORDER BY n;

-- [tables]
INSERT INTO orders_orderline (
    id, order_id, position, kind, sku, title, item_id, is_stocked, requires_shipping, quantity, unit_price, subtotal,
    discount_total, tax_total, total, quantity_fulfilled, quantity_shipped, quantity_delivered, metadata)
SELECT id, order_id, position, 'goods', sku, title, item_id, true, true, quantity, price, subtotal, 0, tax, subtotal + tax,
    CASE WHEN fate IN ('packed', 'shipped', 'done', 'imported') THEN quantity ELSE 0 END,
    CASE WHEN fate IN ('shipped', 'done', 'imported') THEN quantity ELSE 0 END, CASE fate WHEN 'done' THEN quantity ELSE 0 END, '{}'
FROM bench.sold;

-- [tables]
INSERT INTO inventory_stockmovement (
    id, level_id, seq, kind, delta_on_hand, delta_reserved, delta_backordered, delta_incoming, on_hand_after,
    reserved_after, occurred_at, reason, note, cause, cause_id, actor)
SELECT bench.id(moment), moved.level_id, level.ledger_seq + row_number() OVER history, moved.kind, moved.on_hand, moved.reserved,
    moved.backordered, 0, level.on_hand + sum(moved.on_hand) OVER history, sum(moved.reserved) OVER history, moment, '', '', cause, order_id,
    '{"kind": "staff", "id": "1", "label": "bench"}'
FROM (
    SELECT level_id, 'reserve' AS kind, 0 AS on_hand, CASE WHEN short THEN 0 ELSE quantity END AS reserved,
        CASE WHEN short THEN quantity ELSE 0 END AS backordered, at AS moment, 'order' AS cause, order_id, 0 AS step
    FROM bench.sold WHERE fate <> 'imported'
    UNION ALL
    SELECT level_id, 'consume', -quantity, -quantity, 0, packed_at, 'fulfillment', order_id, 1 FROM bench.sold WHERE packed_at IS NOT NULL
    UNION ALL
    SELECT level_id, 'release', 0, -quantity, 0, canceled_at, 'order', order_id, 1 FROM bench.sold WHERE canceled_at IS NOT NULL
) AS moved JOIN inventory_inventorylevel AS level ON level.id = moved.level_id
WINDOW history AS (PARTITION BY moved.level_id ORDER BY moment, order_id, step ROWS UNBOUNDED PRECEDING);

-- [tables]
INSERT INTO orders_timelineentry (id, order_id, occurred_at, actor, action, facts, changes)
SELECT bench.id(moment), order_id, moment,
    CASE by WHEN 'staff' THEN '{"kind": "staff", "id": "1", "label": "bench"}'::jsonb WHEN 'api_key' THEN '{"kind": "api_key", "id": "1", "label": "shop"}'
        ELSE '{"kind": "system", "id": "system", "label": "System"}' END,
    name, CASE name WHEN 'order.placed' THEN jsonb_build_object('total', worth || ' EUR', 'lines', 2) ELSE '{}' END,
    CASE name WHEN 'order.shipment_created' THEN '{"fulfillment_status": ["fulfilled", "shipped"]}'::jsonb ELSE '{}' END
FROM bench.acts JOIN bench.sums USING (n);

-- [tables]
INSERT INTO orders_customer (id, created_at, updated_at, external_id, email, phone, first_name, last_name, company_name, has_account, metadata)
SELECT id, {now} - interval '1 day', {now} - interval '1 day', NULL, email, phone, first_name, last_name, company, false, '{}' FROM bench.people;

-- [tables]
INSERT INTO orders_orderaddress (
    id, order_id, kind, first_name, last_name, company, address_1, address_2, city, province, postal_code, country_code,
    country_name, phone)
SELECT bench.id(at), told.id, kind, coalesce(first_name, 'Guest'), coalesce(last_name, 'Visitor'), coalesce(company, ''),
    1 + bench.chance(n, 16, 200) || ' Mill Lane', '', coalesce(city, 'London'), '', lpad(bench.chance(n, 17, 99999)::text, 5, '0'),
    coalesce(country, 'gb'), '', coalesce(phone, '')
FROM bench.told LEFT JOIN bench.people USING (c) CROSS JOIN (VALUES ('shipping'), ('billing')) AS kinds(kind)
WHERE ships AND (kind = 'shipping' OR bench.chance(n, 18, 10) < 3);

-- [tables]
INSERT INTO orders_creditline (id, order_id, amount, reason, reference, note, created_at)
SELECT bench.id(at), told.id, CASE WHEN fate = 'canceled' THEN worth ELSE least(5, worth) END,
    CASE WHEN fate = 'canceled' THEN 'cancellation' ELSE 'goodwill' END, '', '', coalesce(canceled_at, done_at)
FROM bench.told JOIN bench.sums USING (n) WHERE fate = 'canceled' OR refunded;

-- [tables]
INSERT INTO orders_shippingline (
    id, order_id, position, code, name, quantity, unit_price, subtotal, discount_total, tax_total, total, metadata)
SELECT bench.id(at), id, 0, 'std', 'Standard', 1, 4.95, 4.95, 0, 0, 4.95, '{}' FROM bench.told WHERE ships;

-- [tables]
INSERT INTO orders_taxline (id, order_id, line_id, name, code, rate, amount)
SELECT bench.id(at), order_id, id, 'VAT', '', 20, tax FROM bench.sold WHERE taxed;

-- [tables]
WITH packed AS MATERIALIZED (
    SELECT told.*, bench.id(packed_at) AS fulfillment_id, location.id AS location_id
    FROM bench.told JOIN inventory_stocklocation AS location ON location.code = 'w' || place WHERE packed_at IS NOT NULL
), opened AS (
    INSERT INTO fulfillment_fulfillment (id, created_at, updated_at, order_id, location_id, provider, requires_shipping, packed_at, shipped_at, delivered_at, metadata)
    SELECT fulfillment_id, packed_at, coalesce(done_at, shipped_at, packed_at), id, location_id, 'manual', true, packed_at, shipped_at, done_at, '{}' FROM packed
), sent AS (
    INSERT INTO fulfillment_parcel (id, fulfillment_id, tracking_number, tracking_url, label_url, carrier, created_at)
    SELECT bench.id(shipped_at), fulfillment_id, 'JD' || lpad(n::text, 12, '0') || 'DE', '', '', 'DHL', shipped_at FROM packed
    WHERE shipped_at IS NOT NULL AND ships
)
INSERT INTO fulfillment_fulfillmentline (id, fulfillment_id, order_line_id, quantity, quantity_reserved)
SELECT bench.id(packed.packed_at), fulfillment_id, sold.id, quantity, quantity FROM packed JOIN bench.sold ON sold.n = packed.n;

-- [tables]
INSERT INTO inventory_sourcingdecision (id, order_id, strategy, parcels, candidates, created_at)
SELECT bench.id(at), told.id, 'fewest_parcels', 1, jsonb_agg(jsonb_build_object(
    'location_id', location.id, 'code', location.code, 'name', location.name, 'priority', location.priority,
    'units_available', 1000, 'items_covered', 1, 'units_taken', (location.code = 'w' || place)::int,
    'chosen', location.code = 'w' || place,
    'reason', CASE WHEN location.code = 'w' || place THEN 'has_everything' ELSE 'lower_priority' END)), at
FROM bench.told CROSS JOIN inventory_stocklocation AS location WHERE fate <> 'imported' GROUP BY n, at, told.id, place;

-- [tables]
INSERT INTO inventory_reservation (id, created_at, updated_at, level_id, quantity, backordered, order_id, line_id, description, metadata)
SELECT bench.id(at), at, at, level_id, CASE WHEN short THEN 0 ELSE quantity END, CASE WHEN short THEN quantity ELSE 0 END, order_id, id, '', '{}'
FROM bench.sold WHERE fate = 'waiting';

-- [tables]
INSERT INTO orders_hold (id, order_id, reason, note, placed_at, placed_by)
SELECT bench.id(at), id, (ARRAY['address', 'fraud', 'payment', 'customer'])[1 + n % 4], '', at + interval '1 second',
    '{"kind": "staff", "id": "1", "label": "bench"}' FROM bench.told WHERE held;

-- [tables]
INSERT INTO orders_note (id, order_id, body, author, created_at)
SELECT bench.id(at), id, (ARRAY['Customer asks for a gift receipt.', 'Leave it with the neighbour, please.', 'Called back about the street number.', 'Wants the invoice by post.', 'Was promised a voucher.'])[1 + n % 5]
    || ' Case ' || md5(n::text), '{"kind": "staff", "id": "1", "label": "bench"}', at
FROM bench.told WHERE bench.chance(n, 19, 100) < 4;

-- [tables]
INSERT INTO core_outboxevent (id, name, version, occurred_at, stream, sequence, actor, data, relayed_at)
SELECT bench.id(moment), name, 1, moment, order_id, step, '{"kind": "staff", "id": "1", "label": "bench"}', jsonb_build_object('order_id', order_id), moment
FROM bench.acts WHERE moment > {now} - interval '90 days' AND name <> 'order.imported';

-- [counters]
UPDATE inventory_inventorylevel AS level SET on_hand = level.on_hand + moved.on_hand, reserved = moved.reserved,
    backordered = moved.backordered, ledger_seq = level.ledger_seq + moved.rows
FROM (
    SELECT level_id, sum(delta_on_hand) AS on_hand, sum(delta_reserved) AS reserved, sum(delta_backordered) AS backordered, count(*) AS rows
    FROM inventory_stockmovement WHERE kind <> 'opening' GROUP BY level_id
) AS moved WHERE level.id = moved.level_id;

-- [places]
INSERT INTO orders_orderlocation (order_id, location_id, customer_id)
SELECT told.id, there.location_id, people.id FROM (
    SELECT order_id, location_id FROM fulfillment_fulfillment
    UNION
    SELECT held.order_id, level.location_id FROM inventory_reservation AS held
    JOIN inventory_inventorylevel AS level ON level.id = held.level_id WHERE held.order_id IS NOT NULL
) AS there JOIN bench.told ON told.id = there.order_id LEFT JOIN bench.people USING (c);

-- [places]
INSERT INTO orders_customerchannel (customer_id, channel_id)
SELECT DISTINCT people.id, channel.id FROM bench.told JOIN bench.people USING (c)
JOIN channels_saleschannel AS channel ON channel.code = told.channel;
