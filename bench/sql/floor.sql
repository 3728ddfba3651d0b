-- The floor of a placement: one call that writes the same rows, told what to write. Stock is locked last, in order.
CREATE FUNCTION bench_id() RETURNS uuid LANGUAGE sql VOLATILE AS
    $$ SELECT (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || substr(gen_random_uuid()::text, 16))::uuid $$;

CREATE FUNCTION bench_place(body jsonb) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    placed uuid := bench_id();
    line_ids uuid[] := ARRAY[bench_id(), bench_id(), bench_id()];
    items uuid[] := ARRAY(SELECT (value -> 'metadata' ->> 'item')::uuid FROM jsonb_array_elements(body -> 'items'));
    skus text[] := ARRAY(SELECT value ->> 'sku' FROM jsonb_array_elements(body -> 'items'));
    price numeric := (body #>> '{items,0,unit_price}')::numeric;
    worth numeric := price * 3;
    actor jsonb := '{"kind": "api_key", "id": "bench", "label": "bench"}';
    levels uuid[];
    location uuid;
    level record;
BEGIN
    INSERT INTO orders_order (
        id, channel_id, customer_id, email, phone, status, payment_status, fulfillment_status, units_open, is_sample,
        currency, prices_include_tax, item_subtotal, shipping_subtotal, discount_total, tax_total, adjustment_total,
        credit_total, total, original_total, captured_total, refunded_total, cancel_reason, tags, metadata, event_seq,
        source_digest)
    VALUES (
        placed, (body #>> '{metadata,channel}')::uuid, (body #>> '{metadata,customer}')::uuid, body ->> 'email', '',
        'pending', 'captured', 'not_fulfilled', 3, false, 'USD', false, worth, 0, 0, 0, 0, 0, worth, worth, worth, 0, '',
        '{}', '{}', 1, '');
    INSERT INTO orders_orderline (
        id, order_id, position, kind, sku, title, item_id, is_stocked, requires_shipping, quantity, unit_price, subtotal,
        discount_total, tax_total, total, quantity_fulfilled, metadata)
    SELECT line_ids[n], placed, n - 1, 'goods', skus[n], skus[n], items[n], true, true, 1, price, price, 0, 0, price, 0, '{}'
    FROM generate_series(1, 3) AS n;
    INSERT INTO payments_payment (
        id, order_id, provider, method, reference, currency, amount, captured, refunded, captured_at, metadata)
    VALUES (bench_id(), placed, 'external', 'card', 'x', 'USD', worth, worth, 0, now(), '{}');
    INSERT INTO orders_timelineentry (id, order_id, actor, action, facts, changes)
    VALUES (bench_id(), placed, actor, 'order.placed', '{}', '{}');
    INSERT INTO core_outboxevent (id, name, version, stream, sequence, actor, data)
    VALUES (bench_id(), 'order.placed', 1, placed, 1, actor, jsonb_build_object('order_id', placed, 'total', worth, 'lines', 3));
    INSERT INTO inventory_sourcingdecision (id, order_id, strategy, parcels, candidates)
    VALUES (bench_id(), placed, 'floor', 1, '[{"location_id": "x"}]');
    SELECT id INTO location FROM inventory_stocklocation WHERE code = 'w1';
    FOR level IN
        SELECT each.id, each.item_id, each.ledger_seq, each.on_hand, each.reserved, each.available
        FROM public.inventory_inventorylevel AS each
        WHERE each.item_id = ANY(items) AND each.location_id = location ORDER BY each.id FOR UPDATE
    LOOP
        IF level.available < 1 THEN
            RAISE EXCEPTION 'short';
        END IF;
        levels := levels || level.id;
        INSERT INTO inventory_reservation (id, level_id, quantity, backordered, order_id, line_id, description, metadata)
        VALUES (bench_id(), level.id, 1, 0, placed, line_ids[array_position(items, level.item_id)], '', '{}');
        INSERT INTO inventory_stockmovement (
            id, level_id, seq, kind, delta_on_hand, delta_reserved, delta_backordered, delta_incoming, on_hand_after,
            reserved_after, occurred_at, reason, note, cause, cause_id, actor)
        VALUES (
            bench_id(), level.id, level.ledger_seq + 1, 'reserve', 0, 1, 0, 0, level.on_hand, level.reserved + 1,
            clock_timestamp(), '', '', 'order', placed, actor);
    END LOOP;
    UPDATE inventory_inventorylevel SET reserved = reserved + 1, ledger_seq = ledger_seq + 1 WHERE id = ANY(levels);
    RETURN placed;
END $$;
