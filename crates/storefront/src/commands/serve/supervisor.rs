//! What systemd is told, where it started the program and waits to be told (`Type=notify`).

use std::ffi::OsStr;
use std::io;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Serving has begun: whoever asked for the start hears that it worked.
pub(crate) const READY: &str = "READY=1";
/// The end has begun.
pub(crate) const STOPPING: &str = "STOPPING=1";

/// Tells whoever started the program, if they want to know.
pub(crate) fn tell(state: &str) {
    let Some(name) = std::env::var_os("NOTIFY_SOCKET") else { return };
    if let Err(error) = send(&name, state) {
        tracing::warn!(%error, state, "systemd could not be told");
    }
}

fn send(name: &OsStr, state: &str) -> io::Result<()> {
    UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address(name)?).map(|_| ())
}

/// A path, or with `@` in front a name in the kernel's own space.
fn address(name: &OsStr) -> io::Result<SocketAddr> {
    #[cfg(target_os = "linux")]
    {
        use std::os::linux::net::SocketAddrExt;
        use std::os::unix::ffi::OsStrExt;
        if let Some(name) = name.as_bytes().strip_prefix(b"@") {
            return SocketAddr::from_abstract_name(name);
        }
    }
    SocketAddr::from_pathname(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_through_a_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let heard = UnixDatagram::bind(&path).unwrap();
        send(path.as_os_str(), READY).unwrap();
        let mut words = [0; 64];
        let length = heard.recv(&mut words).unwrap();
        assert_eq!(&words[..length], b"READY=1");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn it_is_told_through_a_name_of_the_kernel_s() {
        let name = format!("liveshop-{}", std::process::id());
        let heard = UnixDatagram::bind_addr(&address(OsStr::new(&format!("@{name}"))).unwrap()).unwrap();
        send(OsStr::new(&format!("@{name}")), STOPPING).unwrap();
        let mut words = [0; 64];
        let length = heard.recv(&mut words).unwrap();
        assert_eq!(&words[..length], b"STOPPING=1");
    }
}
