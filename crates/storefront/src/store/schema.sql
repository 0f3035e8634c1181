-- The storefront's tables, in the subset of SQL that SQLite and PostgreSQL share: TEXT and BIGINT only, booleans as
-- 0 and 1, times in Unix seconds, money in fen.

CREATE TABLE rooms (
    room_id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    host TEXT NOT NULL,
    shop TEXT NOT NULL,
    state TEXT NOT NULL,
    cover TEXT,
    notice TEXT
);

CREATE TABLE streamers (
    streamer_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    room_id TEXT NOT NULL REFERENCES rooms (room_id),
    token_hash TEXT NOT NULL UNIQUE
);

CREATE TABLE pictures (
    picture_id TEXT PRIMARY KEY,
    content_type TEXT NOT NULL,
    body_base64 TEXT NOT NULL
);

-- available can be ordered, reserved is held by open orders, sold is delivered; together they are what was stocked.
CREATE TABLE goods (
    goods_id TEXT PRIMARY KEY,
    room_id TEXT NOT NULL REFERENCES rooms (room_id),
    lot BIGINT NOT NULL,
    title TEXT NOT NULL,
    note TEXT,
    description TEXT,
    kind TEXT NOT NULL,
    fins BIGINT CHECK (fins > 0 OR kind <> 'fins'),
    price_fen BIGINT NOT NULL CHECK (price_fen > 0),
    price_version BIGINT NOT NULL,
    available BIGINT NOT NULL CHECK (available >= 0),
    reserved BIGINT NOT NULL CHECK (reserved >= 0),
    sold BIGINT NOT NULL CHECK (sold >= 0),
    stocked BIGINT NOT NULL,
    limit_per_viewer BIGINT,
    on_sale BIGINT NOT NULL,
    pinned BIGINT NOT NULL,
    picture TEXT,
    UNIQUE (room_id, lot),
    CHECK (available + reserved + sold = stocked)
);

CREATE TABLE viewers (
    viewer_id TEXT PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    fins_balance BIGINT NOT NULL CHECK (fins_balance >= 0),
    created_at BIGINT NOT NULL
);

-- How many pieces of an item a viewer has bought or holds in an open order, and which order that is.
CREATE TABLE shares (
    viewer_id TEXT NOT NULL REFERENCES viewers (viewer_id),
    goods_id TEXT NOT NULL REFERENCES goods (goods_id),
    pieces BIGINT NOT NULL CHECK (pieces >= 0),
    open_order_id TEXT,
    PRIMARY KEY (viewer_id, goods_id)
);

CREATE TABLE orders (
    order_id TEXT PRIMARY KEY,
    viewer_id TEXT NOT NULL REFERENCES viewers (viewer_id),
    room_id TEXT NOT NULL REFERENCES rooms (room_id),
    goods_id TEXT NOT NULL REFERENCES goods (goods_id),
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
    fins BIGINT,
    note TEXT,
    state TEXT NOT NULL,
    closed_by TEXT,
    created_at BIGINT NOT NULL,
    deadline_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
);

CREATE INDEX orders_of_viewer ON orders (viewer_id, created_at);

CREATE INDEX orders_by_state ON orders (state);

CREATE TABLE attempts (
    pay_id TEXT PRIMARY KEY,
    order_id TEXT NOT NULL REFERENCES orders (order_id),
    number BIGINT NOT NULL,
    pay_type TEXT NOT NULL,
    partner_id TEXT NOT NULL,
    app_id TEXT NOT NULL,
    state TEXT NOT NULL,
    code TEXT,
    ready_at BIGINT,
    ending_at BIGINT,
    paid_fen BIGINT,
    asked_at BIGINT,
    -- How often it was to be asked about at once, and how many of these an answered query has settled.
    asks BIGINT NOT NULL,
    asks_settled BIGINT NOT NULL,
    ask_failed_at BIGINT,
    ask_fails BIGINT NOT NULL,
    tried_at BIGINT,
    tries BIGINT NOT NULL,
    channel_no TEXT,
    paid_at BIGINT,
    UNIQUE (order_id, number)
);

