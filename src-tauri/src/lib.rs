//! The window. The page draws; everything that must go on while the page sleeps, and everything that reaches outside,
//! is here.

pub mod brand;
pub mod clock;
mod commands;
pub mod downloads;
pub mod entrance;
pub mod files;
mod front;
mod hearing;
pub mod hosting;
mod keys;
mod listen;
mod menu;
pub mod news;
mod notify;
pub mod orders;
pub mod pending;
mod pictures;
mod place;
#[cfg(feature = "practice")]
mod practice;
pub mod preferences;
pub mod purchase;
pub mod purchases;
pub mod qr;
pub mod receipts;
mod rooms;
pub mod session;
pub mod shops;
mod stream;
pub mod studio;
mod telling;
mod tray;
pub mod updates;
pub mod views;
pub mod words;

use brand::OURS;
use commands::{account, rehearsal, rooms as doors, studio as desk, updates as versions};
use entrance::Entrances;
use preferences::Chosen;
use shops::Shops;
use tauri::{App, Manager, RunEvent, WindowEvent};
use tauri_plugin_deep_link::DeepLinkExt;
use updates::Updates;

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
    let mut context = context();
    let has_feed = updates::configure(&mut context);
    let mut builder = tauri::Builder::default()
        // First, so that a second copy ends before it opens anything. A link it was given goes to the deep links.
        .plugin(tauri_plugin_single_instance::init(|app, _args, _folder| front::show(app)))
        .plugin(tauri_plugin_deep_link::init())
        .plugin(tauri_plugin_window_state::Builder::new().with_state_flags(place::KEPT).build())
        .plugin(stay_here())
        .register_asynchronous_uri_scheme_protocol("picture", pictures::answer)
        .register_asynchronous_uri_scheme_protocol("stream", stream::answer)
        .setup(|app| Ok(set_up(app)?));
    if has_feed {
        builder = builder.plugin(tauri_plugin_updater::Builder::new().build());
    }
    builder
        .on_window_event(|window, event| {
            place::hear(window, event);
            if let WindowEvent::CloseRequested { api, .. } = event
                && tray::takes_window(window)
            {
                api.prevent_close();
            }
        })
        .invoke_handler(tauri::generate_handler![
            doors::enter,
            doors::open_room,
            doors::open_practice,
            doors::trust,
            doors::rooms,
            doors::forget_room,
            doors::shelf,
            account::viewer,
            commands::buy,
            commands::take_up,
            commands::resume_order,
            account::orders,
            account::order,
            account::ask_refund,
            account::addresses,
            account::save_address,
            account::remove_address,
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
            desk::hosting,
            desk::host_room,
            desk::stop_hosting,
            desk::studio,
            desk::add_item,
            desk::edit_item,
            desk::remove_item,
            desk::order_goods,
            desk::pin,
            desk::make_deal,
            desk::end_deal,
            desk::edit_room,
            desk::add_picture,
            desk::import_goods,
            desk::export_goods,
            desk::studio_orders,
            desk::studio_order,
            desk::refund_order,
            desk::decline_refund,
            desk::ship,
            desk::show_figures,
            desk::export_orders,
            rehearsal::panel,
            rehearsal::set_trouble,
            rehearsal::clear_troubles,
            rehearsal::rehearse,
            rehearsal::stop_rehearsal,
            rehearsal::last_rehearsal,
            rehearsal::save_report,
            rehearsal::crowd,
            rehearsal::stop_crowd,
            rehearsal::lan_phone,
            rehearsal::reset_practice,
            doors::preferences,
            doors::about,
            versions::updates,
            versions::look_for_update,
            versions::install_update,
        ])
        .build(context)?
        .run(|app, event| {
            if let RunEvent::Exit = event {
                app.state::<Entrances>().close();
            }
        });
    Ok(())
}

/// Whether the app did not open because another copy, which was to show its window instead, ended before it answered: it
/// was being killed, or crashed.
#[must_use]
pub fn other_copy_left(error: &tauri::Error) -> bool {
    matches!(error, tauri::Error::PluginInitialization(plugin, _) if plugin == "single-instance")
}

/// The configuration, the icons and the page, compiled in.
#[expect(clippy::exit, reason = "the generated code ends a process that is too old for its own bundle")]
fn context() -> tauri::Context {
    tauri::generate_context!()
}

/// What lives as long as the app: the room it is in, what it tells, and who listens.
fn set_up(app: &App) -> tauri::Result<()> {
    let data = app.path().app_data_dir()?;
    let link = std::env::args().nth(1).filter(|argument| argument.starts_with("liveshop:"));
    let (begun, beginning) = tokio::sync::mpsc::unbounded_channel();
    let chosen = Chosen::read(data.join("preferences.json"));
    front::call(app.handle(), chosen.now().language);
    menu::set_up(app.handle(), chosen.now().language)?;
    app.manage(chosen);
    app.manage(tray::Tray::default());
    app.manage(place::Moved::default());
    app.manage(Updates::new(updates::way(&app.env())));
    let entrances = Entrances::new(Shops::new(data, begun), link).at_home(OURS.home());
    let current = entrances.current();
    app.manage(entrances);
    tauri::async_runtime::spawn(listen::to_rooms(app.handle().clone(), current.clone()));
    tauri::async_runtime::spawn(listen::to_desks(app.handle().clone(), current.clone()));
    #[cfg(feature = "practice")]
    {
        let handle = app.handle().clone();
        tauri::async_runtime::spawn(async move { handle.state::<Entrances>().prepare().await });
        tauri::async_runtime::spawn(listen::to_happenings(app.handle().clone(), current));
    }
    tauri::async_runtime::spawn(telling::of_purchases(app.handle().clone(), beginning));
    tauri::async_runtime::spawn(telling::take_up_elsewhere(app.handle().clone()));
    tauri::async_runtime::spawn(tray::keep(app.handle().clone()));
    tauri::async_runtime::spawn(place::keep(app.handle().clone()));
    tauri::async_runtime::spawn(updates::keep(app.handle().clone()));
    let handle = app.handle().clone();
    app.deep_link().on_open_url(move |event| {
        for link in event.urls() {
            front::take_link(&handle, link.as_str());
        }
    });
    Ok(())
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
