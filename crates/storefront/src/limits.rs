//! How often one viewer, one address and one item may be ordered.

use serde::Deserialize;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Seconds of one counting window.
const WINDOW_S: i64 = 60;
/// Keys kept before those of older windows are dropped.
const KEYS_MAX: usize = 100_000;

/// Orders a minute; 0 switches a limit off.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// By one viewer.
    pub viewer_per_minute: u32,
    /// From one address; new guest viewers count here too.
    pub address_per_minute: u32,
    /// Of one item.
    pub goods_per_minute: u32,
}

impl Default for LimitsConfig {
    fn default() -> LimitsConfig {
        LimitsConfig { viewer_per_minute: 30, address_per_minute: 300, goods_per_minute: 60_000 }
    }
}

/// Counts in fixed windows of a minute.
#[derive(Debug)]
pub struct Limits {
    config: LimitsConfig,
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
}

impl Limits {
    /// Counts by these limits.
    #[must_use]
    pub fn new(config: LimitsConfig) -> Limits {
        Limits { config, counts: Mutex::default() }
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
        };
        // Everybody behind a proxy on this machine has the loopback address: it says nothing about who orders.
        let everybody = who == Who::Address && key.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
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
}

#[cfg(test)]
mod tests {
    use super::*;

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
