//! The window. The page draws; everything that must go on while the page sleeps, and everything that reaches outside,
//! is here.

pub mod clock;
mod commands;
pub mod entrance;
pub mod files;
mod hearing;
mod listen;
pub mod orders;
pub mod pending;
mod pictures;
#[cfg(feature = "practice")]
mod practice;
pub mod purchase;
pub mod qr;
pub mod receipts;
pub mod session;
pub mod views;

use entrance::Entrances;
use tauri::Manager;

/// Runs the app until its window is closed.
///
/// # Errors
/// When the window system cannot be used at all; the message says what is missing.
pub fn run() -> tauri::Result<()> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,sqlx=warn")),
        )
        .init();
    tauri::Builder::default()
        // First, so that a second copy ends before it opens anything.
        .plugin(tauri_plugin_single_instance::init(|app, _args, _folder| show_window(app)))
        .plugin(stay_here())
        .register_asynchronous_uri_scheme_protocol("picture", pictures::answer)
        .manage(listen::Listening::default())
        .setup(|app| {
            let link = std::env::args().nth(1).filter(|argument| argument.starts_with("liveshop:"));
            app.manage(Entrances::new(app.path().app_data_dir()?, link.as_deref()));
            Ok(())
        })
        .invoke_handler(tauri::generate_handler![
            commands::enter,
            commands::trust,
            commands::goods,
            commands::viewer,
            commands::buy,
            commands::take_up,
            commands::pending,
            commands::watch,
            commands::retry,
            commands::ask_now,
            commands::switch,
            commands::cancel,
            commands::dismiss,
            commands::receipt,
            commands::save_receipt,
            commands::phone_url,
        ])
        .run(context())
}

/// The configuration, the icons and the page, compiled in.
#[expect(clippy::exit, reason = "the generated code ends a process that is too old for its own bundle")]
fn context() -> tauri::Context {
    tauri::generate_context!()
}

fn show_window(app: &tauri::AppHandle) {
    if let Some(window) = app.get_webview_window("main") {
        for shown in [window.unminimize(), window.show(), window.set_focus()] {
            if let Err(error) = shown {
                tracing::warn!(%error, "the window could not be brought forward");
            }
        }
    }
}

/// A page may try to go elsewhere; outside its own address it would lose the content policy. The pretend phone's frame
/// on this machine is the one exception.
fn stay_here<R: tauri::Runtime>() -> tauri::plugin::TauriPlugin<R> {
    tauri::plugin::Builder::new("stay-here")
        .on_navigation(|_, url| match (url.scheme(), url.host_str()) {
            ("tauri", _) | (_, Some("tauri.localhost")) => true,
            ("http", Some("127.0.0.1")) => cfg!(feature = "practice") && url.path() == "/phone",
            ("http", Some("localhost")) => cfg!(debug_assertions) && url.port() == Some(5173),
            _ => false,
        })
        .build()
}
