//! A zip file of a few small members (PKWARE APPNOTE 6.3, sections 4.3 and 4.4; method 8, deflate).

use std::io::Write as _;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// Packs members whose names and contents are bytes in whatever character set.
pub(crate) fn pack(members: &[(Vec<u8>, Vec<u8>)]) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for (name, content) in members {
        let offset = size(out.len())?;
        let mut packer = DeflateEncoder::new(Vec::new(), Compression::default());
        packer.write_all(content)?;
        let packed = packer.finish()?;
        let mut crc = Crc::new();
        crc.update(content);
        let mut shared = Vec::new();
        // Version 2.0, no flags, deflate, 1980-01-01 00:00.
        for word in [20_u16, 0, 8, 0, 0x21] {
            shared.extend_from_slice(&word.to_le_bytes());
        }
        for word in [crc.sum(), size(packed.len())?, size(content.len())?] {
            shared.extend_from_slice(&word.to_le_bytes());
        }
        shared.extend_from_slice(&(size(name.len())? as u16).to_le_bytes());
        shared.extend_from_slice(&0_u16.to_le_bytes());
        out.extend_from_slice(b"PK\x03\x04");
        out.extend_from_slice(&shared);
        out.extend_from_slice(name);
        out.extend_from_slice(&packed);
        directory.extend_from_slice(b"PK\x01\x02");
        directory.extend_from_slice(&20_u16.to_le_bytes());
        directory.extend_from_slice(&shared);
        // No comment, disk 0, attributes 0.
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&offset.to_le_bytes());
        directory.extend_from_slice(name);
    }
    let number = size(members.len())? as u16;
    let (at, length) = (size(out.len())?, size(directory.len())?);
    out.extend_from_slice(&directory);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    out.extend_from_slice(&number.to_le_bytes());
    out.extend_from_slice(&number.to_le_bytes());
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&at.to_le_bytes());
    out.extend_from_slice(&0_u16.to_le_bytes());
    Ok(out)
}

fn size(length: usize) -> std::io::Result<u32> {
    u32::try_from(length).map_err(|_| std::io::Error::other("too large for a zip file"))
}
