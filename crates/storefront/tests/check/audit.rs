//! A shop that has lived checks clean, against its channels' books too, and whatever is changed in its database is named.

use crate::lived::{Lived, ask_channels, change, copy, live, order, pay, said, settings, storefront, with_config};
use crate::support::{World, at_its_deal, audit, copy_database, draft, open_to_break, until, wish};
use api::answer::Ext;
use order::state::OrderState;
use order::{Fen, GoodsId, PayType};
use sqlx::{Connection, Row};
use storefront::check;
use storefront::clock::{Clock, SystemClock};
use storefront::config::Config;
use storefront::store::{Difference, NewDeal};

#[tokio::test]
async fn a_shop_that_has_lived_checks_clean_while_it_serves_and_against_its_channels() {
    let world = World::new(300).await;
    live(&world).await;
    let output = with_config(&world, &["check"]).await;
    assert!(output.status.success(), "{}", said(&output));
    // Six orders' seven attempts, and two refunds.
    assert!(said(&output).contains("9 questions answered by the channels: 0 differences"), "{}", said(&output));
    let World { shop, sandbox, folder, .. } = world;
    sandbox.stop().await;
    let config = Config::read(&folder.path().join("shop.toml"), |_| None).unwrap();
    let mut found = Vec::new();
    let mut take = |difference: &Difference| found.push(difference.to_string());
    let checked = check::check(&config, false, &mut take, &mut |_, _, _| {}).await.unwrap();
    assert_eq!((checked.differences, found), (0, Vec::new()));
    let silent: u64 = checked.not_checked.values().map(|(times, _)| times).sum();
    assert_eq!((checked.asked, silent), (0, 9), "{checked:?}");
    shop.stop().await;
}

