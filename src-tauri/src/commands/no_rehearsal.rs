//! Rehearsing, in a program without the practice room: refused.

use crate::views::{CommandError, LocalCode};

/// The answer to all of them.
type Refused = Result<(), CommandError>;

fn refused() -> Refused {
    Err(CommandError::local(LocalCode::NotReady, "this program has no practice room"))
}

#[tauri::command]
pub(crate) async fn panel() -> Refused {
    refused()
}

#[tauri::command]
pub(crate) async fn set_trouble() -> Refused {
    refused()
}

#[tauri::command]
pub(crate) async fn clear_troubles() -> Refused {
    refused()
}

#[tauri::command]
pub(crate) async fn rehearse() -> Refused {
    refused()
}

#[tauri::command]
pub(crate) async fn stop_rehearsal() -> Refused {
    refused()
}

#[tauri::command]
pub(crate) async fn last_rehearsal() -> Refused {
    refused()
}

#[tauri::command]
pub(crate) async fn save_report() -> Refused {
    refused()
}

#[tauri::command]
pub(crate) async fn crowd() -> Refused {
    refused()
}

#[tauri::command]
pub(crate) async fn stop_crowd() -> Refused {
    refused()
}

#[tauri::command]
pub(crate) async fn lan_phone() -> Refused {
    refused()
}

#[tauri::command]
pub(crate) async fn reset_practice() -> Refused {
    refused()
}
