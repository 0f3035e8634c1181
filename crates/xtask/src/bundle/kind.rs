//! The kind of installer a program is in. The bundler writes it into the program, which goes by it when it updates itself.

use anyhow::{Context, Result, ensure};

/// The bundler writes the kind over the last letters of this text.
const UNKNOWN: &[u8] = b"__TAURI_BUNDLE_TYPE_VAR_UNK";

/// Writes the kind into a program.
///
/// # Errors
/// The program has not exactly one place for it.
pub(super) fn write(kind: &[u8; 3], program: &mut [u8]) -> Result<()> {
    let found: Vec<usize> =
        program.windows(UNKNOWN.len()).enumerate().filter(|(_, part)| *part == UNKNOWN).map(|(at, _)| at).collect();
    ensure!(found.len() == 1, "the program says {} times what installer it is in", found.len());
    let end = found.first().map_or(0, |at| at.saturating_add(UNKNOWN.len()));
    let letters = program.get_mut(end.saturating_sub(kind.len())..end).context("it says so before its end")?;
    letters.copy_from_slice(kind);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_is_written_into_its_one_place() {
        let mut program = [b"before ".as_slice(), UNKNOWN, b" after"].concat();
        write(b"NSS", &mut program).unwrap();
        assert_eq!(program, b"before __TAURI_BUNDLE_TYPE_VAR_NSS after");
        assert!(write(b"NSS", &mut program).is_err(), "it says by now what it is in");
        assert!(write(b"NSS", &mut [UNKNOWN, UNKNOWN].concat()).is_err());
    }
}