CREATE INDEX attempts_by_state ON attempts (state);

-- What each request of a viewer gave: the same request gives the same answer for ever.
CREATE TABLE requests (
    viewer_id TEXT NOT NULL REFERENCES viewers (viewer_id),
    request_id TEXT NOT NULL,
    params TEXT NOT NULL,
    order_id TEXT NOT NULL REFERENCES orders (order_id),
    pay_id TEXT NOT NULL REFERENCES attempts (pay_id),
    PRIMARY KEY (viewer_id, request_id)
);

CREATE TABLE refunds (
    refund_id TEXT PRIMARY KEY,
    order_id TEXT NOT NULL REFERENCES orders (order_id),
    number BIGINT NOT NULL,
    pay_id TEXT NOT NULL REFERENCES attempts (pay_id),
    amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
    reason TEXT NOT NULL,
    state TEXT NOT NULL,
    tried_at BIGINT,
    tries BIGINT NOT NULL
);

CREATE INDEX refunds_of_order ON refunds (order_id);

CREATE INDEX refunds_by_state ON refunds (state);

-- What was delivered: at most once for an order. Merchandise is shipped from here.
CREATE TABLE deliveries (
    order_id TEXT PRIMARY KEY REFERENCES orders (order_id),
    viewer_id TEXT NOT NULL,
    goods_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    fins BIGINT,
    note TEXT,
    delivered_at BIGINT NOT NULL
);

-- Double entry, append-only: the lines of an entry add up to zero in each unit. A debit is positive.
CREATE TABLE ledger (
    entry TEXT NOT NULL,
    line BIGINT NOT NULL,
    account TEXT NOT NULL,
    unit TEXT NOT NULL,
    amount BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (entry, line)
);

CREATE INDEX ledger_by_unit ON ledger (unit, amount);

-- Notices as they came, by the channel's own id: a repeated one is one row.
CREATE TABLE inbox (
    notice TEXT PRIMARY KEY,
    pay_type TEXT NOT NULL,
    pay_id TEXT NOT NULL,
    body TEXT NOT NULL,
    received_at BIGINT NOT NULL
);

-- One durable to-do for each order that can still change by itself.
CREATE TABLE jobs (
    order_id TEXT PRIMARY KEY REFERENCES orders (order_id),
    wake_at BIGINT NOT NULL,
    leased_until BIGINT NOT NULL
);

CREATE INDEX jobs_due ON jobs (wake_at);

-- Why no orders are taken at present; empty while the shop sells.
CREATE TABLE halts (
    name TEXT PRIMARY KEY,
    reason TEXT NOT NULL,
    at BIGINT NOT NULL
);

-- The channels' bills that were compared with these books: when each was last read to its end, what remained different
-- (a JSON list of words), and the tries since that gave no bill.
CREATE TABLE bills (
    day TEXT NOT NULL,
    pay_type TEXT NOT NULL,
    read_at BIGINT,
    lines BIGINT NOT NULL,
    differences TEXT NOT NULL,
    fails BIGINT NOT NULL,
    retry_at BIGINT,
    PRIMARY KEY (day, pay_type)
);

-- Every step with its evidence; each line carries the hash of the line before.
CREATE TABLE journal (
    seq BIGINT PRIMARY KEY,
    order_id TEXT NOT NULL,
    event TEXT NOT NULL,
    evidence TEXT NOT NULL,
    at BIGINT NOT NULL,
    hash TEXT NOT NULL
);

CREATE INDEX journal_of_order ON journal (order_id);

CREATE TABLE journal_head (
    name TEXT PRIMARY KEY,
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL
);

INSERT INTO journal_head (name, seq, hash) VALUES ('head', 0, '');
