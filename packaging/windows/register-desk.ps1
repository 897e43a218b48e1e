# Starts the desk whenever this user signs in, without a window. Run once, as that user, in PowerShell:
#   powershell -ExecutionPolicy Bypass -File packaging\windows\register-desk.ps1
# Undo: Unregister-ScheduledTask -TaskName 'CCCD desk'
# Not proven: this project has not been run on Windows yet.
param(
  [string]$Folder = (Resolve-Path "$PSScriptRoot\..\..").Path,
  [string]$Config = "$env:APPDATA\cccd\desk.json"
)
$node = (Get-Command node.exe).Source
$log = "$env:LOCALAPPDATA\cccd\desk.log"
New-Item -ItemType Directory -Force -Path (Split-Path $log), (Split-Path $Config) | Out-Null
$command = "& '$node' '$Folder\bin\cccd.mjs' serve --config '$Config' 2>> '$log'"
$action = New-ScheduledTaskAction -Execute 'powershell.exe' `
  -Argument "-NoProfile -WindowStyle Hidden -Command `"$command`""
$trigger = New-ScheduledTaskTrigger -AtLogOn -User $env:USERNAME
$settings = New-ScheduledTaskSettingsSet -RestartCount 10 -RestartInterval (New-TimeSpan -Minutes 1) `
  -ExecutionTimeLimit ([TimeSpan]::Zero) -MultipleInstances IgnoreNew -AllowStartIfOnBatteries
Register-ScheduledTask -TaskName 'CCCD desk' -Action $action -Trigger $trigger -Settings $settings -Force