#[tokio::test]
async fn whatever_is_changed_in_the_database_is_named() {
    let world = World::new(300).await;
    let lived = live(&world).await;
    let path = copy(&world, "broken.db").await;
    let Lived { paid, fins, cancelled, late, twice } = &lived;
    let (paid_id, cancelled_id, late_id) = (&paid.order_id, &cancelled.order_id, &late.order_id);
    let (refund, paid_pay, fins_id) = (late.pay_id.whole_refund(), &paid.pay_id, &fins.order_id);
    let twice_id = &twice.order_id;
    let of = |order: &dyn std::fmt::Display| format!("WHERE order_id = '{order}'");
    let cases: Vec<(String, &str)> = vec![
        (
            format!(
                "INSERT INTO deliveries SELECT order_id, viewer_id, goods_id, kind, quantity, fins, note, created_at,
                    address FROM orders {}",
                of(cancelled_id)
            ),
            "it has 1 deliveries, and its journal delivers it 0 times",
        ),
        (format!("DELETE FROM deliveries {}", of(paid_id)), "it has 0 deliveries"),
        (format!("UPDATE deliveries SET quantity = 3 {}", of(paid_id)), "what was delivered, to whom or when"),
        (format!("UPDATE deliveries SET delivered_at = delivered_at + 1 {}", of(paid_id)), "to whom or when"),
        (format!("UPDATE attempts SET paid_fen = 1 {}", of(paid_id)), "it was delivered for 1 fen"),
        (format!("UPDATE attempts SET paid_fen = NULL {}", of(paid_id)), "is paid without an amount"),
        (format!("UPDATE attempts SET channel_no = 'x' {}", of(paid_id)), "the channel's number of attempt"),
        (format!("UPDATE attempts SET paid_at = 1 {}", of(paid_id)), "the time of payment of attempt"),
        (format!("UPDATE attempts SET partner_id = 'x' {}", of(paid_id)), "the merchant of attempt"),
        (format!("UPDATE attempts SET code = 'x' {}", of(paid_id)), "the payment string of attempt"),
        (format!("UPDATE attempts SET state = 'paid' {}", of(cancelled_id)), "the state of attempt"),
        (format!("UPDATE attempts SET pay_type = 'wechat' {}", of(paid_id)), "the payment type of attempt"),
        (format!("DELETE FROM attempts WHERE number = 2 AND order_id = '{twice_id}'"), "its attempts are not those"),
        (
            format!("UPDATE orders SET state = 'closed' {}", of(paid_id)),
            "it is stored as closed, and its journal leads",
        ),
        (format!("UPDATE orders SET state = 'delivered' {}", of(cancelled_id)), "0 paid attempts are not on their way"),
        (format!("UPDATE orders SET state = 'lost' {}", of(paid_id)), "its rows cannot be read"),
        (format!("UPDATE orders SET amount_fen = 1 {}", of(paid_id)), "its amount is not the one it was placed with"),
        (format!("UPDATE orders SET title = 'x' {}", of(paid_id)), "its title is not the one"),
        (format!("UPDATE orders SET viewer_id = 'nobody' {}", of(paid_id)), "its viewer is not the one"),
        (format!("UPDATE orders SET closed_by = 'shop' {}", of(cancelled_id)), "it was ended by"),
        (format!("UPDATE orders SET revision = 1 {}", of(paid_id)), "it has revision 1"),
        (format!("DELETE FROM orders {}", of(paid_id)), "there is no such order"),
        (format!("UPDATE refunds SET amount_fen = 8801 {}", of(late_id)), "more goes back for attempt"),
        (format!("UPDATE refunds SET amount_fen = 8799 {}", of(late_id)), "does not go back as one whole"),
        (format!("UPDATE refunds SET state = 'processing' {}", of(late_id)), "is stored as processing"),
        (format!("UPDATE refunds SET reason = 'twice' {}", of(late_id)), "is not the one of its journal"),
        (format!("DELETE FROM refunds {}", of(late_id)), "1 paid attempts are not on their way back"),
        (
            format!("UPDATE ledger SET amount = amount + 1 WHERE entry = 'sale:{paid_id}' AND line = 1"),
            "does not balance",
        ),
        (format!("UPDATE ledger SET amount = amount * 2 WHERE entry = 'sale:{paid_id}'"), "account sales: it holds"),
        (format!("UPDATE ledger SET at = at + 1 WHERE entry = 'sale:{paid_id}'"), "line 1 is missing or was changed"),
        (format!("DELETE FROM ledger WHERE entry = 'refund:{refund}'"), "account refunds_payable: it holds"),
        (format!("DELETE FROM ledger WHERE entry = 'payment:{paid_pay}'"), "account channel_cash:alipay: it holds"),
        (format!("DELETE FROM ledger WHERE entry = 'fins:{fins_id}'"), "account fins_issued: it holds"),
        (
            "INSERT INTO ledger VALUES ('gift:1', 1, 'suspense', 'CNY', 5, 1), ('gift:1', 2, 'sales', 'CNY', -5, 1)"
                .into(),
            "ledger entry gift:1: it books nothing that is there",
        ),
        (
            format!("INSERT INTO ledger VALUES ('sale:{paid_id}', 3, 'mine', 'CNY', 0, 1)"),
            "account mine: it holds 0 CNY and is no account",
        ),
        ("UPDATE viewers SET fins_balance = fins_balance + 1".into(), "the balance is"),
        ("UPDATE goods SET sold = sold + 1, available = available - 1 WHERE goods_id = 'g1'".into(), "goods g1:"),
        (
            "UPDATE goods SET reserved = reserved + 1, available = available - 1 WHERE goods_id = 'g2'".into(),
            "goods g2:",
        ),
        ("UPDATE goods SET stocked = stocked + 1 WHERE goods_id = 'g3'".into(), "goods g3:"),
        ("UPDATE shares SET pieces = pieces + 1 WHERE goods_id = 'g1'".into(), "pieces are counted"),
        (format!("UPDATE shares SET open_order_id = '{cancelled_id}'"), "is open"),
        ("DELETE FROM shares WHERE goods_id = 'g2'".into(), "0 pieces are counted"),
        ("UPDATE goods SET limit_per_viewer = 1 WHERE goods_id = 'g1'".into(), "one person may have 1"),
        (
            format!("UPDATE requests SET order_id = '{paid_id}', pay_id = '{paid_pay}' {}", of(cancelled_id)),
            "is not the one it asked for",
        ),
        (format!("DELETE FROM requests {}", of(paid_id)), "no request asked for it"),
        (format!("DELETE FROM jobs {}", of(cancelled_id)), "it can still change and has no job"),
        (format!("UPDATE jobs SET wake_at = wake_at + 100000, leased_until = 0 {}", of(cancelled_id)), "s too late"),
        ("INSERT INTO inbox VALUES ('n', 'alipay', 'NOBODY1', '{}', 1)".into(), "no query was asked for after it"),
        ("UPDATE journal SET evidence = evidence || ' ' WHERE seq = 3".into(), "journal line 3: it was changed"),
    ];
    assert_eq!(audit(&path).await, Vec::<String>::new(), "before anything is changed");
    for (sql, expected) in cases {
        let broken = world.folder.path().join("case.db");
        copy_database(&path, &broken).await;
        let mut connection = open_to_break(&broken).await;
        assert!(change(&mut connection, &sql).await > 0, "{sql} changes something");
        connection.close().await.unwrap();
        let found = audit(&broken).await;
        assert!(found.iter().any(|line| line.contains(expected)), "{sql}: {expected:?} is not in {found:#?}");
    }
    world.stop().await;
}

