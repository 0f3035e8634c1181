; The installer for Windows where Tauri's own is not to be had: `cargo xtask bundle --windows` makes it on Debian, without the
; network. It puts the same files in the same places under the same names as Tauri's, so that either replaces the other, and
; understands what the app's updater says to it.
;
; For one user, without an administrator; Chinese and English. What differs between brands is defined by the file that
; `crates/xtask/src/bundle/windows.rs` writes.

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\${NAME}"
!define SCHEME "Software\Classes\liveshop"
!define NOTIFYING "Software\Classes\AppUserModelId\${IDENTIFIER}"
!define WEBVIEW "Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}"
!define WEBVIEW_PAGE "https://go.microsoft.com/fwlink/p/?LinkId=2124703"

Unicode true
; Of 64 bits, as the program.
Target amd64-unicode
ManifestDPIAware true
RequestExecutionLevel user
SetCompressor /SOLID lzma
OutFile "${OUTPUT}"
Name "$(AppName)"
BrandingText "$(AppName) ${VERSION}"
InstallDir "$LOCALAPPDATA\${NAME}"
InstallDirRegKey HKCU "${UNINSTALL}" "InstallLocation"

!include "FileFunc.nsh"
!include "LogicLib.nsh"
!include "MUI2.nsh"

; Said by the updater: no page is shown that asks for anything, and the app is started again afterwards.
Var Passive
Var Again

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_PAGE_CUSTOMFUNCTION_PRE unless_passive
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!define MUI_PAGE_CUSTOMFUNCTION_PRE unless_passive
!define MUI_FINISHPAGE_RUN "$INSTDIR\${PROGRAM}.exe"
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
; The first is for whoever reads neither.
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "SimpChinese"

LangString AppName ${LANG_ENGLISH} "${NAME}"
LangString AppName ${LANG_SIMPCHINESE} "${NAME_ZH}"
LangString IsOpen ${LANG_ENGLISH} "${NAME} is open. Close it, also in the notification area, and try again."
LangString IsOpen ${LANG_SIMPCHINESE} "${NAME_ZH} 正在运行。请关闭它（包括任务栏通知区域里的图标），然后重试。"
LangString NoWebView ${LANG_ENGLISH} "${NAME} shows its window with Microsoft's WebView2, which this computer does not have.$\r$\n$\r$\nOpen Microsoft's page to get it?"
LangString NoWebView ${LANG_SIMPCHINESE} "${NAME_ZH} 的窗口需要 Microsoft WebView2，而这台电脑上没有安装。$\r$\n$\r$\n现在打开微软的下载页面吗？"

VIProductVersion "${VERSION}.0"
VIAddVersionKey /LANG=0 "ProductName" "${NAME}"
VIAddVersionKey /LANG=0 "ProductVersion" "${VERSION}"
VIAddVersionKey /LANG=0 "FileVersion" "${VERSION}"
VIAddVersionKey /LANG=0 "FileDescription" "${NAME}"
VIAddVersionKey /LANG=0 "CompanyName" "${PUBLISHER}"
VIAddVersionKey /LANG=0 "LegalCopyright" "${PUBLISHER}"

; Chinese for every kind of Chinese, English for everybody else. 4 is the primary language of LANG_CHINESE.
!macro choose_language
  System::Call "kernel32::GetUserDefaultUILanguage() i .r0"
  IntOp $0 $0 & 0x3ff
  ${If} $0 = 4
    StrCpy $LANGUAGE ${LANG_SIMPCHINESE}
  ${Else}
    StrCpy $LANGUAGE ${LANG_ENGLISH}
  ${EndIf}
!macroend

; Waits for a program that is about to end, as it does when it updates itself; then asks for it to be closed.
!macro until_closed
  StrCpy $1 0
  ${Do}
    ${IfNot} ${FileExists} "$INSTDIR\${PROGRAM}.exe"
      ${ExitDo}
    ${EndIf}
    ClearErrors
    FileOpen $0 "$INSTDIR\${PROGRAM}.exe" a
    ${IfNot} ${Errors}
      FileClose $0
      ${ExitDo}
    ${EndIf}
    IntOp $1 $1 + 1
    ${If} $1 > 50
      MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "$(IsOpen)" /SD IDCANCEL IDRETRY +2
      Quit
      StrCpy $1 0
    ${Else}
      Sleep 200
    ${EndIf}
  ${Loop}
