namespace Swarm.Store;

/// <summary>Why the rows of a content are not believed although the last run ended cleanly: its data file is not the one that run closed.</summary>
internal enum FileDoubt
{
    None,

    /// <summary>The file is not there: neither are its blocks.</summary>
    Vanished,

    /// <summary>The file has another length.</summary>
    Resized,

    /// <summary>The file was written after the store closed it.</summary>
    Rewritten,
}
