//! How often one viewer, one address and one item may be ordered, one streamer may change things, and one channel is
//! sent new orders.

use axum::http::HeaderMap;
use order::PayType;
use serde::Deserialize;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};

/// Seconds of one counting window.
const WINDOW_S: i64 = 60;
/// Keys kept before those of older windows are dropped.
const KEYS_MAX: usize = 100_000;

/// Orders a minute, or a second; 0 switches a limit off.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// By one viewer.
    pub viewer_per_minute: u32,
    /// From one address; new guest viewers count here too.
    pub address_per_minute: u32,
    /// Of one item.
    pub goods_per_minute: u32,
    /// Not orders but changes: by one streamer.
    pub streamer_per_minute: u32,
    /// New orders that this process sends to Alipay in a second; more wait in line.
    pub alipay_per_second: u32,
    /// New orders that this process sends to WeChat Pay in a second; more wait in line.
    pub wechat_per_second: u32,
}

impl Default for LimitsConfig {
    fn default() -> LimitsConfig {
        LimitsConfig {
            viewer_per_minute: 30,
            address_per_minute: 300,
            goods_per_minute: 60_000,
            streamer_per_minute: 600,
            // WeChat Pay documents about 500 for a merchant. What is left is for other programs of the merchant's.
            alipay_per_second: 300,
            wechat_per_second: 300,
        }
    }
}

impl LimitsConfig {
    /// No limits.
    pub const OFF: LimitsConfig = LimitsConfig {
        viewer_per_minute: 0,
        address_per_minute: 0,
        goods_per_minute: 0,
        streamer_per_minute: 0,
        alipay_per_second: 0,
        wechat_per_second: 0,
    };

    /// New orders that a channel is sent in a second; 0: no limit.
    pub(crate) const fn orders_per_second(&self, pay_type: PayType) -> u32 {
        match pay_type {
            PayType::Alipay => self.alipay_per_second,
            PayType::Wechat => self.wechat_per_second,
        }
    }
}

/// The header in which each proxy adds the address it was called from.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Counts in fixed windows of a minute.
#[derive(Debug)]
pub struct Limits {
    config: LimitsConfig,
    proxies: Vec<IpAddr>,
    counts: Mutex<HashMap<(Who, String), (i64, u32)>>,
}

/// Whose orders are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// One viewer's.
    Viewer,
    /// One address's.
    Address,
    /// One item's.
    Goods,
    /// One streamer's changes.
    Streamer,
}

impl Limits {
    /// Counts by these limits.
    #[must_use]
    pub fn new(config: LimitsConfig) -> Limits {
        Limits { config, proxies: Vec::new(), counts: Mutex::default() }
    }

    /// Believes what these peers say about who called them.
    #[must_use]
    pub fn behind(mut self, proxies: &[IpAddr]) -> Limits {
        self.proxies = proxies.iter().map(IpAddr::to_canonical).collect();
        self
    }

    /// What a client is counted by: its address, or the network of 64 bits that an IPv6 address is one of many of.
    ///
    /// The client is the peer, unless that is a trusted proxy: then it is the last address of `X-Forwarded-For` that is
    /// not one. What stands before it may be the client's own invention.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> String {
        let trusted = |address: &IpAddr| self.proxies.contains(&address.to_canonical());
        let forwarded = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
        let mut hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).collect();
        let mut client = peer;
        while trusted(&client)
            && let Some(before) = hops.pop().and_then(address)
        {
            client = before;
        }
        match client.to_canonical() {
            IpAddr::V4(v4) => v4.to_string(),
            IpAddr::V6(v6) if v6.is_loopback() => v6.to_string(),
            IpAddr::V6(v6) => format!("{}/64", Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        }
    }

    /// Counts one more.
    ///
    /// # Errors
    /// Seconds until it may be tried again, when the limit is reached.
    pub fn count(&self, who: Who, key: &str, now: i64) -> Result<(), u32> {
        let limit = match who {
            Who::Viewer => self.config.viewer_per_minute,
            Who::Address => self.config.address_per_minute,
            Who::Goods => self.config.goods_per_minute,
            Who::Streamer => self.config.streamer_per_minute,
        };
        // Everybody behind a proxy on this machine that nobody told us of has the loopback address.
        let everybody = who == Who::Address
            && self.proxies.is_empty()
            && key.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if limit == 0 || everybody {
            return Ok(());
        }
        let window = now.div_euclid(WINDOW_S);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= KEYS_MAX {
            counts.retain(|_, (counted, _)| *counted == window);
        }
        let entry = counts.entry((who, key.to_owned())).or_insert((window, 0));
        if entry.0 != window {
            *entry = (window, 0);
        }
        if entry.1 >= limit {
            let rest = WINDOW_S.saturating_sub(now.rem_euclid(WINDOW_S));
            return Err(u32::try_from(rest).unwrap_or(60));
        }
        entry.1 = entry.1.saturating_add(1);
        Ok(())
    }

    /// Takes back what was counted last under a key: it came to nothing new.
    pub(crate) fn take_back(&self, who: Who, key: &str) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, counted)) = counts.get_mut(&(who, key.to_owned())) {
            *counted = counted.saturating_sub(1);
        }
    }
}