!macroend

Function .onInit
  !insertmacro choose_language
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/P" $1
  ${IfNot} ${Errors}
    StrCpy $Passive 1
    SetAutoClose true
  ${EndIf}
  ClearErrors
  ${GetOptions} $0 "/R" $1
  ${IfNot} ${Errors}
    StrCpy $Again 1
  ${EndIf}
FunctionEnd

Function un.onInit
  !insertmacro choose_language
FunctionEnd

Function unless_passive
  ${If} $Passive = 1
    Abort
  ${EndIf}
FunctionEnd

Section
  !insertmacro until_closed
  SetOutPath "$INSTDIR"
  File "/oname=${PROGRAM}.exe" "${BUILT}"
  File "${LOADER}"
  File "/oname=licences.txt" "${LICENCES}"
  WriteUninstaller "$INSTDIR\uninstall.exe"

  CreateShortcut "$SMPROGRAMS\$(AppName).lnk" "$INSTDIR\${PROGRAM}.exe"
  ${If} $Passive <> 1
    CreateShortcut "$DESKTOP\$(AppName).lnk" "$INSTDIR\${PROGRAM}.exe"
  ${EndIf}

  WriteRegStr HKCU "${SCHEME}" "" "URL:${NAME}"
  WriteRegStr HKCU "${SCHEME}" "URL Protocol" ""
  WriteRegStr HKCU "${SCHEME}\DefaultIcon" "" "$INSTDIR\${PROGRAM}.exe,0"
  WriteRegStr HKCU "${SCHEME}\shell\open\command" "" '"$INSTDIR\${PROGRAM}.exe" "%1"'

  ; By this Windows knows whose a notification is.
  WriteRegStr HKCU "${NOTIFYING}" "DisplayName" "$(AppName)"
  WriteRegStr HKCU "${NOTIFYING}" "IconUri" "$INSTDIR\${PROGRAM}.exe"

  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "$(AppName)"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\${PROGRAM}.exe"
  WriteRegStr HKCU "${UNINSTALL}" "Publisher" "${PUBLISHER}"
  WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
  ; In KiB, as Windows counts here.
  SetDetailsPrint none
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  SetDetailsPrint both
  WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" $0

  ReadRegStr $0 HKLM "SOFTWARE\WOW6432Node\${WEBVIEW}" "pv"
  ${If} $0 == ""
    ReadRegStr $0 HKCU "Software\${WEBVIEW}" "pv"
  ${EndIf}
  ${If} $0 == ""
    MessageBox MB_YESNO|MB_ICONINFORMATION "$(NoWebView)" /SD IDNO IDNO +2
    ExecShell "open" "${WEBVIEW_PAGE}"
  ${EndIf}

  ${If} $Again = 1
    Exec '"$INSTDIR\${PROGRAM}.exe"'
  ${EndIf}
SectionEnd

; What belongs to the viewer stays: %APPDATA%\${IDENTIFIER} and %LOCALAPPDATA%\${IDENTIFIER}.
Section "Uninstall"
  !insertmacro until_closed
  Delete "$INSTDIR\${PROGRAM}.exe"
  Delete "$INSTDIR\WebView2Loader.dll"
  Delete "$INSTDIR\licences.txt"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\${NAME}.lnk"
  Delete "$SMPROGRAMS\${NAME_ZH}.lnk"
  Delete "$DESKTOP\${NAME}.lnk"
  Delete "$DESKTOP\${NAME_ZH}.lnk"
  DeleteRegKey HKCU "${UNINSTALL}"
  DeleteRegKey HKCU "${NOTIFYING}"
  ; Links may be another app's by now.
  ReadRegStr $0 HKCU "${SCHEME}\shell\open\command" ""
  ${If} $0 == '"$INSTDIR\${PROGRAM}.exe" "%1"'
    DeleteRegKey HKCU "${SCHEME}"
  ${EndIf}
SectionEnd
