-- What a viewer's shop needs beside the money: the show, deals, addresses, and wishes for a refund.

ALTER TABLE rooms ADD COLUMN stream TEXT;
ALTER TABLE rooms ADD COLUMN starts_at BIGINT;

-- A deal is a price of the item with a version of its own, for a while and for some pieces. deal_taken are the pieces of
-- orders at that version which hold stock or have bought it.
ALTER TABLE goods ADD COLUMN deal_version BIGINT;
ALTER TABLE goods ADD COLUMN deal_price_fen BIGINT CHECK (deal_price_fen > 0);
ALTER TABLE goods ADD COLUMN deal_starts_at BIGINT;
ALTER TABLE goods ADD COLUMN deal_ends_at BIGINT;
ALTER TABLE goods ADD COLUMN deal_pieces BIGINT;
ALTER TABLE goods ADD COLUMN deal_taken BIGINT NOT NULL DEFAULT 0 CHECK (deal_taken >= 0);

-- The version of the price it was ordered at, and where it is sent (JSON), as they were then.
ALTER TABLE orders ADD COLUMN price_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN address TEXT;
ALTER TABLE deliveries ADD COLUMN address TEXT;

CREATE TABLE addresses (
    address_id TEXT PRIMARY KEY,
    viewer_id TEXT NOT NULL REFERENCES viewers (viewer_id),
    name TEXT NOT NULL,
    phone TEXT NOT NULL,
    region TEXT NOT NULL,
    detail TEXT NOT NULL,
    is_default BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX addresses_of_viewer ON addresses (viewer_id);

-- A viewer's wish to have a delivered order's money back; the streamer decides.
CREATE TABLE refund_requests (
    order_id TEXT PRIMARY KEY REFERENCES orders (order_id),
    reason TEXT NOT NULL,
    asked_at BIGINT NOT NULL
);