/// An address as proxies write it, some with its port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The client of a request from `peer` with these `X-Forwarded-For` headers, behind 10.0.0.1 and 10.0.0.2.
    fn client(peer: &str, forwarded: &[&str]) -> String {
        let proxies = ["10.0.0.1", "10.0.0.2"].map(|proxy| proxy.parse().unwrap());
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        Limits::new(LimitsConfig::default()).behind(&proxies).client(peer.parse().unwrap(), &headers)
    }

    #[test]
    fn only_a_trusted_proxy_says_who_called_it() {
        for (peer, forwarded, expected) in [
            ("192.0.2.1", &[][..], "192.0.2.1"),
            ("192.0.2.1", &["198.51.100.1"], "192.0.2.1"),
            ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("::ffff:10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            // What the client wrote itself stands before what the proxy added.
            ("10.0.0.1", &["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["203.0.113.9", "198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["203.0.113.9, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
            ("10.0.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
            // A proxy that says nothing of use is itself the client.
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["10.0.0.2"], "10.0.0.2"),
            // One household has a whole network of 64 bits.
            ("10.0.0.1", &["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
            ("2001:db8:1:2:ffff::1", &[], "2001:db8:1:2::/64"),
            ("10.0.0.1", &["[2001:db8:1:2::9]:443"], "2001:db8:1:2::/64"),
        ] {
            assert_eq!(client(peer, forwarded), expected, "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn behind_a_named_proxy_this_machine_is_an_address_like_any_other() {
        let config = LimitsConfig { address_per_minute: 1, ..LimitsConfig::default() };
        let limits = Limits::new(config).behind(&["127.0.0.1".parse().unwrap()]);
        assert_eq!(limits.count(Who::Address, "127.0.0.1", 0), Ok(()));
        assert_eq!(limits.count(Who::Address, "127.0.0.1", 0), Err(60));
    }

    #[test]
    fn each_viewer_has_their_own_count_and_a_new_minute_starts_anew() {
        let limits = Limits::new(LimitsConfig { viewer_per_minute: 2, ..LimitsConfig::default() });
        assert_eq!(limits.count(Who::Viewer, "a", 0), Ok(()));
        assert_eq!(limits.count(Who::Viewer, "a", 10), Ok(()));
        assert_eq!(limits.count(Who::Viewer, "a", 20), Err(40));
        assert_eq!(limits.count(Who::Viewer, "b", 20), Ok(()));
        assert_eq!(limits.count(Who::Viewer, "a", 60), Ok(()));
    }

    #[test]
    fn everybody_behind_a_proxy_of_this_machine_is_not_one_address() {
        let limits = Limits::new(LimitsConfig { address_per_minute: 1, ..LimitsConfig::default() });
        assert!((0..10).all(|_| limits.count(Who::Address, "127.0.0.1", 0).is_ok()));
        assert_eq!(limits.count(Who::Address, "192.0.2.1", 0), Ok(()));
        assert_eq!(limits.count(Who::Address, "192.0.2.1", 0), Err(60));
    }

    #[test]
    fn zero_switches_a_limit_off() {
        let limits = Limits::new(LimitsConfig { goods_per_minute: 0, ..LimitsConfig::default() });
        assert!((0..1_000).all(|_| limits.count(Who::Goods, "teapot", 0).is_ok()));
    }
}
