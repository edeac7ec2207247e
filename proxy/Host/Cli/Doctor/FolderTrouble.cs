namespace Swarm.Proxy.Cli;

/// <summary>Why a folder cannot be written.</summary>
internal enum FolderTrouble
{
    Other,
    Full,
    ReadOnly,
    FileInTheWay,
}
