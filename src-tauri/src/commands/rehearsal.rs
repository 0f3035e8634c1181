//! Rehearsing in the practice room: what goes wrong on purpose, the script, a crowd, and the phone.

use super::stream;
use crate::clock;
use crate::downloads;
use crate::entrance::Entrances;
use crate::practice::PracticeError;
use crate::views::{CommandCode, CommandError, Entrance, LanPhone, Language, LocalCode};
use api::ErrorCode;
use rehearsal::view::{Crowd, CrowdPlan, Panel, Rehearsal, Trouble};
use rehearsal::{ChannelsError, CrowdError, ReportLanguage, report};
use tauri::ipc::Channel;
use tauri::{AppHandle, State};

#[tauri::command]
pub(crate) async fn panel(entrances: State<'_, Entrances>) -> Result<Panel, CommandError> {
    Ok(entrances.practice()?.panel().panel().await?)
}

#[tauri::command]
pub(crate) async fn set_trouble(
    trouble: Trouble,
    on: bool,
    entrances: State<'_, Entrances>,
) -> Result<Panel, CommandError> {
    Ok(entrances.practice()?.panel().set(trouble, on).await?)
}

#[tauri::command]
pub(crate) async fn clear_troubles(entrances: State<'_, Entrances>) -> Result<Panel, CommandError> {
    Ok(entrances.practice()?.panel().clear().await?)
}

#[tauri::command]
pub(crate) async fn rehearse(channel: Channel<Rehearsal>, entrances: State<'_, Entrances>) -> Result<(), CommandError> {
    let views = entrances.practice()?.rehearse(entrances.rehearsals()).await?;
    stream(views, channel);
    Ok(())
}

#[tauri::command]
pub(crate) async fn stop_rehearsal(entrances: State<'_, Entrances>) -> Result<(), CommandError> {
    entrances.rehearsals().stop().await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn last_rehearsal(entrances: State<'_, Entrances>) -> Result<Option<Rehearsal>, CommandError> {
    Ok(entrances.rehearsals().last().await)
}

#[tauri::command]
pub(crate) async fn save_report(
    language: Language,
    app: AppHandle,
    entrances: State<'_, Entrances>,
) -> Result<String, CommandError> {
    let none = || CommandError::local(LocalCode::NotReady, "nothing was rehearsed yet");
    let rehearsal = entrances.rehearsals().last().await.ok_or_else(none)?;
    let language = match language {
        Language::Zh => ReportLanguage::Zh,
        Language::En => ReportLanguage::En,
    };
    let page = report(&rehearsal, language);
    let name = format!("liveshop-rehearsal-{}", clock::china_day(rehearsal.began_at));
    let saved = downloads::save(&downloads::folder(&app)?, &name, "html", page.as_bytes());
    let path = saved.map_err(|error| CommandError::local(LocalCode::Storage, error))?;
    Ok(path.display().to_string())
}

#[tauri::command]
pub(crate) async fn crowd(
    plan: CrowdPlan,
    channel: Channel<Crowd>,
    entrances: State<'_, Entrances>,
) -> Result<(), CommandError> {
    let views = entrances.practice()?.send_crowd(plan).await?;
    stream(views, channel);
    Ok(())
}

#[tauri::command]
pub(crate) async fn stop_crowd(entrances: State<'_, Entrances>) -> Result<(), CommandError> {
    entrances.practice()?.stop_crowd().await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn lan_phone(on: bool, entrances: State<'_, Entrances>) -> Result<LanPhone, CommandError> {
    Ok(entrances.practice()?.lan_phone(on).await?)
}

#[tauri::command]
pub(crate) async fn reset_practice(entrances: State<'_, Entrances>) -> Result<Entrance, CommandError> {
    entrances.reset_practice().await
}

impl From<PracticeError> for CommandError {
    fn from(error: PracticeError) -> CommandError {
        let message = error.to_string();
        match error {
            PracticeError::NothingOnSale => CommandError { code: CommandCode::Shop(ErrorCode::NotOnSale), message },
            PracticeError::Crowd(CrowdError::Plan(_)) => {
                CommandError { code: CommandCode::Shop(ErrorCode::InvalidParams), message }
            }
            PracticeError::Phone(_) | PracticeError::Closed => CommandError::local(LocalCode::NotReady, message),
            PracticeError::Disk { .. } => CommandError::local(LocalCode::Storage, message),
            PracticeError::Sandbox(_)
            | PracticeError::Shop(_)
            | PracticeError::Config(_)
            | PracticeError::Store(_)
            | PracticeError::Goods(_)
            | PracticeError::Show(_)
            | PracticeError::Line(_)
            | PracticeError::Panel(_)
            | PracticeError::Crowd(_)
            | PracticeError::Random(_)
            | PracticeError::Id(_)
            | PracticeError::Money(_)
            | PracticeError::Address
            | PracticeError::NoRoom => CommandError::local(LocalCode::PracticeFailed, message),
        }
    }
}

impl From<ChannelsError> for CommandError {
    fn from(error: ChannelsError) -> CommandError {
        PracticeError::from(error).into()
    }
}