#[tokio::test]
async fn what_is_changed_of_a_deal_or_of_where_an_order_is_sent_is_named() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let book = client.save_address(None, &draft("Lin Xia", true)).await.unwrap();
    let now = SystemClock.now_s();
    let deal = NewDeal { price: Fen::new(100).unwrap(), starts_at: now, ends_at: now + 3_600, pieces: 3 };
    world.shop.shop.store.set_deal(GoodsId::new("g2").unwrap(), Some(deal)).await.unwrap();
    let item = at_its_deal(&client.goods().await.unwrap()[1]);
    let (mut params, asked) = wish(&item, 2, PayType::Alipay, 1);
    params.address_id = Some(book[0].address_id.clone());
    let ext = client.pay_order(&params, &asked).await.unwrap();
    pay(&world, &ext).await;
    until(&client, &ext.order_id, &[OrderState::Delivered]).await;
    let other = order(&client, &client.goods().await.unwrap()[0], 1, PayType::Wechat, 2).await;
    let path = copy(&world, "broken.db").await;
    assert_eq!(audit(&path).await, Vec::<String>::new(), "before anything is changed");
    let (delivered, open) = (&ext.order_id, &other.order_id);
    let taken = "goods g2: 3 pieces of its deal are counted as taken; orders took 2 of 3";
    let sent = "what was delivered, to whom or when";
    let asked_for = "the order it is answered with is not the one it asked for";
    let cases = [
        ("UPDATE goods SET deal_taken = 3 WHERE goods_id = 'g2'".to_owned(), taken),
        ("UPDATE goods SET deal_taken = 1 WHERE goods_id = 'g3'".into(), "goods g3: 1 pieces of its deal"),
        ("UPDATE goods SET deal_pieces = 1 WHERE goods_id = 'g2'".into(), "orders took 2 of 1"),
        ("UPDATE goods SET deal_version = 3 WHERE goods_id = 'g2'".into(), "orders took 0 of 3"),
        ("UPDATE deliveries SET address = REPLACE(address, 'Lin', 'Li')".into(), sent),
        ("UPDATE deliveries SET address = NULL".into(), sent),
        (format!("UPDATE orders SET address = NULL WHERE order_id = '{delivered}'"), sent),
        (format!("UPDATE orders SET price_version = 1 WHERE order_id = '{delivered}'"), asked_for),
        (format!("UPDATE orders SET price_version = 2 WHERE order_id = '{open}'"), asked_for),
        (format!("UPDATE orders SET price_version = 0 WHERE order_id = '{delivered}'"), "orders took 0 of 3"),
    ];
    for (sql, expected) in cases {
        let broken = world.folder.path().join("case.db");
        copy_database(&path, &broken).await;
        let mut connection = open_to_break(&broken).await;
        assert!(change(&mut connection, &sql).await > 0, "{sql} changes something");
        connection.close().await.unwrap();
        let found = audit(&broken).await;
        assert!(found.iter().any(|line| line.contains(expected)), "{sql}: {expected:?} is not in {found:#?}");
    }
    world.stop().await;
}

