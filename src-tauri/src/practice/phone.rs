//! The pretend phone on a real one. While it is switched on, whoever is in the same network can open the pretend wallet's
//! page on this computer, see the code that waits to be paid, and pay, decline or look at pretend bills. Nothing else is
//! reached there: no faults, no books, no merchant, no shop, no file. It is the practice room's alone, so no real money is
//! near. It listens on this computer's address in that network only, and not at all until it is switched on.

use crate::qr;
use crate::views::LanPhone;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use tokio::sync::Mutex;

/// An address for documents, which nobody has (RFC 5737): a way to it is a way out of this computer.
const ELSEWHERE: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 9);

/// The switch.
#[derive(Default)]
pub(super) struct Phone {
    door: Mutex<Option<sandbox::PhoneDoor>>,
}

impl Phone {
    /// Opens the door, unless it is open.
    ///
    /// # Errors
    /// This computer is in no network, or gives no port.
    pub(super) async fn switch_on(&self, sandbox: &sandbox::Running) -> io::Result<LanPhone> {
        self.switch_on_at(sandbox, own_address()?).await
    }

    async fn switch_on_at(&self, sandbox: &sandbox::Running, address: IpAddr) -> io::Result<LanPhone> {
        let mut door = self.door.lock().await;
        let open = match door.take() {
            Some(open) if open.addr.ip() == address => open,
            // The computer has gone to another network.
            Some(old) => {
                old.close().await;
                sandbox.open_phone_door(SocketAddr::new(address, 0)).await?
            }
            None => sandbox.open_phone_door(SocketAddr::new(address, 0)).await?,
        };
        let url = format!("http://{}/phone", door.insert(open).addr);
        Ok(LanPhone { on: true, qr: qr::draw(&url).ok(), url: Some(url) })
    }

    /// Closes the door.
    pub(super) async fn switch_off(&self) -> LanPhone {
        if let Some(open) = self.door.lock().await.take() {
            open.close().await;
        }
        LanPhone { on: false, url: None, qr: None }
    }
}

/// This computer's address in the network it is in: the one it would call others from. Nothing is sent.
fn own_address() -> io::Result<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    socket.connect(ELSEWHERE)?;
    let address = socket.local_addr()?.ip();
    if address.is_loopback() || address.is_unspecified() {
        return Err(io::Error::other("this computer is in no network"));
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    async fn answers(url: &str) -> bool {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        http.get(url).send().await.is_ok_and(|answer| answer.status().is_success())
    }

    #[tokio::test]
    async fn the_phone_is_there_while_it_is_on_and_its_code_leads_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let sandbox = sandbox::start(sandbox::Options::new(folder.path().join("channels"))).await.unwrap();
        let phone = Phone::default();
        let on = phone.switch_on_at(&sandbox, HERE).await.unwrap();
        let url = on.url.clone().unwrap();
        assert!(on.on && answers(&url).await);
        assert_eq!(on.qr.as_ref().unwrap().payment_string, url);
        for other in ["/faults", "/books", "/calls", "/merchant/refund", "/"] {
            assert!(!answers(&url.replace("/phone", other)).await, "{other}");
        }
        assert_eq!(phone.switch_on_at(&sandbox, HERE).await.unwrap(), on, "it is on already");
        assert_eq!(phone.switch_off().await, LanPhone { on: false, url: None, qr: None });
        assert!(!answers(&url).await, "it is off and answers");
        sandbox.stop().await;
    }
}
