//! Which addresses the page may have fetched: those of the hosts the room's show is at, and of the hosts its playlists
//! name.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
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
        let too_near = !known && place(url) == Place::Near && !self.is_near();
        if !may_be_called(url, self.is_local()) || too_near || (!known && self.hosts.len() >= HOSTS_MAX) {
            return false;
        }
        self.hosts.insert(host);
        true
    }

    /// Only a show that is on this machine may lead to addresses of this machine.
    fn is_local(&self) -> bool {
        self.local && self.playlist.as_ref().is_some_and(|url| place(url) == Place::Here)
    }

    /// Only a show that is in the viewer's own network may lead to other addresses there: elsewhere a playlist could
    /// have the program knock at the viewer's router.
    fn is_near(&self) -> bool {
        self.playlist.as_ref().is_some_and(|url| place(url) != Place::Far)
    }
}

/// Whether an address may be called at all: https elsewhere; this machine only for a show that is on it.
pub(super) fn may_be_called(url: &Url, local: bool) -> bool {
    let plain = match url.scheme() {
        "https" => false,
        "http" => true,
        _ => return false,
    };
    let here = place(url) == Place::Here;
    url.has_host() && url.username().is_empty() && (!here || local) && (!plain || here)
}

/// Where an address is, as far as it says so itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// On this machine.
    Here,
    /// In the network this machine is in.
    Near,
    /// Elsewhere.
    Far,
}

fn place(url: &Url) -> Place {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    match host.parse() {
        Ok(IpAddr::V4(address)) => place_v4(address),
        Ok(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
            Some(address) => place_v4(address),
            None if address.is_loopback() || address.is_unspecified() => Place::Here,
            None if address.is_unique_local() || address.is_unicast_link_local() => Place::Near,
            None => Place::Far,
        },
        Err(_) => {
            let name = host.trim_end_matches('.');
            if name == "localhost" || name.ends_with(".localhost") { Place::Here } else { Place::Far }
        }
    }
}

fn place_v4(address: Ipv4Addr) -> Place {
    if address.is_loopback() || address.is_unspecified() {
        Place::Here
    } else if address.is_private() || address.is_link_local() {
        Place::Near
    } else {
        Place::Far
    }
}

/// Scheme, host and port.
fn host_of(url: &Url) -> String {
    url.origin().ascii_serialization()
}
