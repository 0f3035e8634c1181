//! Which addresses the page may have fetched: those of the hosts the room's show is at, and of the hosts its playlists
//! name.

use std::collections::BTreeSet;
use tauri::Url;

/// Most hosts of one show. A show has its own, a few of a network that spreads it, and no more.
const HOSTS_MAX: usize = 32;

/// The hosts of one room's show.
pub(super) struct Reach {
    /// The shop is on this machine.
    local: bool,
    playlist: Option<Url>,
    hosts: BTreeSet<String>,
}

impl Reach {
    /// None yet.
    pub(super) fn new(local: bool) -> Reach {
        Reach { local, playlist: None, hosts: BTreeSet::new() }
    }

    /// The room names its playlist. Another than before has hosts of its own.
    pub(super) fn is_at(&mut self, playlist: Option<Url>) {
        if self.playlist == playlist {
            return;
        }
        self.hosts = playlist.iter().filter(|url| may_be_called(url, self.local)).map(host_of).collect();
        self.playlist = playlist;
    }

    /// Whether the page may have this fetched.
    pub(super) fn may_fetch(&self, url: &Url) -> bool {
        may_be_called(url, self.is_local()) && self.hosts.contains(&host_of(url))
    }

    /// A playlist of the show names an address: from now on its host is one of the show's. `false` when it may not be.
    pub(super) fn names(&mut self, url: &Url) -> bool {
        let host = host_of(url);
        let known = self.hosts.contains(&host);
        if !may_be_called(url, self.is_local()) || (!known && self.hosts.len() >= HOSTS_MAX) {
            return false;
        }
        self.hosts.insert(host);
        true
    }

    /// Only a show that is on this machine may lead to addresses of this machine.
    fn is_local(&self) -> bool {
        self.local && self.playlist.as_ref().is_some_and(is_loopback)
    }
}

/// Whether an address may be called at all: https elsewhere; this machine only for a show that is on it.
pub(super) fn may_be_called(url: &Url, local: bool) -> bool {
    let plain = match url.scheme() {
        "https" => false,
        "http" => true,
        _ => return false,
    };
    let loopback = is_loopback(url);
    url.has_host() && url.username().is_empty() && (!loopback || local) && (!plain || loopback)
}

fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => {
            host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        None => false,
    }
}

/// Scheme, host and port.
fn host_of(url: &Url) -> String {
    url.origin().ascii_serialization()
}
