-- What a streamer's studio needs: what is edited by several at once, the order of the shelf, and small pictures.

-- A revision rises with each edit and with nothing else. live_since is when the show last went live.
ALTER TABLE rooms ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN live_since BIGINT;

-- position is the order of the shelf, which lot numbers follow while the show is not live. An item that was removed is
-- on no shelf, and its lot lies below 0: its number is free. limit_seq is the journal's line since which its limit for
-- one viewer holds: what was ordered before it obeyed another.
ALTER TABLE goods ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
ALTER TABLE goods ADD COLUMN position BIGINT NOT NULL DEFAULT 0;
ALTER TABLE goods ADD COLUMN removed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE goods ADD COLUMN limit_seq BIGINT NOT NULL DEFAULT 0;

UPDATE goods SET position = lot;

-- The small form of a picture, where one is kept.
ALTER TABLE pictures ADD COLUMN small_type TEXT;
ALTER TABLE pictures ADD COLUMN small_base64 TEXT;

-- Orders and money. deal says whether an order was made at a deal's price.
ALTER TABLE orders ADD COLUMN deal BIGINT NOT NULL DEFAULT 0;

UPDATE orders SET deal = 1 WHERE price_version > 0 AND price_version =
    (SELECT g.deal_version FROM goods g WHERE g.goods_id = orders.goods_id);

-- Viewers name an order by the last characters of its number.
CREATE INDEX orders_by_tail ON orders (room_id, SUBSTR(order_id, LENGTH(order_id) - 3));

CREATE INDEX orders_of_room ON orders (room_id, created_at);

CREATE INDEX attempts_by_channel_no ON attempts (channel_no);

-- The streamer's answer to a viewer's wish: when it came, by a refund or by a no, and the words of the no.
ALTER TABLE refund_requests ADD COLUMN answered_at BIGINT;
ALTER TABLE refund_requests ADD COLUMN declined TEXT;

-- What each request of a room's streamers gave back: the same request gives the same refund for ever.
CREATE TABLE given_back (
    room_id TEXT NOT NULL REFERENCES rooms (room_id),
    request_id TEXT NOT NULL,
    order_id TEXT NOT NULL REFERENCES orders (order_id),
    refund_id TEXT NOT NULL REFERENCES refunds (refund_id),
    amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
    reason TEXT NOT NULL,
    PRIMARY KEY (room_id, request_id)
);

CREATE INDEX given_back_of_order ON given_back (order_id);

-- How merchandise was sent.
CREATE TABLE shipments (
    order_id TEXT PRIMARY KEY REFERENCES orders (order_id),
    carrier TEXT NOT NULL,
    number TEXT NOT NULL,
    shipped_at BIGINT NOT NULL
);

CREATE INDEX shipments_by_number ON shipments (number);

-- The lists an order is on, each a filter of the studio: a page of any of them is read from an index, however many orders
-- there are. Room, time, number and title are the order's own.
CREATE TABLE order_lists (
    room_id TEXT NOT NULL,
    list TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    order_id TEXT NOT NULL,
    title TEXT NOT NULL,
    PRIMARY KEY (room_id, list, created_at, order_id)
);

INSERT INTO order_lists (room_id, list, created_at, order_id, title)
    SELECT room_id, 'all', created_at, order_id, title FROM orders ORDER BY room_id, created_at, order_id;

INSERT INTO order_lists (room_id, list, created_at, order_id, title)
    SELECT room_id, CASE state WHEN 'delivered' THEN 'paid' WHEN 'closed' THEN 'closed' ELSE 'unpaid' END AS list,
        created_at, order_id, title
    FROM orders WHERE state IN ('reserved', 'awaiting_payment', 'closing', 'delivered', 'closed')
    ORDER BY room_id, list, created_at, order_id;

INSERT INTO order_lists (room_id, list, created_at, order_id, title)
    SELECT room_id, 'refunds', created_at, order_id, title FROM orders
    WHERE order_id IN (SELECT order_id FROM refunds WHERE state <> 'closed');

INSERT INTO order_lists (room_id, list, created_at, order_id, title)
    SELECT room_id, 'stuck', created_at, order_id, title FROM orders
    WHERE order_id IN (SELECT order_id FROM refunds WHERE state = 'abnormal')
        OR order_id IN (SELECT order_id FROM attempts WHERE state = 'mismatch' AND paid_fen IS NULL);

-- What was paid for and did not go back: of a delivered order every other payment goes back whole.
INSERT INTO order_lists (room_id, list, created_at, order_id, title)
    SELECT room_id, 'to_ship', created_at, order_id, title FROM orders o
    WHERE state = 'delivered' AND kind = 'merchandise' AND
        (SELECT COALESCE(SUM(a.paid_fen), 0) FROM attempts a WHERE a.order_id = o.order_id) >
        (SELECT COALESCE(SUM(r.amount_fen), 0) FROM refunds r WHERE r.order_id = o.order_id AND r.state <> 'closed')
    ORDER BY room_id, created_at, order_id;

INSERT INTO order_lists (room_id, list, created_at, order_id, title)
    SELECT room_id, 'wishes', created_at, order_id, title FROM orders o
    WHERE order_id IN (SELECT order_id FROM refund_requests) AND
        (SELECT COALESCE(SUM(a.paid_fen), 0) FROM attempts a WHERE a.order_id = o.order_id) >
        (SELECT COALESCE(SUM(r.amount_fen), 0) FROM refunds r WHERE r.order_id = o.order_id AND r.state <> 'closed');

CREATE INDEX order_lists_by_title ON order_lists (room_id, list, title, created_at, order_id);