#[tokio::test]
async fn a_changed_byte_anywhere_in_the_journal_is_found() {
    let world = World::new(300).await;
    live(&world).await;
    let path = copy(&world, "journal.db").await;
    let mut connection = open_to_break(&path).await;
    let rows = sqlx::query("SELECT seq, LENGTH(order_id), LENGTH(event), LENGTH(evidence), LENGTH(hash) FROM journal");
    let rows = rows.fetch_all(&mut connection).await.unwrap();
    assert!(rows.len() > 30, "{} lines", rows.len());
    let mut changes = Vec::new();
    for row in &rows {
        let seq: i64 = row.get(0);
        for (number, column) in (1_usize..).zip(["order_id", "event", "evidence", "hash"]) {
            // Another place in every line, so that all together reach everywhere.
            let length: i64 = row.get(number);
            let place = (seq * 31).rem_euclid(length) + 1;
            changes.push(format!(
                "UPDATE journal SET {column} = SUBSTR({column}, 1, {place} - 1) ||
                    CASE SUBSTR({column}, {place}, 1) WHEN 'x' THEN 'y' ELSE 'x' END || SUBSTR({column}, {place} + 1)
                 WHERE seq = {seq}"
            ));
        }
        changes.push(format!("UPDATE journal SET at = at + 1 WHERE seq = {seq}"));
        changes.push(format!("UPDATE journal SET seq = seq + 100000 WHERE seq = {seq}"));
        changes.push(format!("DELETE FROM journal WHERE seq = {seq}"));
    }
    let last = rows.len();
    for (seq, from) in [("0", 1), ("-5", 2), ("100000", 3)] {
        changes.push(format!(
            "INSERT INTO journal SELECT {seq}, order_id, event, evidence, at, hash FROM journal WHERE seq = {from}"
        ));
    }
    // A tail cut off with the head set right is a sound chain; the order it belonged to tells.
    changes.push("UPDATE journal_head SET seq = seq + 1".into());
    changes.push("UPDATE journal_head SET hash = 'x'".into());
    changes.push("DELETE FROM journal_head".into());
    for sql in &changes {
        // A savepoint's worth of change: made, looked at from the outside, and taken back from the copy.
        change(&mut connection, "DROP TABLE IF EXISTS kept").await;
        change(&mut connection, "DROP TABLE IF EXISTS kept_head").await;
        change(&mut connection, "CREATE TABLE kept AS SELECT * FROM journal").await;
        change(&mut connection, "CREATE TABLE kept_head AS SELECT * FROM journal_head").await;
        assert_eq!(change(&mut connection, sql).await, 1, "{sql}");
        assert!(audit(&path).await.iter().any(|line| line.starts_with("journal")), "{sql}");
        for (table, kept) in [("journal", "kept"), ("journal_head", "kept_head")] {
            change(&mut connection, &format!("DELETE FROM {table}")).await;
            change(&mut connection, &format!("INSERT INTO {table} SELECT * FROM {kept}")).await;
        }
    }
    assert_eq!(audit(&path).await, Vec::<String>::new(), "everything was taken back");
    change(&mut connection, &format!("DELETE FROM journal WHERE seq = {last}")).await;
    let head = "UPDATE journal_head SET seq = seq - 1, hash = (SELECT hash FROM journal ORDER BY seq DESC LIMIT 1)";
    change(&mut connection, head).await;
    let found = audit(&path).await;
    assert!(!found.is_empty() && found.iter().all(|line| line.starts_with("order ")), "{found:?}");
    world.stop().await;
}

