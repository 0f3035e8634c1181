//! `application/x-www-form-urlencoded`, on bytes: the character set is known only after decoding.

/// The pairs of a query or form body, decoded, in order.
pub(crate) fn pairs(text: &[u8]) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
    text.split(|&byte| byte == b'&').filter(|part| !part.is_empty()).map(|part| {
        let at = part.iter().position(|&byte| byte == b'=').unwrap_or(part.len());
        (decode(&part[..at]), decode(part.get(at + 1..).unwrap_or_default()))
    })
}

/// Undoes form encoding once: `+` is a space, `%2B` a plus. A stray `%` stands for itself.
pub(crate) fn decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let mut pair = [0_u8; 1];
                match tail.get(..2).map(|digits| hex::decode_to_slice(digits, &mut pair)) {
                    Some(Ok(())) => {
                        out.push(pair[0]);
                        rest = &tail[2..];
                    }
                    Some(Err(_)) | None => out.push(b'%'),
                }
            }
            _ => out.push(byte),
        }
    }
    out
}

/// Form encoding of one name or value, spaces as `+`.
pub(crate) fn encode(out: &mut String, bytes: &[u8]) {
    for &byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
}