#[tokio::test]
async fn what_the_channels_books_say_otherwise_is_named() {
    let world = World::new(300).await;
    let Lived { paid, cancelled, late, .. } = live(&world).await;
    let path = copy(&world, "channels.db").await;
    let of = |ext: &Ext| format!("WHERE pay_id = '{}'", ext.pay_id);
    let cases = [
        (
            format!("UPDATE attempts SET state = 'closed', paid_fen = NULL {}", of(&paid)),
            format!("attempt {}: the channel has 45600 fen for it, and nothing is booked here", paid.pay_id),
        ),
        (
            format!("UPDATE attempts SET paid_fen = 22800 {}", of(&paid)),
            format!("attempt {}: the channel has 45600 fen for it, and 22800 fen are booked here", paid.pay_id),
        ),
        (
            format!("UPDATE attempts SET channel_no = 'x' {}", of(&paid)),
            format!("attempt {}: the channel's number of its payment is", paid.pay_id),
        ),
        (
            format!("UPDATE attempts SET state = 'paid', paid_fen = 22800 {}", of(&cancelled)),
            format!("attempt {}: 22800 fen are booked as paid here, and the channel says: it", cancelled.pay_id),
        ),
        (
            format!("UPDATE refunds SET state = 'closed' {}", of(&late)),
            format!("refund {}R: it is closed here, and the channel says: the money went back", late.pay_id),
        ),
        (
            "UPDATE refunds SET refund_id = refund_id || '-2'".to_owned(),
            format!("refund {}R-2: it is done here, and the channel says: there is no such refund", late.pay_id),
        ),
    ];
    for (sql, expected) in cases {
        let broken = world.folder.path().join("case.db");
        copy_database(&path, &broken).await;
        let mut connection = open_to_break(&broken).await;
        assert!(change(&mut connection, &sql).await > 0, "{sql} changes something");
        connection.close().await.unwrap();
        let (checked, found) = ask_channels(&world, &broken).await;
        assert!(found.iter().any(|line| line.contains(&expected)), "{sql}: {expected:?} is not in {found:#?}");
        assert_eq!(checked.differences, found.len() as u64);
        assert_eq!(checked.not_checked.len(), 0);
    }
    world.stop().await;
}

#[tokio::test]
async fn a_check_that_finds_something_fails_and_one_without_a_database_makes_none() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let goods = client.goods().await.unwrap();
    order(&client, &goods[0], 1, PayType::Alipay, 1).await;
    let mut connection = open_to_break(&world.database()).await;
    change(&mut connection, "UPDATE shares SET pieces = 2").await;
    let output = with_config(&world, &["check", "--offline"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("2 pieces are counted"), "{}", said(&output));
    assert!(said(&output).contains("the channels were not asked: 1 differences"), "{}", said(&output));
    let text = std::fs::read_to_string(settings(&world)).unwrap();
    let text = text.replace(
        &testbed::database(&world.database()),
        &format!("sqlite:{}/no-such.db", world.folder.path().display()),
    );
    let other = world.folder.path().join("other.toml");
    std::fs::write(&other, text).unwrap();
    let output = storefront(&["check", "--config", other.to_str().unwrap()]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains("there is no database") && said(&output).contains("no-such.db"),
        "{}",
        said(&output)
    );
    assert!(!world.folder.path().join("no-such.db").exists());
    world.stop().await;
}
